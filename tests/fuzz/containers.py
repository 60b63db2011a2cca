"""Targets that are files of files: ZIP archives, slides and other packages; and RTF."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from pathlib import Path

from backend.app.services.ingestion.reading.archive import Limits, unfold
from backend.app.services.ingestion.reading.dispatch import DOCX, ODP, PPTX, read
from backend.app.services.ingestion.reading.draft import Refusal

MAX_CHARS = 1_000_000
FIXTURES = Path(__file__).parents[1] / "fixtures" / "documents"
EXTENSIONS = [".txt", ".md", ".csv", ".html"]
LIMITS = Limits(files=20, all_bytes=500_000, file_bytes=100_000)
_SLIDE = (
    '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:d="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:p="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
    ' xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:b="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><o:body><o:presentation><d:page>'
    '<d:frame p:class="title"><t:p>Harbour</t:p></d:frame><d:frame><b:table><b:table-row>'
    '<b:table-cell b:number-columns-repeated="2"><t:p>seven<t:s t:c="3"/></t:p></b:table-cell>'
    "</b:table-row></b:table></d:frame><p:notes><d:frame><t:p>kiosk</t:p></d:frame></p:notes>"
    "</d:page></o:presentation></o:body></o:document-content>"
)
RTF = rb"{\rtf1\ansi\ansicpg949{\fonttbl{\f0 Batang;}}\pard The ferry \b leaves\b0\par\'c7\'d1 \u54620?{\*\x y}\trowd\cell\row}"


def archives(data: bytes) -> None:
    """An even first byte: an archive as it is; an odd one: members of these names and contents, with entries that lie."""
    if not data:
        return
    content = _packed(data[1:]) if data[0] % 2 else data[1:]
    with tempfile.TemporaryDirectory() as top:
        path, folder = Path(top) / "a.zip", Path(top) / "members"
        path.write_bytes(content)
        folder.mkdir()
        try:
            found = unfold(path, folder, EXTENSIONS, LIMITS)
        except Refusal:
            found = []
        written = {member["file"] for member in found if member["file"]}
        assert {str(each.relative_to(folder)) for each in folder.rglob("*")} == written
        assert {each.name for each in Path(top).iterdir()} == {"a.zip", "members"}
        sizes = [(folder / name).stat().st_size for name in written]
        assert len(sizes) <= LIMITS.files
        assert sum(sizes) <= LIMITS.all_bytes
        assert max(sizes, default=0) <= LIMITS.file_bytes
        for member in found:
            member["name"].encode()
            assert not set(member["name"]) & set("\0\r\n")
            assert bool(member["file"]) != bool(member["reason"])


def _packed(data: bytes) -> bytes:
    """Make members of lines of the bytes; the last four overwrite something within the directory."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, line in enumerate(data[:-4].split(b"\n")[:30]):
            name, _, content = line.partition(b"\0")
            entry = zipfile.ZipInfo(name.decode("utf-8", "replace") or f"{number}.txt")
            entry.create_system, entry.external_attr = content[:1] == b"l" and 3, 0o120777 << 16
            archive.writestr(entry, content * (1 + number * 50))
    whole = bytearray(made.getvalue())
    if len(data) > 4:
        place, value = struct.unpack("<HH", data[-4:])
        directory = whole.find(b"PK\x01\x02")
        at = directory + place % max(1, len(whole) - directory - 1)
        whole[at : at + 2] = struct.pack("<H", value)
    return bytes(whole)


class Packages:
    """The first bytes choose a package and one of its parts; the others are that part."""

    def __init__(self) -> None:
        slides = io.BytesIO()
        with zipfile.ZipFile(slides, "w") as archive:
            archive.writestr("content.xml", _SLIDE)
            archive.writestr("meta.xml", "<meta><title>Harbour</title></meta>")
        self.kinds = [
            (PPTX, _parts((FIXTURES / "slides.pptx").read_bytes())),
            (ODP, _parts(slides.getvalue())),
            (DOCX, _parts((FIXTURES / "workshop.docx").read_bytes())),
            ("application/epub+zip", _parts((FIXTURES / "book.epub").read_bytes())),
            ("application/hwp+zip", _parts((FIXTURES / "report.hwpx").read_bytes())),
        ]

    def __call__(self, data: bytes) -> None:
        if len(data) < 2:
            return
        media_type, parts = self.kinds[data[0] % len(self.kinds)]
        changed = list(parts)[data[1] % len(parts)]
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, data[2:] if name == changed else content)
        read_as(made.getvalue(), media_type)

    def seeds(self) -> list[bytes]:
        return [
            bytes((kind, number)) + content
            for kind, (_, parts) in enumerate(self.kinds)
            for number, content in enumerate(parts.values())
        ]


def rtf(data: bytes) -> None:
    read_as(data, "application/rtf")


def read_as(data: bytes, media_type: str) -> None:
    """Read it: a text that every database takes, or a refusal."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            found = read(Path(file.name), media_type, MAX_CHARS)
        except Refusal:
            return
    assert "\0" not in found["text"]
    found["text"].encode()
    assert len(found["text"]) <= MAX_CHARS


def _parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return {name: content for name, content in parts.items() if content and not name.endswith((".png", ".jpeg"))}
