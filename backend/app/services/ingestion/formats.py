"""Which files can become passages, told by their name and their first bytes together."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path, PurePath

from backend.app.errors import BrokenDocument, EmptyDocument, UnsupportedDocument

_OOXML = "application/vnd.openxmlformats-officedocument."
ARCHIVE = "application/zip"
_ODF = "application/vnd.oasis.opendocument."
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its media type, the names it goes by, and the kinds of bytes it may begin with."""

    media_type: str
    extensions: tuple[str, ...]
    begins: frozenset[str]


def _format(media_type: str, extensions: str, *begins: str) -> Format:
    return Format(media_type, tuple(extensions.split()), frozenset(begins))


# Languages by the name that their media type ends with. What matters of each is in reading/source_code.py.
SOURCE_CODE: tuple[tuple[str, str], ...] = (
    ("python", ".py .pyi"),
    ("javascript", ".js .mjs .cjs .jsx"),
    ("typescript", ".ts .mts .cts .tsx"),
    ("java", ".java"),
    ("kotlin", ".kt .kts"),
    ("scala", ".scala"),
    ("groovy", ".groovy .gradle"),
    ("c", ".c .h"),
    ("c++", ".cpp .cc .cxx .hpp .hh .hxx"),
    ("csharp", ".cs"),
    ("swift", ".swift"),
    ("dart", ".dart"),
    ("go", ".go"),
    ("rust", ".rs"),
    ("zig", ".zig"),
    ("php", ".php"),
    ("ruby", ".rb"),
    ("perl", ".pl .pm"),
    ("lua", ".lua"),
    ("r", ".r"),
    ("julia", ".jl"),
    ("haskell", ".hs"),
    ("elixir", ".ex .exs"),
    ("shellscript", ".sh .bash .zsh"),
    ("powershell", ".ps1 .psm1"),
    ("batch", ".bat .cmd"),
    ("sql", ".sql"),
    ("css", ".css .scss .less"),
    ("component", ".vue .svelte"),
    ("xml", ".xml .xsd .xsl"),
    ("yaml", ".yaml .yml"),
    ("ini", ".toml .ini .cfg .conf .properties"),
    ("protobuf", ".proto"),
    ("graphql", ".graphql .gql"),
    ("hcl", ".tf .hcl"),
    ("makefile", ".mk .cmake"),
    ("tex", ".tex"),
    ("asciidoc", ".adoc .asciidoc"),
    ("org", ".org"),
)

FORMATS: tuple[Format, ...] = (
    _format("application/pdf", ".pdf", "pdf"),
    # An encrypted OOXML file is an OLE container; the reader tells which it is.
    _format(_OOXML + "wordprocessingml.document", ".docx .docm", "zip", "ole"),
    _format(_OOXML + "presentationml.presentation", ".pptx .pptm", "zip", "ole"),
    _format(_OOXML + "spreadsheetml.sheet", ".xlsx .xlsm", "zip", "ole"),
    _format("application/vnd.ms-excel", ".xls", "ole", "zip"),
    _format("text/html", ".html .htm .xhtml", "text", "html"),
    _format("text/markdown", ".md .markdown", "text", "html"),
    _format("text/x-rst", ".rst", "text", "html"),
    _format("text/plain", ".txt .text .log .srt .vtt .diff .patch", "text", "html", "rtf"),
    _format("text/csv", ".csv .tsv", "text", "html"),
    _format("application/json", ".json .jsonl .ndjson", "text"),
    _format("application/epub+zip", ".epub", "zip"),
    _format("application/hwp+zip", ".hwpx", "zip"),
    _format("application/x-hwp", ".hwp", "ole"),
    _format(_ODF + "text", ".odt", "zip"),
    _format(_ODF + "spreadsheet", ".ods", "zip"),
    _format(_ODF + "presentation", ".odp", "zip"),
    _format(ARCHIVE, ".zip", "zip"),
    _format("application/rtf", ".rtf", "rtf"),
    _format("message/rfc822", ".eml", "text", "html"),
    _format("application/vnd.ms-outlook", ".msg", "ole"),
    _format("application/x-ipynb+json", ".ipynb", "text"),
    *(_format(f"text/x-{name}", extensions, "text", "html") for name, extensions in SOURCE_CODE),
)

SUPPORTED_EXTENSIONS: tuple[str, ...] = tuple(extension for entry in FORMATS for extension in entry.extensions)

_BY_TYPE = {entry.media_type: entry.extensions[0] for entry in reversed(FORMATS)}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"MZ\x90", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
)
_UNICODE_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAMES = {"pdf": "a PDF", "zip": "a zip package", "ole": "an old Office file", "rtf": "RTF", "html": "a web page"}


def sniff(path: Path, filename: str) -> str:
    """Return the media type of an upload from its name and first bytes; a few reads, no parsing.

    A web page under a spreadsheet's name, as many offices export them, is a web page.

    Raises:
        UnsupportedDocument: for a kind of file that no reader knows.
        EmptyDocument: for a file of no bytes.
        BrokenDocument: for a file that is not what its name says.
    """
    extension = PurePath(filename).suffix.lower()
    entry = next((entry for entry in FORMATS if extension in entry.extensions), None)
    if entry is None:
        raise UnsupportedDocument(_unsupported(extension))
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise EmptyDocument
    kind = _kind(head)
    if kind in entry.begins:
        return "application/rtf" if kind == "rtf" else entry.media_type
    if kind == "html" and extension in (".xls", ".xlsx"):
        return "text/html"
    if kind == "rtf" and extension in (".docx",):
        return "application/rtf"
    raise BrokenDocument(
        f"The file is called {extension} but is {_NAMES.get(kind, kind)}. "
        "Open it in the program that made it, save it again and upload the new copy.",
        details={"found": kind},
    )


def extension_of(media_type: str) -> str | None:
    """Return the ending by which files of a media type are known; None for a type that no reader knows."""
    return _BY_TYPE.get(media_type)


def _kind(head: bytes) -> str:
    """Name what the first bytes of a file say that it is."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if b"%PDF-" in head[:1024]:  # readers allow a little before it, and so do real files
        return "pdf"
    if head.startswith(_UNICODE_MARKS):
        return "text"
    if b"\0" in head:
        return "text" if _looks_utf16(head) else "something that cannot be read as text"
    start = head.lstrip()[:1000].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<table", b"<meta")) or b"<html" in start:
        return "html"
    return "text"


def _looks_utf16(head: bytes) -> bool:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) > len(head) // 50 and min(even, odd) <= max(even, odd) // 4


def _unsupported(extension: str) -> str:
    called = f"{extension[:20]} files are" if extension else "Files without an extension are"
    return f"{called} not supported. Convert it to PDF, DOCX or text and try again."
