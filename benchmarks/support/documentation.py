"""A hundred thousand real passages: the pages of Debian's documentation packages, in English, Korean and more.

They are downloaded by apt, unpacked without being installed, and kept in build/. Their licences differ; nothing
of them is copied into the project.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.support import corpus

PACKAGES = (
    "apache2-doc",
    "debian-handbook",
    "gimp-help-ko",
    "git-doc",
    "libreoffice-help-ko",
    "linux-doc-6.1",
    "postgresql-doc-15",
    "python-django-doc",
    "python3.11-doc",
)
_KEPT = corpus.ROOT / "build" / "documentation"
_MOST_FILE_BYTES = 2_000_000  # larger pages are indexes of names
_PARAGRAPH_CHARS = 500
_LEAST_CHARS = 80
_SILENT = frozenset({"script", "style", "nav", "head", "footer", "form"})
_BLOCKS = frozenset(
    {"p", "li", "dd", "dt", "pre", "td", "th", "tr", "div", "h1", "h2", "h3", "h4", "h5", "br", "table", "section"}
)


def texts() -> corpus.Texts:
    """Return the shared sets' texts and questions, and the packages' pages as more texts.

    Raises:
        RuntimeError: a package cannot be had here.
    """
    known = corpus.load()
    pages = _read()
    random.Random(corpus.SEED).shuffle(pages)  # so that the first thousand passages are of all packages too
    found = dict.fromkeys(known.paragraphs)
    found.update(dict.fromkeys(paragraph for page in pages for paragraph in page))
    source = f"{known.source}, and {len(pages):,} pages of Debian's packages {', '.join(PACKAGES)}"
    return corpus.Texts(tuple(found), known.questions, source)


def _read() -> list[list[str]]:
    """Return the paragraphs of each page; read once, for it takes a minute."""
    kept = _KEPT / f"pages-{blake2b(repr(PACKAGES).encode(), digest_size=4).hexdigest()}.json"
    if not kept.exists():
        pages = [paragraphs for path in sorted(_all_pages()) if (paragraphs := list(paragraphs_of(path)))]
        kept.with_suffix(".new").write_text(json.dumps(pages), "utf-8")
        kept.with_suffix(".new").replace(kept)
    found: list[list[str]] = json.loads(kept.read_text("utf-8"))
    return found


def _all_pages() -> Iterator[Path]:
    for package in PACKAGES:
        yield from pages_of(package)


def pages_of(package: str) -> Iterator[Path]:
    """Yield the pages of a package, in no order.

    Raises:
        RuntimeError: it cannot be had here.
    """
    folder = _KEPT / package
    if not folder.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        _unpack(package, folder)
    pages = (path for path in folder.rglob("*.html") if path.is_file() and not path.is_symlink())
    yield from (path for path in pages if path.stat().st_size <= _MOST_FILE_BYTES)


def _unpack(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_KEPT) as making:
        got = subprocess.run(["apt-get", "download", "-q", package], cwd=making, capture_output=True, text=True)
        archives = list(Path(making).glob("*.deb"))
        if got.returncode or not archives:
            raise RuntimeError(f"apt-get download {package} failed: {got.stderr.strip()}")
        unpacked = Path(making) / "unpacked"
        subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(unpacked)], check=True)
        unpacked.rename(folder)


class _Blocks(HTMLParser):
    """Collects the text of a page, a block a piece."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.end_block()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words += data.split()

    def end_block(self) -> None:
        if self._words:
            self.blocks.append(" ".join(self._words))
            self._words = []


def paragraphs_of(path: Path) -> Iterator[str]:
    """Yield what a page says, short blocks joined."""
    page = _Blocks()
    page.feed(path.read_text("utf-8", errors="replace"))
    page.end_block()
    waiting: list[str] = []
    for block in page.blocks:
        waiting.append(block)
        if sum(map(len, waiting)) >= _PARAGRAPH_CHARS:
            yield " ".join(waiting)
            waiting = []
    if sum(map(len, waiting)) >= _LEAST_CHARS:
        yield " ".join(waiting)
