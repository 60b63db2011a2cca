"""HWP 5, the binary format of Hangul Word Processor, as its publisher describes it: paragraphs, outline and tables."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .compound import CompoundFile
from .draft import Draft, Refusal, one_line, table_rows

_SIGNATURE = b"HWP Document File"
_PACKED, _PASSWORD, _FOR_READING_ALONE, _RIGHTS = 1 << 0, 1 << 1, 1 << 2, 1 << 4
_SECTION = re.compile(r"BodyText/Section(\d{1,4})")
_OUTLINE = re.compile(r"(?:개요|outline|제목|heading)\s*(\d+)", re.IGNORECASE)
_MAX_BYTES = 200 * 1024 * 1024
_STYLE, _PARAGRAPH, _TEXT, _CONTROL, _CELL = 26, 66, 67, 71, 72  # tags of records
# Controls that show nothing of their own in the text: sections, columns, heads, feet, page numbers.
_FURNITURE = frozenset((b"secd", b"cold", b"head", b"foot", b"pgnp", b"pghd", b"nwno", b"atno", b"bokm", b"pgct"))
_MAX_ROWS, _MAX_COLUMNS = 20_000, 500
# Characters below 32 are marks of one or of eight places; those of eight have their data within.
_OF_ONE_PLACE = frozenset((0, 10, 13, *range(24, 32)))
_SHOWN_AS = {9: "\t", 10: "\n", 24: "-", 30: "\u00a0", 31: "\u3000"}


@dataclass(slots=True)
class _Record:
    tag: int
    body: bytes
    below: list[_Record] = field(default_factory=list)


def read_hwp(path: Path, draft: Draft) -> None:
    """Read the sections in order.

    Raises:
        Refusal: ``password`` for a document that is encrypted, ``broken`` for what is no HWP 5.
    """
    file = CompoundFile(path)
    header = file.read("FileHeader")
    if not header.startswith(_SIGNATURE) or len(header) < 40:
        raise Refusal("broken", "no HWP 5 document")
    (flags,) = struct.unpack_from("<I", header, 36)
    if flags & (_PASSWORD | _FOR_READING_ALONE | _RIGHTS):
        raise Refusal("password", f"encrypted HWP, flags {flags:#x}")
    sections = sorted((int(found[1]), name) for name in file.streams if (found := _SECTION.fullmatch(name)))
    if not sections:
        raise Refusal("broken", "no BodyText/Section0")
    levels = _outline_levels(_records(_unpacked(file.read("DocInfo"), flags)))
    for _, name in sections:
        for record in _records(_unpacked(file.read(name), flags)):
            if record.tag == _PARAGRAPH:
                _add_paragraph(record, levels, draft)


def _unpacked(data: bytes, flags: int) -> bytes:
    if not flags & _PACKED:
        return data
    unpacking = zlib.decompressobj(-15)
    try:
        found = unpacking.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise Refusal("broken", f"deflate: {error}") from error
    if unpacking.unconsumed_tail:
        raise Refusal("too_complex", f"a stream unpacks to more than {_MAX_BYTES} bytes")
    return found


def _records(data: bytes) -> list[_Record]:
    """Return the outermost records, each with those of deeper levels that follow it below it."""
    outermost: list[_Record] = []
    open_records: list[_Record] = []
    at = 0
    while at + 4 <= len(data):
        (head,) = struct.unpack_from("<I", data, at)
        tag, level, size = head & 0x3FF, head >> 10 & 0x3FF, head >> 20
        at += 4
        if size == 0xFFF and at + 4 <= len(data):
            (size,) = struct.unpack_from("<I", data, at)
            at += 4
        record = _Record(tag, data[at : at + size])
        at += size
        del open_records[level:]
        (open_records[-1].below if open_records else outermost).append(record)
        open_records.append(record)
    return outermost


def _outline_levels(records: list[_Record]) -> dict[int, int]:
    """Return the heading level of each style that is one, by the style's number."""
    levels: dict[int, int] = {}
    styles = (record for outer in records for record in (outer, *outer.below) if record.tag == _STYLE)
    for number, style in enumerate(styles):
        for name in _names(style.body):
            if found := _OUTLINE.match(name):
                levels[number] = max(1, min(int(found[1]), 9))
    return levels


def _names(body: bytes) -> Iterator[str]:
    """Yield a style's own name and its English one."""
    at = 0
    for _ in range(2):
        if at + 2 > len(body):
            return
        length = int.from_bytes(body[at : at + 2], "little") * 2
        yield body[at + 2 : at + 2 + length].decode("utf-16-le", "replace")
        at += 2 + length


def _add_paragraph(paragraph: _Record, levels: dict[int, int], draft: Draft) -> None:
    text = one_line(_text(paragraph))
    level = levels.get(paragraph.body[10]) if len(paragraph.body) > 10 else None
    if level and text:
        draft.heading(level, text)
    else:
        draft.block(text)
    for control in paragraph.below:
        kind = control.body[:4][::-1]
        if control.tag != _CONTROL or kind in _FURNITURE:
            continue
        if kind == b"tbl ":
            draft.block(table_rows(_rows(control)))
        else:  # text boxes, notes: their paragraphs follow the one that they hang on
            for inner in _paragraphs(control):
                _add_paragraph(inner, levels, draft)


def _rows(table: _Record) -> list[list[str]]:
    """Return a table's cells by row; what a cell spans stays empty."""
    cells: dict[int, dict[int, list[str]]] = {}
    texts: list[str] = []
    for record in table.below:
        if record.tag == _CELL and len(record.body) >= 12:
            column, row = struct.unpack_from("<HH", record.body, 8)
            texts = cells.setdefault(min(row, _MAX_ROWS), {}).setdefault(min(column, _MAX_COLUMNS), [])
        elif record.tag == _PARAGRAPH:
            texts.append(_whole_text(record))
    width = max((column for row in cells.values() for column in row), default=-1) + 1
    return [[" ".join(cells[row].get(column, [])) for column in range(width)] for row in sorted(cells)]


def _whole_text(paragraph: _Record) -> str:
    """Return the text of a paragraph with all that hangs on it, such as a table within a cell."""
    inner = (_whole_text(other) for control in paragraph.below for other in _paragraphs(control))
    return one_line(" ".join((_text(paragraph), *inner)))


def _paragraphs(record: _Record) -> Iterator[_Record]:
    """Yield the outermost paragraphs below a record."""
    for other in record.below:
        if other.tag == _PARAGRAPH:
            yield other
        else:
            yield from _paragraphs(other)


def _text(paragraph: _Record) -> str:
    return "".join(_shown(record.body) for record in paragraph.below if record.tag == _TEXT)


def _shown(body: bytes) -> str:
    """Return the characters that are seen, without marks and what they carry."""
    places = struct.unpack(f"<{len(body) // 2}H", body[: len(body) // 2 * 2])
    shown: list[bytes] = []
    at = 0
    while at < len(places):
        code = places[at]
        if code >= 32:
            shown.append(code.to_bytes(2, "little"))
        elif code in _SHOWN_AS:
            shown.append(_SHOWN_AS[code].encode("utf-16-le"))
        at += 1 if code >= 32 or code in _OF_ONE_PLACE else 8
    return b"".join(shown).decode("utf-16-le", "replace")
