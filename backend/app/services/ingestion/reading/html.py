"""HTML to blocks: headings, paragraphs, lists, tables; nothing a reader would not see."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from .draft import Draft, one_line, table_rows
from .encoding import decode

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "header hr li main ol p pre section summary table tbody tfoot thead tr ul h1 h2 h3 h4 h5 h6 caption".split()  # noqa: SIM905  a name a line would fill the screen
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = frozenset(
    "script style template noscript svg math iframe object select textarea button nav".split()  # noqa: SIM905
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(path: Path, draft: Draft) -> None:
    """Read one HTML file."""
    data = path.read_bytes()
    declared = _CHARSET.search(data[:4096])
    add_html(decode(data, declared[1].decode("ascii") if declared else None), draft)


def add_html(markup: str, draft: Draft) -> str | None:
    """Append what ``markup`` shows to ``draft``; return the text of its ``<title>``."""
    parser = _Blocks(draft)
    # Two steps, so that the last text is not held back as the start of an unfinished tag.
    parser.feed(markup)
    parser.close()
    parser.end_block()
    title = one_line("".join(parser.title)) or None
    draft.title = draft.title or title
    return title


class _Blocks(HTMLParser):
    """Collects text until an element ends the block, and hands the block on.

    Nesting is counted, never recursed into: 100,000 open elements cost 100,000 integers.
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(convert_charrefs=True)
        self._draft = draft
        self.title: list[str] = []
        self._text: list[str] = []
        self._heading = 0
        self._item = False
        self._pre = 0
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._skip_until: list[str] = []  # open elements below and with the one not shown
        self._in_title = False
        self._tables: list[list[list[str]]] = []
        self._after_item = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skip_until:
            if tag not in _VOID and tag in self._skip_until[:1]:
                self._skip_until.append(tag)
            return
        if tag in _SKIPPED or (tag not in _VOID and _is_hidden(attrs)):
            self._skip_until = [tag]
        elif tag == "title":
            self._in_title = True
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img":
            alt = dict(attrs).get("alt") or ""
            if len(alt) > 20:  # a sentence about the picture; shorter ones are names of icons
                self._text.append(f" {alt} ")
        elif self._tables and tag in ("tr", "td", "th", "table"):
            self._start_in_table(tag)
        elif tag in _BLOCKS and not self._tables:
            self._start_block(tag)
        elif tag in _BLOCKS:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._skip_until:
            if tag == self._skip_until[0]:
                self._skip_until.pop()
            return
        if tag == "title":
            self._in_title = False
        elif self._tables:
            self._end_in_table(tag)
        elif tag in _BLOCKS:
            self.end_block()
            if tag == "pre":
                self._pre = 0
            elif tag in ("ul", "ol") and self._lists:
                self._lists.pop()
                self._after_item = self._after_item and bool(self._lists)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._skip_until:
            self._text.append(data if self._pre else re.sub(r"[ \t\r\n\f]+", " ", data))

    def end_block(self) -> None:
        """Hand on what was collected as one block."""
        while self._tables:
            self._end_table()
        raw, self._text = "".join(self._text), []
        text = raw.strip("\n") if self._pre else re.sub(r" *\n *", "\n", raw).strip()
        if not text.strip():
            return
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
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._item = True

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
        elif tag in _BLOCKS:
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
        self._after_item = False


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    found = dict(attrs)
    return (
        "hidden" in found or found.get("aria-hidden") == "true" or bool(_HIDDEN_STYLE.search(found.get("style") or ""))
    )
