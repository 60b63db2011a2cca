"""Files of office programs, mail and notebooks, written by hand: what their own programs would write, and no more."""

from __future__ import annotations

import json
import struct

from tests.fakes.archives import packed
from tests.fakes.hangul import compound

Rows = tuple[tuple[str | float, ...], ...]
_ODF = {
    "office": "office",
    "style": "style",
    "text": "text",
    "table": "table",
    "draw": "drawing",
    "presentation": "presentation",
    "meta": "meta",
}
_SPACES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"' for name, part in _ODF.items())


def opendocument(kind: str, body: str) -> bytes:
    """Return an OpenDocument file; ``kind`` is ``text``, ``spreadsheet`` or ``presentation``."""
    content = (
        f"<office:document-content {_SPACES}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{media_type}"/>'
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    manifest = f"<manifest:manifest {space}>{entry}</manifest:manifest>"
    return packed({"mimetype": media_type, "META-INF/manifest.xml": manifest, "content.xml": content})


def odf_heading(level: int, text: str) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def odf_table(name: str, rows: Rows) -> str:
    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        shown = f"<text:p>{value:,}</text:p>"
        return f'<table:table-cell office:value-type="float" office:value="{value}">{shown}</table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    return f'<table:table table:name="{name}">{lines}</table:table>'


def docx(body: str) -> bytes:
    """Return a Word document whose ``body`` is WordprocessingML."""
    kinds = "http://schemas.openxmlformats.org/package/2006"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{kinds}/content-types"><Override PartName="/word/document.xml" ContentType="{word}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{kinds}/relationships"><Relationship Id="r" Type="{main}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        }
    )


def rtf(body: str) -> bytes:
    """Return a file whose ``body`` is RTF; letters beyond ASCII are written as numbers."""
    written = "".join(
        letter if letter < "\x80" else f"\\u{code - 65536 if (code := ord(letter)) > 32767 else code}?"
        for letter in body
    )
    return f"{{\\rtf1\\ansi\\ansicpg949\\deff0{{\\fonttbl{{\\f0 Batang;}}}}\n{written}}}".encode("ascii")


def rtf_table(rows: tuple[tuple[str, ...], ...]) -> str:
    def row(cells: tuple[str, ...]) -> str:
        edges = "".join(f"\\cellx{2000 * number}" for number in range(1, len(cells) + 1))
        return f"\\trowd{edges}\n" + "".join(f"\\pard\\intbl {cell}\\cell\n" for cell in cells) + "\\row\n"

    return "".join(map(row, rows)) + "\\pard\n"


def notebook(*cells: tuple[str, str, str]) -> bytes:
    """Return a notebook of cells: kind, source and what it printed."""

    def cell(kind: str, source: str, printed: str) -> dict[str, object]:
        written: dict[str, object] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
        if kind == "code":
            output = {"output_type": "stream", "name": "stdout", "text": [printed]}
            written |= {"execution_count": 1, "outputs": [output] if printed else []}
        return written

    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell(*one) for one in cells]}
    return json.dumps(whole).encode()


def msg(*, subject: str, sender: str, address: str, to: str, body: str) -> bytes:
    """Return a message as Outlook keeps it: one property a stream, in UTF-16."""
    texts = {
        "001A": "IPM.Note",
        "0037": subject,
        "0C1A": sender,
        "0C1F": address,
        "5D01": address,
        "0E04": to,
        "1000": body,
    }
    streams = {f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in texts.items()}
    sizes = b"".join(
        struct.pack("<HHIII", 0x001F, int(tag, 16), 6, 2 * len(text) + 2, 0) for tag, text in texts.items()
    )
    receiver = {"3001": to, "3003": to}
    for tag, text in receiver.items():
        streams[f"__recip_version1.0_#00000000/__substg1.0_{tag}001F"] = text.encode("utf-16-le")
    streams["__recip_version1.0_#00000000/__properties_version1.0"] = bytes(8)
    streams["__properties_version1.0"] = bytes(8) + struct.pack("<4I", 1, 0, 1, 0) + bytes(8) + sizes
    return compound(streams)


def xls(*sheets: tuple[str, Rows]) -> bytes:
    """Return a workbook as Excel wrote it until 2003 (BIFF8)."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))

    def text(value: str, width: str) -> bytes:
        return struct.pack(width, len(value)) + b"\x01" + value.encode("utf-16-le")

    def cell(row: int, column: int, value: str | float) -> bytes:
        at = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            return record(0x0204, at + text(value, "<H"))
        return record(0x0203, at + struct.pack("<d", value))

    bodies = []
    for _, rows in sheets:
        cells = [cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row)]
        extent = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
        bodies.append(begin(0x0010) + record(0x0200, extent) + b"".join(cells) + record(0x000A, b""))
    head = begin(0x0005) + record(0x0042, struct.pack("<H", 1200))
    names = [text(name, "<B") for name, _ in sheets]
    at = len(head) + sum(4 + 6 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        head += record(0x0085, struct.pack("<IBB", at, 0, 0) + name)
        at += len(body)
    return compound({"Workbook": (head + record(0x000A, b"") + b"".join(bodies)).ljust(4096, b"\0")})


def pptx(*slides: tuple[str, Rows]) -> bytes:
    """Return slides of a title and a table each."""
    kinds = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    space = (
        f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="{drawing}" xmlns:r="{office}"'
    )

    def paragraph(text: str | float) -> str:
        return f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>"

    def slide(title: str, rows: Rows) -> str:
        cells = "".join(
            "<a:tr>" + "".join(f"<a:tc><a:txBody>{paragraph(value)}</a:txBody></a:tc>" for value in row) + "</a:tr>"
            for row in rows
        )
        frame = (
            f'<p:graphicFrame><a:graphic><a:graphicData uri="{drawing}/table"><a:tbl>{cells}</a:tbl>'
            "</a:graphicData></a:graphic></p:graphicFrame>"
        )
        name = '<p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
        shape = f"<p:sp>{name}<p:txBody>{paragraph(title)}</p:txBody></p:sp>"
        return f"<p:sld {space}><p:cSld><p:spTree>{shape}{frame}</p:spTree></p:cSld></p:sld>"

    numbers = range(1, len(slides) + 1)
    entries = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in numbers)
    links = "".join(f'<Relationship Id="rId{n}" Type="{office}/slide" Target="slides/slide{n}.xml"/>' for n in numbers)
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{kinds}/content-types"/>',
            "ppt/presentation.xml": f"<p:presentation {space}><p:sldIdLst>{entries}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{kinds}/relationships">{links}</Relationships>',
            **{f"ppt/slides/slide{n}.xml": slide(*one) for n, one in enumerate(slides, start=1)},
        }
    )
