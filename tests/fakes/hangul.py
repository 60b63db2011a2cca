"""HWP 5 documents written by hand: an OLE container with a header, styles and one section."""

from __future__ import annotations

import struct
import zlib

_SECTOR, _MINI = 512, 64
_END, _FAT, _NOBODY = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_CUTOFF = 4096


def compound(streams: dict[str, bytes]) -> bytes:
    """Return an OLE container; short streams stand in its mini stream, as programs write them."""
    sectors: list[bytes] = []
    fat: list[int] = []
    mini, mini_fat = b"", list[int]()
    starts: dict[str, int] = {}

    def add(data: bytes) -> int:
        first, count = len(sectors), max(1, -(-len(data) // _SECTOR))
        sectors.extend(data[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, b"\0") for n in range(count))
        fat.extend([*range(first + 1, first + count), _END])
        return first

    for name, data in streams.items():
        if len(data) >= _CUTOFF:
            starts[name] = add(data)
        else:
            starts[name], count = len(mini_fat), max(1, -(-len(data) // _MINI))
            mini_fat += [*range(starts[name] + 1, starts[name] + count), _END]
            mini += data.ljust(count * _MINI, b"\0")
    mini_start = add(mini)
    mini_fat_start = add(struct.pack(f"<{len(mini_fat)}I", *mini_fat).ljust(_SECTOR, b"\xff"))

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        encoded = name.encode("utf-16-le") + b"\0\0"
        head = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, _NOBODY, right, child)
        return head + bytes(36) + struct.pack("<IQ", start, size)

    tops = [name for name in streams if "/" not in name]
    folders = sorted({name.partition("/")[0] for name in streams if "/" in name})
    inner = {folder: [name for name in streams if name.startswith(f"{folder}/")] for folder in folders}
    listed = [entry("Root Entry", 5, _NOBODY, 1, mini_start, len(mini))]
    names = sorted([*tops, *folders], key=lambda name: (len(name), name.upper()))  # as containers order them
    child = 1 + len(names)
    for number, name in enumerate(names, start=1):
        right = number + 1 if number < len(names) else _NOBODY
        if name in streams:
            listed.append(entry(name, 2, right, _NOBODY, starts[name], len(streams[name])))
        else:
            listed.append(entry(name, 1, right, child, 0, 0))
            child += len(inner[name])
    for folder in (name for name in names if name in inner):
        for name in inner[folder]:
            right = len(listed) + 1 if name != inner[folder][-1] else _NOBODY
            listed.append(entry(name.partition("/")[2], 2, right, _NOBODY, starts[name], len(streams[name])))
    directory = add(b"".join(listed))
    fat_at = len(sectors)
    fat.append(_FAT)
    sectors.append(struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff"))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, 1, directory, 0, _CUTOFF, mini_fat_start, 1, _END, 0) + struct.pack("<I", fat_at)
    return header.ljust(_SECTOR, b"\xff") + b"".join(sectors)


def record(tag: int, level: int, body: bytes) -> bytes:
    long = len(body) >= 0xFFF
    head = struct.pack("<I", tag | level << 10 | (0xFFF if long else len(body)) << 20)
    return head + (struct.pack("<I", len(body)) if long else b"") + body


def paragraph(text: str, *, style: int = 0, level: int = 0) -> bytes:
    head = struct.pack("<IIHBBHHHI", len(text) + 1, 0, 0, style, 0, 1, 0, 1, 0)
    return record(66, level, head) + record(67, level + 1, f"{text}\r".encode("utf-16-le"))


def mark(code: int, name: bytes) -> str:
    """Return a mark of eight places, as it stands in the text."""
    return (struct.pack("<H", code) + name[::-1] + bytes(8) + struct.pack("<H", code)).decode("utf-16-le")


def control(name: bytes, level: int, *inner: bytes) -> bytes:
    return record(71, level, name[::-1] + bytes(40)) + b"".join(inner)


def cell(row: int, column: int, *paragraphs: bytes) -> bytes:
    body = struct.pack("<HHIHHHHII", len(paragraphs), 0, 0, column, row, 1, 1, 1000, 1000) + bytes(10)
    return record(72, 2, body) + b"".join(paragraphs)


def table(*rows: tuple[str, ...]) -> bytes:
    """Return a paragraph that a table hangs on."""
    cells = [
        cell(row, column, paragraph(text, level=2))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    shape = record(77, 2, struct.pack("<IHH", 0, len(rows), len(rows[0])) + bytes(14))
    return paragraph(mark(11, b"tbl ")) + control(b"tbl ", 1, shape, *cells)


def styles(*names: tuple[str, str]) -> bytes:
    def text(name: str) -> bytes:
        return struct.pack("<H", len(name)) + name.encode("utf-16-le")

    return b"".join(record(26, 0, text(own) + text(english) + bytes(8)) for own, english in names)


def hwp(*sections: bytes, styles: bytes = b"", flags: int = 1) -> bytes:
    """Return a document; bit 0 of ``flags`` says that its streams are packed."""

    def packed(data: bytes) -> bytes:
        if not flags & 1:
            return data
        packing = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packing.compress(data) + packing.flush()

    header = b"HWP Document File".ljust(32, b"\0") + bytes((0, 0, 1, 5)) + struct.pack("<I", flags)
    properties = record(16, 0, struct.pack("<H", len(sections)) + bytes(24))
    streams = {f"BodyText/Section{number}": packed(section) for number, section in enumerate(sections)}
    return compound({"FileHeader": header.ljust(256, b"\0"), "DocInfo": packed(properties + styles), **streams})
