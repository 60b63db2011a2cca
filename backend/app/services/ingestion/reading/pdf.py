"""PDF pages to paragraphs: running heads out, lines joined, hyphens mended, headings marked."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from .draft import Draft, Refusal, clean, one_line
from .kreuzberg_reader import extract, title_of
from .ocr import PARAGRAPH_END, has_letters, recognised
from .patience import Progress
from .pdf_headings import NUMBERED, Candidates, find_headings
from .pdf_repair import mend_hyphens, mend_subfonts

_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,7}\b")
_PAGE_NUMBER = re.compile(r"^[-–— ]*\d{1,5}[-–—. ]*(?=\D|$)|[-–— ]+\d{1,5}[-–— ]*$")
_LEADERS = re.compile(r"(?: ?[.·․‥…]){5,}")
_LIST_START = re.compile(
    r"(?:[•◦▪■□●○◆◇▶►※–—*\-∙·‣]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[가-힣])[.)]|[①-⑳㉠-㉻]|제 ?\d+ ?[장절조항])\s"
)
_SENTENCE_END = re.compile(r"[.!?:;。！？…][\"'”’)\]」』]*$")
_HANGUL_EDGE = re.compile(r"[가-힣]")
_EDGE_LINES = 2
_FIGURE = re.compile(r"[-+(]?[$€£¥₩#]?-?\d[\d.,/:]*[)%]?")
_FIGURES_SHARE = 0.4
_CELL = "| "  # begins a row of a table that was recognised as one
_MAX_EDGE_CHARS = 300
_SPACE = "\ue000"  # stands for the space at a line's end, which cleaning would take
_UNMARKED = re.compile(f"[{_SPACE}{PARAGRAPH_END}]")
_SPACE_AT_END = re.compile(r"(?<=[가-힣]) +(?=\r?\n)")
_LONE_PARTICLE = re.compile(
    r"(?:을|를|은|는|의|에|로|와|과|도|으로|에서|에게|까지|부터|이라|다|니다|습니다|입니다|합니다|됩니다|하고|하며|였다|었다|된다)[.,]?"
)
_KOREAN_WORD = re.compile(r"[가-힣]+")
_BEHIND_HANGUL = "\ud7a4"  # sorts behind every syllable
_WHOLE_WORD = re.compile(r"(?<![가-힣\n])[가-힣]+(?![가-힣\r\n])")  # no part of one that a line's end may have broken
_SHORT = 0.72  # of the usual length of a full line: such a line ends its paragraph


def read_pdf(path: Path, draft: Draft, media_type: str, ocr: dict[str, Any] | None, progress: Progress) -> None:
    """Read a PDF page by page; pages that are pictures have their text recognised as ``ocr`` says.

    Raises:
        Refusal: ``no_text`` where no page has a letter or digit on it, and what ``recognised`` raises.
    """
    result = extract(path, media_type)
    draft.title = title_of(result)
    raw = [(page["page_number"], page["content"]) for page in result.pages or []]
    if ocr is not None:
        raw = recognised(path, raw, ocr, progress)
    texts = mend_subfonts(mend_hyphens([text for _, text in raw]))
    pages = [[line for line in clean(_SPACE_AT_END.sub(_SPACE, text)).split("\n") if line.strip()] for text in texts]
    if not any(has_letters(line) for lines in pages for line in lines):
        raise Refusal("no_text", f"{len(pages)} pages without text")
    joints = _Joints(texts)
    furniture = _furniture(pages)
    pages = [_body(lines, furniture) for lines in pages]
    headings = find_headings(result, pages)
    width = _usual_width(pages)
    open_sentence = False
    for (number, _), lines in zip(raw, pages, strict=True):
        draft.page(number)
        open_sentence = _add_page(lines, headings.get(number, {}), draft, width, joints, open_sentence)


def _add_page(
    lines: list[str], headings: Candidates, draft: Draft, width: float, joints: _Joints, open_sentence: bool
) -> bool:
    """Append one page; return whether its last sentence runs on to the next page."""
    joined_by = " " if open_sentence and lines and _continues(lines[0]) and 0 not in headings else "\n\n"
    position = 0
    row_before = False
    while position < len(lines):
        end = _paragraph_end(lines, position, headings, width)
        if position in headings:
            draft.heading(headings[position].level, _UNMARKED.sub("", " ".join(lines[position:end])))
            row_before = False
        else:
            is_row = end - position == 1 and _is_row(lines[position], width)
            draft.block(joints.join(lines[position:end]), joined_by="\n" if is_row and row_before else joined_by)
            row_before = is_row
        joined_by = "\n\n"
        position = end
    return (
        bool(lines)
        and not _ends_paragraph(lines[-1], width)
        and not _SENTENCE_END.search(lines[-1].rstrip(_SPACE + PARAGRAPH_END))
    )


def _paragraph_end(lines: list[str], position: int, headings: Candidates, width: float) -> int:
    """Return the number of the line behind the paragraph, or the heading, that begins at ``position``."""
    if position in headings:
        return position + headings[position].lines
    end = position + 1
    while end < len(lines) and end not in headings:
        before = lines[end - 1]
        if _is_table_row(before) or _is_table_row(lines[end]):
            break
        if _SENTENCE_END.search(before.rstrip(_SPACE)) and _is_table_row("".join(lines[end + 1 : end + 2])):
            break  # the head of a table below a paragraph
        if _ends_paragraph(before, width) or _LEADERS.search(before) or _LIST_START.match(lines[end]):
            break
        end += 1
    return end


def _is_row(line: str, width: float) -> bool:
    """Say whether a line alone is one of a list or table rather than the end of a paragraph."""
    return (
        bool(_LEADERS.search(line))
        or _is_table_row(line)
        or (_ends_paragraph(line, width) and not _SENTENCE_END.search(line))
    )


def _is_table_row(line: str) -> bool:
    """Say whether a line is made of cells: marked as such, or with more figures than prose ever has."""
    words = line.split()
    figures = sum(1 for word in words if _FIGURE.fullmatch(word))
    return line.startswith(_CELL) or (figures >= 2 and figures >= _FIGURES_SHARE * len(words))


def _ends_paragraph(line: str, width: float) -> bool:
    return line.endswith(PARAGRAPH_END) or _display_width(line) < _SHORT * width


def _continues(line: str) -> bool:
    first = line.lstrip()[:1]
    return bool(first) and (first.islower() or bool(_HANGUL_EDGE.match(first))) and not _LIST_START.match(line)


class _Joints:
    """Joins the lines of paragraphs: by a space, or by nothing where a Korean word was broken.

    Word and Hangul keep the space of a line that ends between two words, so a line without one
    ends within a word. TeX keeps none: there a word is closed if the document writes it in one
    piece elsewhere, if what is left over could only be a particle or an ending, or if the
    document goes on so within a word more often than it ends one there.
    """

    def __init__(self, texts: list[str]) -> None:
        ends = Counter(bool(mark) for text in texts for mark in re.findall(r"[가-힣]( *)\r?\n[가-힣]", text))
        self._spaced = ends[True] > 0.25 * max(1, ends.total())
        self._words = Counter(word for text in texts for word in _KOREAN_WORD.findall(text)) if ends else Counter()
        self._whole = Counter(word for text in texts for word in _WHOLE_WORD.findall(text)) if ends else Counter()
        self._sorted = sorted(self._whole)
        self._sums = [0, *accumulate(self._whole[word] for word in self._sorted)]

    def join(self, lines: list[str]) -> str:
        text = [lines[0]]
        for before, line in pairwise(lines):
            text.append("" if self._within_word(before, line) else " ")
            text.append(line)
        return one_line(_LEADERS.sub(" …", _UNMARKED.sub("", "".join(text))))

    def _within_word(self, before: str, line: str) -> bool:
        if not (_HANGUL_EDGE.match(before[-1:]) and _HANGUL_EDGE.match(line)):
            return False  # the mark of a space is no Hangul either
        if self._spaced:
            return True
        first, second = before.rsplit(None, 1)[-1], line.split(None, 1)[0]
        if _LONE_PARTICLE.fullmatch(second) or self._words[first + second.rstrip(".,")] > 0:
            return True
        return self._begun_so(first + second[0]) > self._whole[first]

    def _begun_so(self, letters: str) -> int:
        """Count the words that begin with these letters: «설명» and «하는» are one where others say «설명하고»."""
        first, end = (bisect_left(self._sorted, letters + behind) for behind in ("", _BEHIND_HANGUL))
        return self._sums[end] - self._sums[first]


def _usual_width(pages: list[list[str]]) -> float:
    """Return the width of a full line: the median over the lines that are more than a word or two."""
    widths = [width for lines in pages for line in lines if (width := _display_width(line)) >= 30]
    return float(median(widths)) if widths else 0.0


def _display_width(line: str) -> int:
    """Count Hangul, Kana and Han twice, as they take twice the room of a Latin letter."""
    return len(line) + sum(1 for character in line if character >= "\u1100")


def _furniture(pages: list[list[str]]) -> set[str]:
    """Return the running heads and feet: edge lines that come again on many pages, but for numbers.

    A head that changes with the chapter comes again on the very next page at least.
    """
    counts: Counter[str] = Counter()
    for lines in pages:
        counts.update({_shape(line) for line in lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]})
    written = sum(1 for lines in pages if lines)
    if written < 3:
        return set()
    found = {shape for shape, count in counts.items() if count >= max(3, written * 0.3)}
    heads = [{lines[0], lines[-1]} for lines in pages if len(lines) > _EDGE_LINES]
    for one, other in pairwise({_without_page_number(line): line for line in edges} for edges in heads):
        found.update(_shape(one[text]) for text in one.keys() & other.keys() if text)
    return found


def _without_page_number(line: str) -> str:
    text = one_line(line)
    return _PAGE_NUMBER.sub("", text) if len(text) <= _MAX_EDGE_CHARS else text


def _shape(line: str) -> str:
    """Return a line without its numbers, but for a chapter's own: «Chapter 3» opens a chapter."""
    text = one_line(line)
    number = NUMBERED.match(text)
    kept = number.end() if number and number["word"] else 0
    return text[:kept] + _DIGITS.sub("#", text[kept:])


def _body(lines: list[str], furniture: set[str]) -> list[str]:
    """Drop running heads and feet, and page numbers that stand alone, from the edges of a page."""
    first, last = 0, len(lines)
    while first < min(_EDGE_LINES, last) and _is_furniture(lines[first], furniture):
        first += 1
    while last > max(first, len(lines) - _EDGE_LINES) and _is_furniture(lines[last - 1], furniture):
        last -= 1
    # A page of nothing but such lines is short, not empty: a form filled page by page.
    return lines[first:last] if first < last else lines


def _is_furniture(line: str, furniture: set[str]) -> bool:
    shape = _shape(line)
    return shape in furniture or re.fullmatch(r"[-–— ]*#[-–— ]*", shape) is not None
