"""PDF pages to paragraphs: running heads out, lines joined, hyphens mended, headings marked."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import median

from .draft import Draft, Refusal, clean, one_line
from .kreuzberg_reader import extract, title_of
from .pdf_headings import Candidates, find_headings
from .pdf_repair import mend_hyphens, mend_subfonts

_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,7}\b")
_LEADERS = re.compile(r"(?: ?[.·․‥…]){5,}")
_LIST_START = re.compile(
    r"(?:[•◦▪■□●○◆◇▶►※–—*\-∙·‣]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[가-힣])[.)]|[①-⑳㉠-㉻]|제 ?\d+ ?[장절조항])\s"
)
_SENTENCE_END = re.compile(r"[.!?:;。！？…][\"'”’)\]」』]*$")
_HANGUL_EDGE = re.compile(r"[가-힣]")
_EDGE_LINES = 2
_SHORT = 0.72  # of the usual length of a full line: such a line ends its paragraph


def read_pdf(path: Path, draft: Draft, media_type: str) -> None:
    """Read a PDF page by page.

    Raises:
        Refusal: ``no_text`` where no page has a letter or digit on it.
    """
    result = extract(path, media_type)
    draft.title = title_of(result)
    raw = [(page["page_number"], page["content"]) for page in result.pages or []]
    texts = mend_subfonts(mend_hyphens([text for _, text in raw]))
    pages = [[line for line in clean(text).split("\n") if line.strip()] for text in texts]
    if not any(character.isalnum() for lines in pages for line in lines for character in line):
        raise Refusal("no_text", f"{len(pages)} pages without text")
    spaced = _marks_spaces(texts)
    furniture = _furniture(pages)
    pages = [_body(lines, furniture) for lines in pages]
    headings = find_headings(result, pages)
    width = _usual_width(pages)
    open_sentence = False
    for (number, _), lines in zip(raw, pages, strict=True):
        draft.page(number)
        open_sentence = _add_page(lines, headings.get(number, {}), draft, width, spaced, open_sentence)


def _add_page(
    lines: list[str], headings: Candidates, draft: Draft, width: float, spaced: bool, open_sentence: bool
) -> bool:
    """Append one page; return whether its last sentence runs on to the next page."""
    paragraph: list[str] = []
    joined_by = " " if open_sentence and lines and _continues(lines[0]) and 0 not in headings else "\n\n"

    def flush() -> None:
        nonlocal joined_by
        if paragraph and draft.block(_join(paragraph, spaced), joined_by=joined_by) is not None:
            joined_by = "\n\n"
        paragraph.clear()

    for number, line in enumerate(lines):
        if number in headings:
            flush()
            draft.heading(headings[number], line)
            continue
        if paragraph and (_LIST_START.match(line) or _ends_paragraph(paragraph[-1], width)):
            flush()
        paragraph.append(line)
    runs_on = bool(paragraph) and not _ends_paragraph(paragraph[-1], width) and not _SENTENCE_END.search(paragraph[-1])
    flush()
    return runs_on


def _ends_paragraph(line: str, width: float) -> bool:
    return _display_width(line) < _SHORT * width


def _continues(line: str) -> bool:
    first = line.lstrip()[:1]
    return bool(first) and (first.islower() or bool(_HANGUL_EDGE.match(first))) and not _LIST_START.match(line)


def _join(lines: list[str], spaced: bool) -> str:
    """Join the lines of a paragraph by spaces; rows of short lines (tables, figures) stay rows."""
    text = lines[0]
    for line in lines[1:]:
        within_word = spaced and _HANGUL_EDGE.match(text[-1:]) and _HANGUL_EDGE.match(line)
        text = text + line if within_word and not text.endswith("\u3164") else text.rstrip("\u3164") + " " + line
    return one_line(_LEADERS.sub(" …", text.replace("\u3164", "")))


def _usual_width(pages: list[list[str]]) -> float:
    """Return the width of a full line: the median over the lines that are more than a word or two."""
    widths = [width for lines in pages for line in lines if (width := _display_width(line)) >= 30]
    return float(median(widths)) if widths else 0.0


def _display_width(line: str) -> int:
    """Count Hangul, Kana and Han twice, as they take twice the room of a Latin letter."""
    return len(line) + sum(1 for character in line if character >= "\u1100")


def _marks_spaces(texts: list[str]) -> bool:
    """Say whether lines that end between two words keep their space, as Word and Hangul write them.

    If so, a Hangul line without one ends inside a word. TeX writes no such spaces at all.
    """
    ends = Counter(bool(mark) for text in texts for mark in re.findall(r"[가-힣]( ?)\r?\n[가-힣]", text))
    return ends[True] > 0.25 * max(1, ends.total())


def _furniture(pages: list[list[str]]) -> set[str]:
    """Return the running heads and feet: edge lines that come again on many pages, but for numbers."""
    counts: Counter[str] = Counter()
    for lines in pages:
        counts.update({_shape(line) for line in lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]})
    written = sum(1 for lines in pages if lines)
    if written < 3:
        return set()
    return {shape for shape, count in counts.items() if count >= max(3, written * 0.3)}


def _shape(line: str) -> str:
    return _DIGITS.sub("#", one_line(line))


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
