"""HTML to blocks: headings, paragraphs, lists, tables; nothing a reader would not see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from .draft import Draft, one_line, table_rows
from .encoding import decode

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|"
    "form|h[1-6]|header|hr|li|main|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = re.compile("script|style|template|noscript|svg|math|iframe|object|select|textarea|button|nav")
_SKIPPED_ROLES = re.compile("navigation|menu|menubar|listbox|search|dialog|tablist")
_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")
_TITLE = re.compile(r"<title\b[^<>]*>[^<]*</title>", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(path: Path, draft: Draft) -> None:
    """Read one HTML file."""
    data = path.read_bytes()
    declared = _CHARSET.search(data[:4096])
    add_html(decode(data, declared[1].decode("ascii") if declared else None), draft)


def add_html(markup: str, draft: Draft) -> str | None:
    """Append what ``markup`` shows to ``draft``; return the text of its ``<title>``."""
    main = _main_element(markup)
    title = _TITLE.search(markup) if main else None
    parser = _Blocks(draft)
    parser.read((title[0] if title else "") + main if main else markup)
    if main and not parser.blocks:
        parser = _Blocks(draft)
        parser.read(markup)
    stated = one_line("".join(parser.title)) or None
    draft.title = draft.title or stated
    return stated


def _main_element(markup: str) -> str:
    """Return the page's ``<main>``, which leaves menus and footers out; nothing where it has none."""
    lower = markup.lower()
    start, end = lower.find("<main"), lower.rfind("</main>")
    return markup[start:end] if 0 <= start < end else ""


@dataclass(slots=True)
class _ListOfLinks:
    """Tells a menu from a list: many items, all of them short, all of them links."""

    mark: tuple[int, int, int]
    items: int = 0
    linked: int = 0
    other: int = 0

    def add(self, data: str, in_link: bool) -> None:
        length = len(data.strip())
        self.linked += length * in_link
        self.other += length * (not in_link)

    @property
    def is_menu(self) -> bool:
        return self.items >= 20 and self.linked < 25 * self.items and self.other * 20 < self.linked


class _Blocks(HTMLParser):
    """Collects text until an element ends the block, and hands the block on.

    Nesting is counted, never recursed into: 100,000 open elements cost 100,000 integers.
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(convert_charrefs=True)
        self._draft = draft
        self.blocks = 0
        self.title: list[str] = []
        self._text: list[str] = []
        self._heading = 0
        self._item = False
        self._pre = 0
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._outer_list: _ListOfLinks | None = None
        self._in_link = 0
        self._skip_until: list[str] = []  # open elements below and with the one not shown
        self._in_title = False
        self._tables: list[list[list[str]]] = []
        self._after_item = False

    def read(self, markup: str) -> None:
        """Take the whole page; closing hands on what an unfinished tag held back."""
        self.feed(markup)
        self.close()
        self.end_block()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skip_until:
            if not _VOID.fullmatch(tag) and tag in self._skip_until[:1]:
                self._skip_until.append(tag)
            return
        if _SKIPPED.fullmatch(tag) or (not _VOID.fullmatch(tag) and _is_hidden(attrs)):
            self._skip_until = [tag]
        elif tag == "title":
            self._in_title = True
        elif tag == "a":
            self._in_link = 1
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img":
            alt = dict(attrs).get("alt") or ""
            if len(alt) > 20:  # a sentence about the picture; shorter ones are names of icons
                self._text.append(f" {alt} ")
        elif self._tables and tag in ("tr", "td", "th", "table"):
            self._start_in_table(tag)
        elif _BLOCK.fullmatch(tag) and not self._tables:
            self._start_block(tag)
        elif _BLOCK.fullmatch(tag):
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._skip_until:
            if tag == self._skip_until[0]:
                self._skip_until.pop()
            return
        if tag == "title":
            self._in_title = False
        elif tag == "a":
            self._in_link = 0
        elif self._tables:
            self._end_in_table(tag)
        elif _BLOCK.fullmatch(tag):
            self.end_block()
            if tag == "pre":
                self._pre = 0
            elif tag in ("ul", "ol") and self._lists:
                self._lists.pop()
                self._after_item = self._after_item and bool(self._lists)
                if not self._lists and self._outer_list and self._outer_list.is_menu:
                    self._draft.back(self._outer_list.mark)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._skip_until:
            if self._lists and self._outer_list:
                self._outer_list.add(data, bool(self._in_link))
            self._text.append(data if self._pre else re.sub(r"[ \t\r\n\f]+", " ", data))

    def end_block(self) -> None:
        """Hand on what was collected as one block."""
        while self._tables:
            self._end_table()
        raw, self._text = "".join(self._text), []
        text = raw.strip("\n") if self._pre else "\n".join(one_line(line) for line in raw.split("\n")).strip()
        if not text.strip():
            return
        self.blocks += 1
        if self._heading:
            self._draft.heading(self._heading, text)
        elif self._item:
            self._draft.block(self._bullet() + text, joined_by="\n" if self._after_item else "\n\n")
        else:
            self._draft.block(text)
        self._after_item = self._item
        self._heading, self._item = 0, False

    def _start_block(self, tag: str) -> None:
        self.end_block()
        self._heading = _HEADINGS.get(tag, 0)
        if tag == "table":
            self._tables.append([])
        elif tag == "pre":
            self._pre = 1
        elif tag in ("ul", "ol"):
            if not self._lists:
                self._outer_list = _ListOfLinks(self._draft.mark())
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._item = True
            if self._outer_list:
                self._outer_list.items += 1

    def _bullet(self) -> str:
        if not self._lists:
            return "- "
        indent = "  " * min(len(self._lists) - 1, 6)
        number = self._lists[-1]
        if number is None:
            return indent + "- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    # --- tables: cells are gathered by row; a table within a cell adds to that cell ---------

    def _start_in_table(self, tag: str) -> None:
        if tag == "table":
            self._tables.append([])
            return
        self._end_cell()
        if tag == "tr" or not self._tables[-1]:
            self._tables[-1].append([])
        if tag != "tr":
            self._tables[-1][-1].append("")

    def _end_in_table(self, tag: str) -> None:
        if tag == "table":
            self._end_table()
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif _BLOCK.fullmatch(tag):
            self._text.append(" ")

    def _end_cell(self) -> None:
        text, self._text = "".join(self._text), []
        rows = self._tables[-1]
        if rows and rows[-1]:
            rows[-1][-1] = one_line(f"{rows[-1][-1]} {text}")
        elif text.strip():
            rows.append([text])  # a caption, or text that lost its cell

    def _end_table(self) -> None:
        self._end_cell()
        rows = self._tables.pop()
        if self._tables:
            self._text.append(" ".join(cell for row in rows for cell in row))
        elif max((len(row) for row in rows), default=0) <= 1:  # laid out by a table, not a table
            for row in rows:
                self._draft.block(" ".join(row))
        else:
            self._draft.block(table_rows(rows))
        self.blocks += bool(rows)
        self._after_item = False


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    found = dict(attrs)
    if _SKIPPED_ROLES.fullmatch(found.get("role") or ""):
        return True
    return (
        "hidden" in found or found.get("aria-hidden") == "true" or bool(_HIDDEN_STYLE.search(found.get("style") or ""))
    )
