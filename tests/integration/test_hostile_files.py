"""Files made to reach out, to exhaust or to mislead: each ends in text or a reason, and touches nothing else."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.app.domain.documents import DocumentStatus
from backend.app.errors import AppError, BrokenDocument, DocumentTooComplex
from backend.app.services.ingestion.extract import Extractor
from backend.app.services.ingestion.ready_children import ReadyChildren
from tests.fakes.archives import packed
from tests.integration.library import library

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture(scope="module")
def reader() -> Iterator[Extractor]:
    """Read as the indexer does, one hostile file after the other by children of the same server."""
    with contextlib.closing(ReadyChildren()) as ready:
        yield Extractor(seconds=30, run=ready.run)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that nobody may ever ask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def docx(body: str, relations: str = "", before: str = "") -> bytes:
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        "</Types>"
    )
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return packed(
        {
            "[Content_Types].xml": kinds,
            "_rels/.rels": f'{head}<Relationship Id="r" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f"{head}{relations}</Relationships>",
            "word/document.xml": f"{before}<w:document {WORD}><w:body>{body}</w:body></w:document>",
        }
    )


TEXT = "<w:p><w:r><w:t>The ferry leaves at seven.</w:t></w:r></w:p>"
REACHING_OUT: dict[str, Callable[[str], bytes]] = {
    "template.docx": lambda url: docx(
        TEXT, f'<Relationship Id="t" Type="{RELATIONS}/attachedTemplate" Target="{url}" TargetMode="External"/>'
    ),
    "picture.docx": lambda url: docx(
        TEXT, f'<Relationship Id="p" Type="{RELATIONS}/image" Target="{url}" TargetMode="External"/>'
    ),
    "page.html": lambda url: (
        f'<link rel=stylesheet href="{url}"><script src="{url}"></script><base href="{url}"><img src="{url}">'
        f'<iframe src="{url}"></iframe><object data="{url}"></object><p>The ferry leaves at seven.'
    ).encode(),
    "picture.svg.html": lambda url: f'<svg><image href="{url}"/></svg><p>The ferry leaves at seven.'.encode(),
    "notes.md": lambda url: f"![x]({url})\n\nThe ferry leaves at seven.".encode(),
    "letter.eml": lambda url: (
        f'Subject: s\nContent-Type: text/html\n\n<img src="{url}"><p>The ferry leaves at seven.'
    ).encode(),
    "letter.rtf": lambda url: (
        rf'{{\rtf1 {{\field{{\*\fldinst INCLUDEPICTURE "{url}"}}}} The ferry leaves at seven.}}'
    ).encode(),
    "code.xml": lambda url: f'<!DOCTYPE a SYSTEM "{url}"><a>The ferry leaves at seven.</a>'.encode(),
    "slides.odp": lambda url: packed(
        {
            "content.xml": (
                '<o:d xmlns:o="o" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
                f'xmlns:xlink="http://www.w3.org/1999/xlink"><draw:page><draw:frame><draw:image xlink:href="{url}"/>'
                "<p>The ferry leaves at seven.</p></draw:frame></draw:page></o:d>"
            )
        }
    ),
}


@pytest.mark.parametrize("name", REACHING_OUT)
def test_what_a_file_refers_to_is_never_fetched(
    reader: Extractor, tmp_path: Path, listener: socket.socket, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(REACHING_OUT[name](f"http://127.0.0.1:{listener.getsockname()[1]}/outside"))
    assert "The ferry leaves at seven." in reader.extract(path, name).text
    with pytest.raises(BlockingIOError):
        listener.accept()


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
DEEP = 20_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("laughs.docx", docx(TEXT, before=f'<!DOCTYPE d [<!ENTITY a0 "ha">{ENTITIES}]>')),
        ("file.docx", docx(TEXT, before='<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>')),
        ("laughs.hwpx", packed({"Contents/section0.xml": f'<!DOCTYPE d [<!ENTITY a0 "ha">{ENTITIES}]><s><p>&a9;</p></s>'})),
        ("laughs.odp", packed({"content.xml": f'<!DOCTYPE d [<!ENTITY a0 "ha">{ENTITIES}]><s>&a9;</s>'})),
        ("laughs.epub", packed({"META-INF/container.xml": '<!DOCTYPE d [<!ENTITY a "ha">]><container/>'})),
        ("outside.epub", packed({"META-INF/container.xml": '<c><rootfile full-path="../../etc/passwd"/></c>'})),
    ],
)  # fmt: skip
def test_entities_and_parts_outside_are_refused(reader: Extractor, tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BrokenDocument):
        reader.extract(path, name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.html", b"<div>" * DEEP + b"bottom"),
        ("deep.json", b"[" * DEEP + b"1" + b"]" * DEEP),
        ("deep.md", b"> " * DEEP + b"bottom"),
        ("deep.docx", docx("<w:tbl><w:tr><w:tc>" * 3000 + TEXT + "</w:tc></w:tr></w:tbl>" * 3000)),
        ("deep.odp", packed({"content.xml": "<g>" * DEEP + "</g>" * DEEP})),
        ("deep.hwpx", packed({"Contents/section0.xml": "<s>" + "<p>" * DEEP + "</p>" * DEEP + "</s>"})),
        ("deep.ipynb", b'{"cells": ' + b"[" * DEEP),
        ("deep.eml", b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 2000),
    ],
)  # fmt: skip
def test_deep_nesting_ends_in_text_or_a_reason_within_its_bounds(
    reader: Extractor, tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    try:
        assert reader.extract(path, name).text
    except DocumentTooComplex as refusal:
        assert not refusal.details.get("timed_out"), "refused for its depth, not given up"  # noqa: PT017
    except AppError as refusal:
        assert refusal.message.endswith(".")  # noqa: PT017


def test_in_the_queue_each_ends_with_a_reason_or_ready_and_the_others_go_on(tmp_path: Path, chroma_url: str) -> None:
    hostile = {
        "laughs.docx": docx(TEXT, before=f'<!DOCTYPE d [<!ENTITY a0 "ha">{ENTITIES}]>'),
        "bomb.docx": docx(f"<w:p><w:r><w:t>{' a' * 50_000_000}</w:t></w:r></w:p>"),
        "bomb.zip": packed({"zeros.txt": "0" * 300_000_000}),
        "slip.zip": packed({"../../outside.txt": "The ferry sinks."}),
        "deep.html": b"<div>" * DEEP + b"bottom",
        "half.pdf": b"%PDF-1.7\n1 0 obj\n<< /Length 999999999 >>\nstream\n" + b"\xff" * 1000,
        "named.xlsx": b"PK\x03\x04" + b"\x00" * 1000,
    }
    with library(tmp_path / "data", chroma_url) as of:
        good = [of.put("first.txt", "The first gull is grey.")]
        sent = [of.put(name, data) for name, data in hostile.items()]
        good.append(of.put("last.txt", "The last gull is white."))
        of.work()
        ended = {
            found.filename: (found.status, found.error.error_code if found.error else "") for found in map(of.get, sent)
        }
        assert ended == {
            "laughs.docx": (DocumentStatus.FAILED, "BROKEN_FILE"),
            "bomb.docx": (DocumentStatus.FAILED, "DOCUMENT_TOO_COMPLEX"),
            "bomb.zip": (DocumentStatus.FAILED, "NOTHING_IN_ARCHIVE"),
            "slip.zip": (DocumentStatus.FAILED, "NOTHING_IN_ARCHIVE"),
            "deep.html": (DocumentStatus.READY, ""),
            "half.pdf": (DocumentStatus.FAILED, "BROKEN_FILE"),
            "named.xlsx": (DocumentStatus.FAILED, "BROKEN_FILE"),
        }
        assert [of.get(document).status for document in good] == [DocumentStatus.READY] * 2
        assert of.found("gull") == {document.id for document in good}
        assert not of.found("sinks")
        assert of.faults() == []
    assert not list(tmp_path.rglob("outside.txt"))
