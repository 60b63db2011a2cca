"""What is taken for upload, and what is turned away before it is queued."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.app.errors import BrokenDocument, EmptyDocument, UnsupportedDocument
from backend.app.services.ingestion.formats import SUPPORTED_EXTENSIONS, sniff

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ZIP = b"PK\x03\x04" + b"\0" * 40
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
OOXML = "application/vnd.openxmlformats-officedocument."


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("filename", "data", "media_type"),
    [
        ("Report.PDF", PDF, "application/pdf"),
        ("old.pdf", b"\xef\xbb\xbf junk \n" + PDF, "application/pdf"),
        ("a.docx", ZIP, OOXML + "wordprocessingml.document"),
        ("encrypted.docx", OLE, OOXML + "wordprocessingml.document"),
        ("a.xls", OLE, "application/vnd.ms-excel"),
        ("export.xls", b"<html><table>", "text/html"),
        ("export.xlsx", b"\n <table border=1>", "text/html"),
        ("a.md", "# 제목".encode(), "text/markdown"),
        ("a.txt", "안녕".encode("cp949"), "text/plain"),
        ("a.txt", "안녕하세요 여러분".encode("utf-16"), "text/plain"),
        ("a.log", b"<html>", "text/plain"),
        ("a.rtf", b"{\\rtf1 x}", "application/rtf"),
        ("letter.txt", b"{\\rtf1 x}", "application/rtf"),
        ("보고서.hwpx", ZIP, "application/hwp+zip"),
    ],
)
def test_name_and_bytes_together_tell_the_type(tmp_path: Path, filename: str, data: bytes, media_type: str) -> None:
    assert sniff(written(tmp_path, data), filename) == media_type


@pytest.mark.parametrize("filename", ["setup.exe", "film.mp4", "README", ".pdf", "", "x." + "y" * 500])
def test_other_kinds_are_turned_away_with_their_name(tmp_path: Path, filename: str) -> None:
    with pytest.raises(UnsupportedDocument) as caught:
        sniff(written(tmp_path, PDF), filename)
    assert len(caught.value.message) < 200


def test_a_file_of_no_bytes_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        sniff(written(tmp_path, b""), "a.pdf")


@pytest.mark.parametrize(
    ("filename", "data", "found"),
    [
        ("a.pdf", b"MZ\x90\0\3\0\0\0", "a program"),
        ("a.pdf", ZIP, "a zip package"),
        ("a.pdf", b"just words", "text"),
        ("a.docx", PDF, "a PDF"),
        ("a.docx", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("a.txt", b"\x7fELF\2\1\1\0", "a program"),
        ("a.csv", b"a\0\0\0\xff\0\0\0b\0\0", "something that cannot be read as text"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named_for_what_it_is(
    tmp_path: Path, filename: str, data: bytes, found: str
) -> None:
    with pytest.raises(BrokenDocument, match=found):
        sniff(written(tmp_path, data), filename)


def test_every_supported_extension_is_lower_case_and_unique() -> None:
    assert len(set(SUPPORTED_EXTENSIONS)) == len(SUPPORTED_EXTENSIONS)
    assert all(extension == extension.lower() and extension.startswith(".") for extension in SUPPORTED_EXTENSIONS)
