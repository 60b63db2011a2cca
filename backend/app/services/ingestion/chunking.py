"""An extracted document to passages: whole sections, else paragraphs, else sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from backend.app.domain.documents import Chunk, ExtractedDocument
from backend.app.services.ingestion.boundaries import Strength, between_letters, paragraphs, sentences, trim, words
from backend.app.services.ingestion.sections import Section, heading_end, sections


@dataclass(frozen=True, slots=True)
class _Piece:
    """The least that is moved as a whole; ``strength`` is that of the cut before it."""

    start: int
    end: int
    strength: Strength
    page: int | None


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    page: int | None
    section: Section
    opens: bool  # its section begins with it


class _Limits:
    """Lengths in characters, all from the target."""

    def __init__(self, target: int) -> None:
        self.target = max(1, target)
        self.longest = self.target + self.target // 2
        self.tiny = self.target // 5


def chunk(document: ExtractedDocument, *, target: int, overlap: int = 0) -> list[Chunk]:
    """Cut ``document`` into passages of about ``target`` characters, at most half as many more.

    Each is ``document.text[start:end]`` without white space at its edges; together they hold
    every visible character, in order. With ``overlap``, a passage begins up to so many
    characters early, unless a heading or a page begins with it. Time grows with the length of
    the text alone.
    """
    limits = _Limits(target)
    text = document.text
    whole = trim(text, 0, len(text))
    if whole is None:
        return []
    pages = _Pages(document)
    parts = sections(document, longest_run=limits.target // 2)
    if len(parts) == 1 and whole[1] - whole[0] <= limits.longest and pages.at(whole[0]) == pages.at(whole[1] - 1):
        # A text this short says one thing; halves of it would each say it badly.
        spans = [_Span(*whole, pages.at(whole[0]), parts[0], opens=True)]
    else:
        spans = _merge_sections([_pack(text, part, pages, limits) for part in parts], limits)
    if overlap > 0:
        spans = list(_overlapping(text, spans, overlap, limits))
    return [
        Chunk(ordinal, text[span.start : span.end], span.start, span.end, span.page, span.section.heading)
        for ordinal, span in enumerate(spans)
    ]


class _Pages:
    """Finds the page of an offset."""

    def __init__(self, document: ExtractedDocument) -> None:
        filled = [page for page in document.pages if page.end > page.start]
        self._starts = [page.start for page in filled]
        self._numbers = [page.number for page in filled]

    def at(self, offset: int) -> int | None:
        if not self._starts:
            return None
        return self._numbers[max(0, bisect_right(self._starts, offset) - 1)]

    def break_within(self, start: int, end: int) -> bool:
        return bool(self._starts) and bisect_right(self._starts, start) != bisect_right(self._starts, end - 1)


# --- pieces ---------------------------------------------------------------------------------


def _pieces(text: str, section: Section, pages: _Pages, limits: _Limits) -> list[_Piece]:
    """Cut a section as coarsely as the limits and the pages allow; its headings keep their text."""
    glued = _heading_length(text, section)
    found: list[_Piece] = []
    for start, end in paragraphs(text, section.start, section.end):
        heading = section.start + glued - start if start < section.start + glued else 0
        if heading and found:
            # A second heading, or the text after one: goes on from the piece before it.
            before = found[-1]
            if end - before.start <= limits.longest:
                found[-1] = _Piece(before.start, end, before.strength, before.page)
                continue
        found += _paragraph_pieces(text, start, end, pages, limits)
    return _glue_heading(found, section.start + glued, limits) if glued else found


def _paragraph_pieces(text: str, start: int, end: int, pages: _Pages, limits: _Limits) -> Iterator[_Piece]:
    if end - start <= limits.longest and not pages.break_within(start, end):
        yield _Piece(start, end, Strength.PARAGRAPH, pages.at(start))
        return
    for first, last, strength in sentences(text, start, end):
        if last - first <= limits.target:
            yield _Piece(first, last, strength, pages.at(first))
            continue
        for number, (one, other, cut) in enumerate(words(text, first, last, limits.target)):
            yield _Piece(one, other, cut if number else strength, pages.at(one))


def _heading_length(text: str, section: Section) -> int:
    """Return how many characters of the section its leading headings take."""
    if not section.path:
        return 0
    end = section.start
    for title in section.path[-3:]:
        line = text[end : end + len(title) + 40].lstrip()
        if title[:40] in line.split("\n")[0] or end == section.start:
            begin = end + len(text[end : end + 3]) - len(text[end : end + 3].lstrip())
            end = heading_end(text, begin, title)
    return min(end, section.end) - section.start


def _glue_heading(found: list[_Piece], heading_ends: int, limits: _Limits) -> list[_Piece]:
    """Join the pieces of a section's headings to the first piece of its text."""
    count = next((number for number, piece in enumerate(found) if piece.end > heading_ends), len(found))
    joined = found[: count + 1]
    if len(joined) > 1 and joined[-1].end - joined[0].start <= limits.longest:
        first = joined[0]
        return [_Piece(first.start, joined[-1].end, first.strength, first.page), *found[count + 1 :]]
    return found


