"""What is told of the time left, beside what the indexer then takes: its real order of work, on a clock of the tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backend.app.domain.documents import Document, ExtractedDocument
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.estimates import Estimates
from backend.app.services.indexing import lanes
from backend.app.services.indexing.service import IndexingService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.work import Waiting, Worked
from tests.fakes.documents import FolderFiles
from tests.fakes.indexes import FakeEmbedder, FakeLexical, FakeMoves, FakeVectors, one_space
from tests.fakes.indexing import MemoryIndexing
from tests.fakes.metrics import CountingMetrics
from tests.fakes.things import chunks, extracted

SMALL, LARGE = 1_000, 1_000_000
PIECES = {SMALL: 1, LARGE: 1000}
SECONDS = {SMALL: 1.0, LARGE: 100.0}  # that a document takes, reading and vectors together


class Shop:
    """An indexer whose reading takes a share of each document's time, and its vectors the rest."""

    def __init__(self, folder: Path, sizes: Sequence[int], reading: float) -> None:
        self.now, self.lock = 0.0, threading.Lock()
        self.reading = reading
        self.sizes = {f"d{number}": size for number, size in enumerate(sizes)}
        self.ended: dict[str, float] = {}
        self.rows = MemoryIndexing()
        for document_id, size in self.sizes.items():
            self.rows.queue(document_id)
            self.rows.documents[document_id] = self._sized(document_id, size)
        shop = self

        class Embedder(FakeEmbedder):
            def embed_passages(self, texts: Sequence[str]) -> Vectors:
                documents = [text.split()[0].lower() for text in texts]
                for document_id in documents:
                    size = shop.sizes[document_id]
                    shop.pass_(SECONDS[size] * (1 - shop.reading) / PIECES[size])
                shop.ended |= dict.fromkeys(documents, shop.now)
                return super().embed_passages(texts)

        vectors = FakeVectors()
        self.service = IndexingService(
            indexing=self.rows,
            files=FolderFiles(folder / "files"),
            lexical=FakeLexical(),
            searched=SearchedSpaces(one_space(Embedder(), vectors), FakeMoves()),
            store=vectors,
            extractor=self,
            unfold=lambda task, cancelled: extracted("text", title=None),
            chunk=lambda read: chunks(*["a piece"] * int(read.text)),
            analyzer=Analyzer(),
            metrics=CountingMetrics(),
            owner="this process",
        )

    def _sized(self, document_id: str, size: int) -> Document:
        return replace(self.rows.documents[document_id], bytes=size)

    def pass_(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument:
        self.pass_(SECONDS[self.sizes[path.name]] * self.reading)
        return extracted(str(PIECES[self.sizes[path.name]]), title=None)

    def lately(self, limit: int) -> list[Worked]:
        return [Worked(size, seconds * (1 + n / 100)) for size, seconds in SECONDS.items() for n in range(-5, 6)]

    def waiting(self, limit: int) -> list[Waiting]:
        return [Waiting(id, size, self.rows.documents[id].progress) for id, size in self.sizes.items()][:limit]


@pytest.mark.parametrize("reading", [0.15, 0.3, 0.55])
@pytest.mark.parametrize(
    "sizes",
    [[SMALL] * 8, [LARGE, SMALL, SMALL, LARGE, SMALL], [SMALL, SMALL, LARGE, LARGE], [LARGE]],
    ids=["small ones", "mixed", "giants behind small ones", "alone"],
)
def test_each_document_is_ready_within_the_range_that_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], reading: float
) -> None:
    monkeypatch.setattr(lanes, "LANES", 1)  # threads would pass each other as this machine likes
    monkeypatch.setattr(lanes, "SMALL_LANES", 0)
    shop = Shop(tmp_path, sizes, reading)
    estimates = Estimates(shop, lambda: True)
    told = {document_id: estimates.left(document_id) for document_id in shop.sizes}
    shop.service.process_fairly("job-d0")
    for document_id, ended in shop.ended.items():
        left = told[document_id]
        assert left is not None
        assert left[0] <= ended * 1.001, (document_id, left, ended)
        assert ended <= left[1] * 1.001, (document_id, left, ended)
    assert shop.ended.keys() == shop.sizes.keys()


def test_a_document_is_told_its_time_however_many_wait_before_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path, [], 0.3)
    shop.waiting = lambda limit: [Waiting(f"d{n}", SMALL, 0.0) for n in range(10_000)][:limit]  # type: ignore[method-assign]
    left = Estimates(shop, lambda: True).left("d9999")
    assert left is not None
    assert left[0] < 10_000 < left[1]
