"""How fast documents are found by their words and by their meaning, beside the embedder's own pace; and how soon a
single document is found that joins many.

The embedder alone learns the same texts cut into the same passages, in turn with the product, while the server idles.
``--full`` indexes more, and joins documents to 100,000 passages (support/documentation.py).

    python benchmarks/indexing.py [--passages 1500] [--full]
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from backend.app.config import Settings
from backend.app.domain.documents import ExtractedDocument
from backend.app.services.embedding.use import UseEmbedder
from backend.app.services.ingestion.chunking import chunk
from benchmarks.support import corpus, documentation
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result
from benchmarks.support.servers import measured_server, prepared_folder, signed_in
from tests.services.client import Client

ROUNDS = 3
FULL_PASSAGES = 9_000
DOCUMENT_CHARS = 50_000
JOINED, FULL_JOINED = 10_000, 100_000  # passages
JOINING = 7  # documents, one after the other
MANY = 20  # texts' worth of passages, to be found by their words
WAIT_SECONDS = 2_000.0
POLL_SECONDS = 0.2  # each look costs the server what it could index with
JOIN_POLL_SECONDS = 0.05
_WORD = "quokkafolium"  # stands in no text


class Paces(NamedTuple):
    """Passages a second."""

    alone: float
    searchable: float
    ready: float


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--passages", type=int, default=1_500)
    options = begin(parser)
    texts = documentation.texts() if options.full else corpus.load()
    result = Result("indexing", notes=[f"Texts: {texts.source}. Medians of {ROUNDS} rounds."])
    paces = rounds(texts, FULL_PASSAGES if options.full else options.passages)
    alone, searchable, ready = (statistics.median(values) for values in zip(*paces, strict=True))
    result.add("alone", "the embedder alone, passages a second", alone, "/s", better="higher")
    result.add("ready", "documents made ready, passages a second", ready, "/s", better="higher")
    share = statistics.median(pace.ready / pace.alone for pace in paces)
    result.add("ready_to_alone", "made ready, to the embedder alone", share, "x", "at least 0.9")
    result.add("searchable", "found by their words, passages a second", searchable, "/s", "at least 2,000")
    join(result, texts, FULL_JOINED if options.full else JOINED)
    finish(result, options)


def rounds(texts: corpus.Texts, passages: int) -> list[Paces]:
    documents = iter(corpus.documents(texts, DOCUMENT_CHARS))
    embedder = UseEmbedder(os.cpu_count() or 1)
    embedder.warm()
    with tempfile.TemporaryDirectory() as folder, measured_server(Path(folder) / "data") as server:
        client = Client(server.url)
        client.register()
        client.upload(_written(folder, "warm", "A first text, so that all that is loaded once is loaded."))
        client.indexed()
        found = []
        for number in range(ROUNDS):
            batch, cut = _enough(documents, passages // ROUNDS)
            begun = time.perf_counter()
            for first in range(0, len(cut), embedder.batch):
                embedder.embed_passages(cut[first : first + embedder.batch])
            alone = len(cut) / (time.perf_counter() - begun)
            paths = [_written(folder, f"{number}-{n}", text) for n, text in enumerate(batch)]
            found.append(Paces(alone, *_indexed(client, paths, len(cut))))
        client.close()
    return found


def _enough(documents: Iterator[str], passages: int) -> tuple[list[str], list[str]]:
    """Return documents, and the texts of the passages that they are cut into."""
    settings = Settings()
    batch: list[str] = []
    cut: list[str] = []
    for text in documents:
        batch.append(text)
        extracted = ExtractedDocument(text, None, "text/plain", pages=(), headings=())
        cut += [
            passage.text
            for passage in chunk(extracted, target=settings.passage_chars, overlap=settings.passage_overlap_chars)
        ]
        if len(cut) >= passages:
            break
    return batch, cut


def _indexed(client: Client, paths: Sequence[Path], passages: int) -> tuple[float, float]:
    """Upload; return the passages a second until all were found by their words, and until all were ready."""
    begun = time.perf_counter()
    for first in range(0, len(paths), MANY):
        client.upload(*paths[first : first + MANY])
    waiting = ("queued", "extracting")
    searchable = passages / (_until_none(client, waiting) - begun)
    return searchable, passages / (_until_none(client, (*waiting, "searchable")) - begun)


def _until_none(client: Client, states: Sequence[str]) -> float:
    """Return when no document was in these states any more."""
    ended = time.perf_counter() + WAIT_SECONDS
    while True:
        counts = client.data("GET", "/indexing/status")
        if not sum(counts[state] for state in states):
            return time.perf_counter()
        if time.perf_counter() > ended:
            raise SystemExit("the documents did not become ready")
        time.sleep(POLL_SECONDS)


def join(result: Result, texts: corpus.Texts, size: int) -> None:
    """Tell how long after it is sent a document is found among many, and ready."""
    found: list[float] = []
    with prepared_folder(size, texts) as data, measured_server(data) as server, signed_in(server) as client:
        client.search("warm")
        for number, text in enumerate(islice(texts.paragraphs, JOINING)):
            word = f"{_WORD}{number}"
            path = _written(str(data), f"joining-{number}", f"The {word} is described here.\n\n{text}")
            begun = time.perf_counter()
            client.upload(path)
            while not any(word in hit["text"] for hit in client.search(word, mode="bm25", k="1")):
                if time.perf_counter() - begun > WAIT_SECONDS:
                    raise SystemExit("the document was not found")
                time.sleep(JOIN_POLL_SECONDS)
            found.append(time.perf_counter() - begun)
            _until_none(client, ("queued", "extracting", "searchable"))
    at = f"one document joins {size:,} passages"
    result.add("join_p50", f"{at}: found after, median of {JOINING}", statistics.median(found), "s", "under 2")
    result.add("join_worst", f"{at}: found after, the slowest", max(found), "s", "under 2")


def _written(folder: str, name: str, text: str) -> Path:
    path = Path(folder) / f"{name}.txt"
    path.write_text(text, "utf-8")
    return path


if __name__ == "__main__":
    main()
