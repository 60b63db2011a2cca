"""From a media type to its reader, and what is the same for every format."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .comments import add_comments
from .docx_spaces import with_spaces
from .draft import Draft, Refusal
from .epub import read_epub
from .html import read_html
from .hwp import read_hwp
from .hwpx import read_hwpx
from .mail import read_mail
from .notebook import read_notebook
from .odp import read_odp
from .package import Package
from .patience import Progress
from .plaintext import read_csv, read_json, read_markdown, read_rst, read_text
from .pptx import read_pptx
from .source_code import read_source_code

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = OOXML + "wordprocessingml.document"
XLSX = OOXML + "spreadsheetml.sheet"
PPTX = OOXML + "presentationml.presentation"
ODP = "application/vnd.oasis.opendocument.presentation"
_ENCRYPTED_OOXML = "EncryptedPackage".encode("utf-16-le")

_READERS: dict[str, Callable[[Path, Draft], None]] = {
    "text/plain": read_text,
    "text/markdown": read_markdown,
    "text/x-rst": read_rst,
    "text/csv": read_csv,
    "text/html": read_html,
    "application/json": read_json,
    "message/rfc822": read_mail,
    "application/x-ipynb+json": read_notebook,
    "application/epub+zip": read_epub,
    "application/hwp+zip": read_hwpx,
    "application/x-hwp": read_hwp,
    PPTX: read_pptx,
    ODP: read_odp,
}
# The part that a package cannot do without.
_MAIN_PARTS = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml", PPTX: "ppt/presentation.xml"}


def read(
    path: Path,
    media_type: str,
    max_chars: int,
    ocr: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read ``path`` and return its text and structure as plain data.

    Raises:
        Refusal: when it cannot be read, or holds no text.
    """
    progress = progress or Progress()
    draft = Draft(max_chars, progress)
    media_type = _checked(path, media_type)
    reader = _READERS.get(media_type)
    if reader:
        reader(path, draft)
    elif media_type == "application/pdf":
        from .pdf import read_pdf

        read_pdf(path, draft, media_type, ocr, progress)
    elif media_type.startswith("text/x-"):
        read_source_code(path, draft, media_type)
    else:
        from .kreuzberg_reader import read_office

        with tempfile.TemporaryDirectory() as folder:
            read_office(with_spaces(path, Path(folder)) if media_type == DOCX else path, draft, media_type)
        if media_type in (DOCX, XLSX):
            add_comments(path, draft)
    document = draft.finish()
    if not any(character.isalnum() for character in document["text"]):
        raise Refusal("empty", "no letter or digit in it")
    return {**document, "media_type": media_type}


def _checked(path: Path, media_type: str) -> str:
    """Look into containers: encrypted ones are told apart, and bombs never reach a parser."""
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"\xd0\xcf\x11\xe0") and media_type in _MAIN_PARTS:
        if _ENCRYPTED_OOXML in path.read_bytes():
            raise Refusal("password", "encrypted OOXML")
        if media_type == XLSX:
            return "application/vnd.ms-excel"
        raise Refusal("broken", "an old binary Office file under a new name")
    if not magic.startswith(b"PK\x03\x04") or media_type in ("application/epub+zip", "application/hwp+zip"):
        return media_type
    package = Package(path)
    if media_type.startswith("application/vnd.oasis.opendocument."):
        if package.has("META-INF/manifest.xml") and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise Refusal("password", "encrypted OpenDocument")
        if not package.has("content.xml"):
            raise Refusal("broken", "no content.xml")
        return media_type
    for kind, part in _MAIN_PARTS.items():
        if package.has(part):
            package.refuse_document_type(part)
            return kind
    raise Refusal("broken", "a zip file, but no Office document")
