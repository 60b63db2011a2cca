"""Text, Markdown, reStructuredText, CSV and JSON, read without any parser of documents."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from .draft import Draft, clean, one_line, table_rows
from .encoding import decode

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(\S.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*\Z")
_FRONT_MATTER_TITLE = re.compile(r"""^title:[ \t]*["']?(.+?)["']?[ \t]*$""", re.MULTILINE)
_RST_ORNAMENT = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*\Z")
_MARKDOWN_MARKS = re.compile(r"[*_`]{1,3}([^\s*_`](?:[^*_`\n]*[^\s*_`])?)[*_`]{1,3}")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,2000}\)")
_CSV_SAMPLE_CHARS = 20_000
_MAX_HEADING_LINE = 1000  # the pattern for one goes back and forth over the spaces of its line

Found = Iterator[tuple[int, int, str]]  # offset of the heading's line, level, text


def read_text(path: Path, draft: Draft) -> None:
    """Read plain text; a log or a letter has no structure but its lines."""
    draft.block(decode(path.read_bytes()))


def read_markdown(path: Path, draft: Draft) -> None:
    """Read Markdown as it is written, and note its headings."""
    text = clean(decode(path.read_bytes()))
    if text.startswith("---\n") and (end := text.find("\n---\n", 3)) >= 0:
        title = _FRONT_MATTER_TITLE.search(text, 4, end)
        draft.title = one_line(title[1]) if title else None
        text = text[end + 5 :]
    add_markdown(draft, text)


def add_markdown(draft: Draft, text: str) -> None:
    """Append Markdown as it is written, and note its headings."""
    _block_with_headings(draft, clean(text), _markdown_headings)


def read_rst(path: Path, draft: Draft) -> None:
    """Read reStructuredText as it is written, and note its underlined headings."""
    _block_with_headings(draft, clean(decode(path.read_bytes())), _rst_headings)


def read_csv(path: Path, draft: Draft) -> None:
    """Read a table of values as Markdown rows, whatever separates its cells."""
    text = decode(path.read_bytes())
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text[:_CSV_SAMPLE_CHARS]))
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
    except csv.Error:  # a field of megabytes: the rest is no table
        draft.block(text)
        return
    draft.block(table_rows(rows))


def read_json(path: Path, draft: Draft) -> None:
    """Read JSON as text, one value a line."""
    text = decode(path.read_bytes())
    if text.count("\n") < len(text) // 2000:
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    draft.block(text)


def _block_with_headings(draft: Draft, text: str, find: Callable[[str], Found]) -> None:
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    start = draft.block(text)
    if start is None:
        return
    for offset, level, title in find(text):
        draft.mark_heading(start + offset, level, title)


def _markdown_headings(text: str) -> Found:
    fence = ""
    offset, previous_offset, previous = 0, 0, ""
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence) and not line.strip(" \t" + fence[0]):
                fence = ""
            previous = ""
        elif opening:
            fence, previous = opening[1], ""
        elif len(line) <= _MAX_HEADING_LINE and (heading := _ATX.match(line)):
            if heading[2]:
                yield offset, len(heading[1]), plain_inline(heading[2])
            previous = ""
        elif previous and (underline := _SETEXT.match(line)):
            yield previous_offset, 1 if underline[1][0] == "=" else 2, plain_inline(previous)
            previous = ""
        else:
            # Only a line that opens a paragraph can be underlined into a heading.
            text_line = bool(line.strip()) and not line.startswith(("    ", "\t", "|", ">", "- ", "* "))
            previous, previous_offset = (line if text_line else ""), offset
        offset += len(line) + 1


def plain_inline(text: str) -> str:
    """Return a Markdown heading without its marks and links."""
    return one_line(_MARKDOWN_MARKS.sub(r"\1", _MARKDOWN_LINK.sub(r"\1", text)).replace("\\", ""))


def _rst_headings(text: str) -> Found:
    """Find underlined titles; as in docutils, the order in which styles appear sets their levels."""
    styles: list[str] = []
    lines = text.split("\n")
    offset = 0
    for number, line in enumerate(lines):
        under = lines[number + 1] if number + 1 < len(lines) else ""
        over = lines[number - 1] if number else ""
        ornament = _RST_ORNAMENT.match(under)
        stands_alone = not over.strip() or bool(_RST_ORNAMENT.match(over))
        if ornament and line.strip() and stands_alone and not _RST_ORNAMENT.match(line) and _long_enough(under, line):
            overlined = over.rstrip() == under.rstrip()
            style = ornament[1] + ("^" if overlined else "")
            if style not in styles:
                styles.append(style)
            yield offset - (len(over) + 1 if overlined else 0), styles.index(style) + 1, one_line(line)
        offset += len(line) + 1


def _long_enough(underline: str, title: str) -> bool:
    return len(underline.rstrip()) >= min(len(title.rstrip()), 4)


def _delimiter(sample: str) -> str:
    """Return the separator that gives the most rows the same number of cells."""
    lines = [line for line in sample.split("\n")[:50] if line.strip()]
    best, best_score = ",", 0.0
    for candidate in (",", "\t", ";", "|"):
        counts = [line.count(candidate) for line in lines]
        usual = max(set(counts), key=lambda count: (counts.count(count), count), default=0)
        score = counts.count(usual) / len(counts) + min(usual, 20) / 100 if usual else 0.0
        if score > best_score:
            best, best_score = candidate, score
    return best
