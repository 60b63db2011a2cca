"""What is given bytes that nobody chose. Each target returns where it may refuse, and raises where it is wrong."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from backend.app.domain.chat import Source
from backend.app.domain.documents import ExtractedDocument
from backend.app.services.ingestion.chunking import chunk
from backend.app.services.ingestion.reading.dispatch import read
from backend.app.services.ingestion.reading.draft import Refusal
from backend.app.services.llm.sse import EventDecoder, LineTooLong
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.citations import CitationVerifier
from tests.fuzz.containers import RTF, Packages, archives, rtf
from tests.fuzz.requests import ADDRESSES, FORMS, QUERIES, addresses, forms, queries

_MAX_CHARS = 1_000_000
# In Python; PDF and Office formats are other people's parsers, and run in a child process with bounds.
_READ = (
    *("text/plain", "text/markdown", "text/x-rst", "text/csv", "text/html", "application/json", "message/rfc822"),
    *("application/epub+zip", "application/hwp+zip", "application/x-hwp", "text/x-python"),
    "application/x-ipynb+json",
)
_ANALYZER = Analyzer()
_VERIFIER = CitationVerifier(_ANALYZER)


def readers(data: bytes) -> None:
    """The first byte chooses the reader of the others."""
    if not data:
        return
    media_type = _READ[data[0] % len(_READ)]
    with tempfile.NamedTemporaryFile() as file:
        file.write(data[1:])
        file.flush()
        try:
            found = read(Path(file.name), media_type, _MAX_CHARS)
        except Refusal:
            return
    text = found["text"]
    assert "\0" not in text
    text.encode()  # no half of a surrogate pair, which no database takes


def analyser(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    terms = _ANALYZER.terms(text)
    assert all(term and not term.isspace() for term in terms)
    located = list(_ANALYZER.located(text))
    assert all(0 <= start < end <= len(text) for _, start, end in located)
    assert terms == _ANALYZER.terms(text)


def citations(data: bytes) -> None:
    """The first half is the source, the second the answer."""
    text = data.decode("utf-8", "replace")
    half = len(text) // 2
    source = Source(1, "d", "t", None, None, 1, text[:half], 0, half, 1.0)
    found = _VERIFIER.verify(f"{text[half:]} [1]", [source])
    for citation in found.citations:
        assert source.text[citation.start : citation.end] == citation.quote


def events(data: bytes) -> None:
    """However a stream is split, it says the same."""
    try:
        whole = EventDecoder()
        said = [*whole.feed(data), *whole.close()]
        split, cut = EventDecoder(), (data[0] if data else 0) + 1
        parts = [payload for at in range(0, len(data), cut) for payload in split.feed(data[at : at + cut])]
        assert [*parts, *split.close()] == said
    except LineTooLong:
        return


def chunking(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    document = ExtractedDocument(unicodedata.normalize("NFC", text), None, "text/plain", (), ())
    for made in chunk(document, target=200):
        assert document.text[made.start : made.end] == made.text


_PACKAGES = Packages()

TARGETS: dict[str, Callable[[bytes], None]] = {
    "readers": readers,
    "analyser": analyser,
    "citations": citations,
    "events": events,
    "chunking": chunking,
    "archives": archives,
    "packages": _PACKAGES,
    "rtf": rtf,
    "addresses": addresses,
    "queries": queries,
    "forms": forms,
}
# To begin with, beside the documents of the tests.
SEEDS: dict[str, Sequence[bytes]] = {
    "archives": [b"\1a.txt\0text\n../b.md\0more\n/c.csv\0l\nd.zip\0x\0\0\0\0"],
    "packages": _PACKAGES.seeds(),
    "rtf": [RTF],
    "addresses": ADDRESSES,
    "queries": QUERIES,
    "forms": FORMS,
}
