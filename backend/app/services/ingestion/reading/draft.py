"""The text of a document while a reader builds it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from .patience import CHARS_A_SECOND, Progress

# Tabs and newlines stay; other controls, surrogates, non-characters, byte-order marks, soft
# hyphens and zero-width spaces go: they are invisible and split words in both indexes.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufff9-\uffff\ud800-\udfff]")
# Hangul's fillers hold the place of a missing letter of a syllable; where there is no syllable, they
# are a blank as wide as one in the middle of a word.
_FILLERS = ("\u115f", "\u1160")
_LONE_FILLER = re.compile(
    "\u115f\u1160?(?![\u1160-\u11ff\ud7b0-\ud7fb])|(?<![\u1100-\u115f\ua960-\ua97c])\u1160(?![\u11a8-\u11ff\ud7cb-\ud7fb])"
)
_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_LINE_END_SPACE = re.compile(r"(?<![ \t\u3000])[ \t\u3000]++(?=\n|\Z)")  # tried once a run: linear
_BLANK_LINES = re.compile(r"\n{3,}")
_SINGLE_FORMS = {
    "\u00a0": " ",
    "\u202f": " ",
    "\u3164": " ",
    "\uffa0": " ",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
    # Word and PowerPoint write their bullets in the private area of the Symbol font.
    "\uf0b7": "•",
    "\uf0a7": "•",
    "\uf0d8": "•",
    "\uf06c": "•",
    "\uf0fc": "•",
    "\uf076": "•",
}
# str.translate looks each letter up: that was more than half of what reading a Korean text took.
_ANY_SINGLE_FORM = re.compile(f"[{''.join(_SINGLE_FORMS)}]")
_MAX_HEADING_CHARS = 500


class Refusal(Exception):
    """A file cannot be read; ``code`` names the error that the parent raises."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


def clean(text: str) -> str:
    """Return ``text`` in NFC, with one kind of newline and without invisible characters."""
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text))
    if any(filler in text for filler in _FILLERS):  # finding a letter is quick, this pattern is not
        text = _LONE_FILLER.sub("", text)
    text = _ANY_SINGLE_FORM.sub(lambda form: _SINGLE_FORMS[form[0]], text)
    return _LINE_END_SPACE.sub("", unicodedata.normalize("NFC", text))


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space made one space."""
    return " ".join(text.split())


def table_rows(rows: list[list[str]]) -> str:
    """Return ``rows`` as a Markdown table, without the rows and columns at the edge that are empty.

    The first row is its head: Markdown has no table without one. A row that stands alone is none.
    """
    cleaned = [[one_line(cell).replace("|", "\\|") for cell in row] for row in rows]
    cleaned = [row for row in cleaned if any(row)]
    width = max((len(row) - _trailing_empty(row) for row in cleaned), default=0)
    lines = ["| " + " | ".join((row + [""] * width)[:width]) + " |" for row in cleaned]
    if len(lines) > 1:
        lines.insert(1, "|" + "---|" * width)
    return "\n".join(lines)


def _trailing_empty(row: list[str]) -> int:
    count = 0
    for cell in reversed(row):
        if cell:
            break
        count += 1
    return count


class Draft:
    """Blocks of text in reading order, with their headings and pages.

    Blocks are cleaned one by one and joined by newlines. A newline composes with nothing, so
    the whole stays in NFC and every offset is final when it is taken.
    """

    def __init__(self, max_chars: int, progress: Progress | None = None) -> None:
        self._progress = progress or Progress()
        self._paid = 0  # seconds earned; what is read again earns nothing
        self._parts: list[str] = []
        self._length = 0
        self._max_chars = max_chars
        self._headings: list[tuple[int, int, str]] = []
        self._page_starts: list[tuple[int, int]] = []
        self.title: str | None = None

    def block(self, text: str, *, joined_by: str = "\n\n") -> int | None:
        """Append a block; return its start, or None where nothing of it is visible."""
        return self.verbatim(_BLANK_LINES.sub("\n\n", clean(text)).strip(), joined_by=joined_by)

    def verbatim(self, text: str, *, joined_by: str = "\n\n") -> int | None:
        """Append text that is clean already, with all its blank lines."""
        if not text.strip():
            return None
        if self._length:
            self._parts.append(joined_by)
            self._length += len(joined_by)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        if self._length // CHARS_A_SECOND > self._paid:
            self._progress.earn(self._length // CHARS_A_SECOND - self._paid)
            self._paid = self._length // CHARS_A_SECOND
        if self._length > self._max_chars:
            raise Refusal("too_complex", f"more than {self._max_chars} characters of text")
        return start

    def heading(self, level: int, text: str) -> None:
        """Append a heading on a line of its own."""
        text = one_line(clean(text))
        if len(text) > _MAX_HEADING_CHARS:  # a paragraph in a heading's style
            self.block(text)
            return
        start = self.block(text)
        if start is not None:
            self._headings.append((start, max(1, level), text))

    def mark_heading(self, start: int, level: int, text: str) -> None:
        """Say that the text already appended at ``start`` begins with a heading."""
        self._headings.append((start, max(1, level), one_line(text)[:_MAX_HEADING_CHARS]))

    def mark(self) -> tuple[int, int, int]:
        """Return a place to go ``back`` to."""
        return len(self._parts), self._length, len(self._headings)

    def back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was appended since ``mark``."""
        parts, self._length, headings = mark
        del self._parts[parts:], self._headings[headings:]

    def page(self, number: int) -> None:
        """Begin page ``number``; the next block is its first."""
        self._page_starts.append((number, self._length))

    def finish(self) -> dict[str, Any]:
        """Return the document as plain data, ready for JSON."""
        text = "".join(self._parts)
        return {
            "text": text,
            "title": self.title,
            "pages": self._pages(text),
            "headings": self._headings,
        }

    def _pages(self, text: str) -> list[tuple[int, int, int]]:
        spans = []
        ends = [start for _, start in self._page_starts[1:]] + [len(text)] if self._page_starts else []
        for (number, start), end in zip(self._page_starts, ends, strict=True):
            while start < end and text[start] == "\n":  # the join belongs to neither page
                start += 1
            spans.append((number, start, end))
        return spans
