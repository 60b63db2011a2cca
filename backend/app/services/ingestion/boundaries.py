"""Where a long text may be cut: after sentences, at lines, between words, never within a letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum


class Strength(IntEnum):
    """How good a place to cut is; higher is better."""

    CHARACTER = 0
    WORD = 1
    LINE = 2
    SENTENCE = 3
    PARAGRAPH = 4


# A mark that ends a sentence, its closing quotes, and the white space after it; ideographic
# marks end one without any. A run of marks is tried once, at its start: from each of its
# characters, 150,000 full stops took minutes.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]」』]*+(?=\s)|[。！？]+[\"'”’»)\]」』]*|\n")
_PARAGRAPH_GAP = re.compile(r"\n[ \t]*\n\s*")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+\Z")
_ABBREVIATION = re.compile(
    r"e\.g|i\.e|dr|mr|mrs|ms|prof|st|vs|etc|al|fig|figs|no|nos|eq|eqs|vol|pp|p|ch|sec|art|cf|ca|approx|dept|est|"
    r"inc|ltd|co|corp|jr|sr|gen|col|sgt|capt|rep|sen|gov|rev|hon|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|"
    r"dec|u\.s|u\.k"
)
_LOOK_BACK = 24
_ZERO_WIDTH_JOINER = "\u200d"


def paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans between blank lines within ``text[start:end]``, without white space around them."""
    position = start
    for gap in _PARAGRAPH_GAP.finditer(text, start, end):
        span = trim(text, position, gap.start())
        if span:
            yield span
        position = gap.end()
    span = trim(text, position, end)
    if span:
        yield span


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int, Strength]]:
    """Yield the spans of sentences and lines in order, each with the strength of the cut before it."""
    position, strength = start, Strength.PARAGRAPH
    for mark in _END.finditer(text, start, end):
        is_line = mark[0] == "\n"
        if not is_line and _is_abbreviation(text, mark.start(), mark.end(), end):
            continue
        span = trim(text, position, mark.end())
        position = mark.end()
        if span:
            yield *span, strength
            strength = Strength.LINE if is_line else Strength.SENTENCE
        elif not is_line:
            strength = max(strength, Strength.SENTENCE)
    span = trim(text, position, end)
    if span:
        yield *span, strength


def words(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int, Strength]]:
    """Yield spans of at most ``limit`` characters, cut between words where there are any."""
    strength = Strength.SENTENCE
    while end - start > limit:
        cut = _space_before(text, start + limit // 2, start + limit)
        following = Strength.WORD
        if cut is None:
            cut, following = between_letters(text, start + limit // 2, start + limit), Strength.CHARACTER
        span = trim(text, start, cut)
        if span:
            yield *span, strength
        start, strength = cut, following
    span = trim(text, start, end)
    if span:
        yield *span, strength


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without the white space at its edges, or None where nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def between_letters(text: str, lowest: int, highest: int) -> int:
    """Return the last place up to ``highest`` that parts no letter from its marks.

    Where marks fill the whole range (as in text made to overflow), ``highest`` itself.
    """
    for place in range(highest, lowest, -1):
        if not _belongs_together(text[place - 1], text[place]):
            return place
    return highest


def _belongs_together(before: str, after: str) -> bool:
    if after < "\u0300":
        return False
    return (
        unicodedata.category(after) in ("Mn", "Me", "Mc")
        or _ZERO_WIDTH_JOINER in (before, after)
        or "\u1160" <= after <= "\u11ff"  # vowels and finals of decomposed Hangul
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")  # flags
    )


def _space_before(text: str, lowest: int, highest: int) -> int | None:
    for place in range(highest, lowest, -1):
        if text[place].isspace() or text[place - 1].isspace():
            return place
    return None


def _is_abbreviation(text: str, mark: int, after: int, end: int) -> bool:
    """Say whether the full stop at ``mark`` only shortens a word or numbers a line."""
    if text[mark] != "." or after - mark > 1:
        return False
    following = text[after : min(after + 3, end)].lstrip()
    if following and following[0].islower():
        return True
    found = _LAST_WORD.search(text[max(0, mark - _LOOK_BACK) : mark])
    if not found:
        return False
    word = found[0].lower()
    if _ABBREVIATION.fullmatch(word) or (len(word) == 1 and word.isascii() and word.isalpha()):
        return True
    before = text[max(0, mark - len(word) - 1) : mark - len(word)]
    return word.isdecimal() and len(word) <= 3 and before in ("", "\n")
