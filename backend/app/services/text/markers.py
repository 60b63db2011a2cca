"""Citation markers in an answer, and the claims that they stand behind."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from backend.app.services.text.sentences import sentence_spans

MOST_MARKERS = 500
_WIDEST_RANGE = 20
_LEAST_CLAIM_LETTERS = 12

# [1]  [1, 2]  [1-3]  [^1]  【1】  【1†title】, but neither a link [1](...) nor a footnote's text [^1]: ...
_NUMBERS = r"\^?\d{1,3}(?:[ \t]?[,;、~–-][ \t]?\^?\d{1,3})*"
_MARKER = re.compile(
    rf"\[(?P<square>{_NUMBERS})\](?!\()(?!(?<=\[\^\d\]):)|【(?P<lens>{_NUMBERS})(?:†[^】\n]{{0,80}})?】"
)
_RANGE = re.compile(r"(\d{1,3})(?:[ \t]?[~–-][ \t]?\^?(\d{1,3}))?")
_LINE_OPENING = " \t-*>•"
_LETTER = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Marker:
    """The sources that one marker names, and the text that it claims to prove."""

    numbers: tuple[int, ...]
    claim: str
    sentence: str


def find_markers(answer: str) -> list[Marker]:
    """Return the markers of ``answer`` in order, each with its claim.

    A claim is the part of the sentence before the marker, from the marker before on; where that
    part is a mere word or two, the whole sentence up to the marker. A marker that opens a line
    stands for the sentence behind it.
    """
    plain, places = _without_markers(answer)
    spans = sentence_spans(plain)
    starts = [start for start, _ in spans]
    positions = [position for position, _ in places]
    found = []
    for position, numbers in places[:MOST_MARKERS]:
        opens_line = not plain[plain.rfind("\n", 0, position) + 1 : position].strip(_LINE_OPENING)
        start, end = _sentence_at(position, spans, starts, opens_line)
        stop = end if opens_line else min(position, end)
        # The nearest earlier marker with something between: [1][2] prove the same claim.
        before = bisect_left(positions, position)
        previous = positions[before - 1] if before else 0
        claim = plain[max(start, previous) : stop]
        if len(_LETTER.findall(claim)) < _LEAST_CLAIM_LETTERS:
            claim = plain[start:stop]
        found.append(Marker(numbers, " ".join(claim.split()), " ".join(plain[start:end].split())))
    return found


def _without_markers(answer: str) -> tuple[str, list[tuple[int, tuple[int, ...]]]]:
    """Return the text without markers, and where in it each of them stood.

    Positions step back over blanks, so that "[1] [2]" stand at one place.
    """
    pieces: list[str] = []
    places: list[tuple[int, tuple[int, ...]]] = []
    length = done = 0
    for match in _MARKER.finditer(answer):
        piece = answer[done : match.start()]
        pieces.append(piece)
        length += len(piece)
        done = match.end()
        blank = len(piece) - len(piece.rstrip(" \t"))
        at = places[-1][0] if places and blank == len(piece) else length - blank
        places.append((at, tuple(dict.fromkeys(_expanded(match["square"] or match["lens"])))))
    pieces.append(answer[done:])
    return "".join(pieces), places


def _expanded(numbers: str) -> Iterator[int]:
    for match in _RANGE.finditer(numbers):
        first, last = int(match[1]), int(match[2] or match[1])
        if first <= last <= first + _WIDEST_RANGE:
            yield from range(first, last + 1)
        else:
            yield from (first, last)


def _sentence_at(position: int, spans: list[tuple[int, int]], starts: list[int], opens_line: bool) -> tuple[int, int]:
    """Return the sentence that holds ``position`` or ends before it; at a line's beginning, the next."""
    if not spans:
        return position, position
    i = bisect_right(starts, max(0, position - 1)) - 1
    if opens_line and (i < 0 or spans[i][1] < position):
        i += 1
    return spans[min(max(i, 0), len(spans) - 1)]