# --- packing --------------------------------------------------------------------------------


def _pack(text: str, section: Section, pages: _Pages, limits: _Limits) -> list[_Span]:
    """Fill passages with the pieces of one section, best cut first."""
    groups: list[list[_Piece]] = []
    open_group: list[_Piece] = []
    for piece in _pieces(text, section, pages, limits):
        if open_group and _turns_page(open_group, piece, limits):
            groups.append(open_group)
            open_group = []
        while open_group and piece.end - open_group[0].start > limits.target:
            cut = _best_cut(open_group, piece, limits)
            groups.append(open_group[:cut])
            open_group = open_group[cut:]
        open_group.append(piece)
    if open_group:
        groups.append(open_group)
    spans = [
        _Span(group[0].start, group[-1].end, group[0].page, section, opens=number == 0)
        for number, group in enumerate(groups)
    ]
    return _absorb_tiny(spans, limits)


def _turns_page(group: list[_Piece], piece: _Piece, limits: _Limits) -> bool:
    return piece.page != group[-1].page and group[-1].end - group[0].start >= limits.tiny


def _best_cut(group: list[_Piece], piece: _Piece, limits: _Limits) -> int:
    """Return how many pieces of ``group`` to close with, as the next one no longer fits.

    The strongest cut in the second half wins, the later of equals; a group that would stay
    shorter than half is closed whole.
    """
    best, best_strength = len(group), piece.strength
    for count in range(len(group) - 1, 0, -1):
        if group[count - 1].end - group[0].start < limits.target // 2:
            break
        if group[count].strength > best_strength:
            best, best_strength = count, group[count].strength
    return best


def _absorb_tiny(spans: list[_Span], limits: _Limits) -> list[_Span]:
    """Join what is too short to be found by itself to its neighbour on the same page, else on any."""
    result: list[_Span] = []
    for number, span in enumerate(spans):
        before = result[-1] if result else None
        if before is not None and _joinable(before, span, limits):
            after = spans[number + 1] if number + 1 < len(spans) else None
            prefers_next = (
                before.end - before.start >= limits.tiny
                and before.page != span.page
                and after is not None
                and after.page == span.page
                and after.end - span.start <= limits.longest
            )
            if not prefers_next:
                result[-1] = _Span(before.start, span.end, before.page, before.section, before.opens)
                continue
        result.append(span)
    return result


def _joinable(before: _Span, span: _Span, limits: _Limits) -> bool:
    is_tiny = min(before.end - before.start, span.end - span.start) < limits.tiny
    return is_tiny and span.end - before.start <= limits.longest


# --- sections -------------------------------------------------------------------------------


def _merge_sections(by_section: list[list[_Span]], limits: _Limits) -> list[_Span]:
    """Let short sections share a passage with their neighbours under the same parent."""
    result: list[_Span] = []
    for spans in by_section:
        if result and spans and _shares(result[-1], spans, limits):
            before, first = result[-1], spans[0]
            section = first.section if _is_bare(before) else before.section
            result[-1] = _Span(before.start, first.end, before.page, section, before.opens)
            result += spans[1:]
        else:
            result += spans
    return result


def _shares(before: _Span, spans: list[_Span], limits: _Limits) -> bool:
    """Say whether a section may go on in the passage that holds all of the one before it.

    Chapters share one only if both are tiny: the passage bears the first one's name alone.
    """
    first = spans[0]
    length = before.end - before.start
    if before.opens and _is_bare(before) and first.end - before.start <= limits.longest:
        return True
    if not before.opens or first.end - before.start > limits.target:
        return False
    is_tiny, next_is_tiny = length < limits.tiny, len(spans) == 1 and first.end - first.start < limits.tiny
    if before.section.holds(first.section):
        return length < limits.target // 3 or next_is_tiny
    if before.section.is_beside(first.section):
        return is_tiny or next_is_tiny
    return is_tiny and next_is_tiny


def _is_bare(span: _Span) -> bool:
    """Say whether a passage is a heading and nothing else (but for its marks)."""
    return bool(span.section.path) and span.end - span.start <= len(span.section.path[-1]) + 7


# --- overlap --------------------------------------------------------------------------------


def _overlapping(text: str, spans: list[_Span], overlap: int, limits: _Limits) -> Iterator[_Span]:
    before: _Span | None = None
    for span in spans:
        start = span.start
        if before is not None and not span.opens and before.page == span.page:
            lowest = max(before.start + 1, start - overlap, span.end - limits.longest)
            start = _word_start(text, lowest, start)
        yield _Span(start, span.end, span.page, span.section, span.opens)
        before = span


def _word_start(text: str, lowest: int, start: int) -> int:
    """Return the first beginning of a word in the range; in a text without spaces, of a letter."""
    for place in range(lowest, start):
        if text[place - 1].isspace() and not text[place].isspace():
            return place
    if lowest >= start:
        return start
    place = between_letters(text, lowest, start)
    return place if not text[place].isspace() else start
