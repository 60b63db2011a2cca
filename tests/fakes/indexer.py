"""The indexing service with everything around it in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend.app.domain.documents import DocumentStatus, ExtractedDocument, Problem
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.indexing.service import IndexingService
from backend.app.services.ingestion.extract import ExtractionCancelled
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.interfaces import IndexingTask
from tests.fakes.documents import FolderFiles
from tests.fakes.indexes import FakeEmbedder, FakeLexical, FakeMoves, FakeVectors, one_space
from tests.fakes.indexing import MemoryIndexing
from tests.fakes.metrics import CountingMetrics
from tests.fakes.things import chunks, extracted


class Extractor:
    """Reads nothing: gives out ``answer``, or raises it; asks ``cancelled`` ``looks`` times before."""

    def __init__(self) -> None:
        self.answer: ExtractedDocument | BaseException = extracted("the whole text", title="The title")
        self.looks = 0
        self.before: Callable[[], object] = lambda: None
        self.asked: list[tuple[str, str]] = []

    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument:
        self.asked.append((path.name, filename))
        self.before()
        for _ in range(self.looks):
            if cancelled():
                raise ExtractionCancelled
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Indexer:
    """The service with everything around it; a document is cut into ``passages`` pieces."""

    def __init__(self, folder: Path, passages: int = 3) -> None:
        self.rows, self.files, self.extractor = MemoryIndexing(), FolderFiles(folder / "files"), Extractor()
        self.lexical, self.vectors, self.embedder = FakeLexical(), FakeVectors(), FakeEmbedder()
        self.metrics = CountingMetrics()
        self.pieces = [f"piece {n}" for n in range(passages)]
        self.seconds, self.clock_stands = 0.0, False
        self.service = self.another_process()

    def another_process(self) -> IndexingService:
        return IndexingService(
            indexing=self.rows,
            files=self.files,
            lexical=self.lexical,
            searched=SearchedSpaces(one_space(self.embedder, self.vectors), FakeMoves()),
            store=self.vectors,
            extractor=self.extractor,
            unfold=self.unfold,
            chunk=lambda text: chunks(*self.pieces),
            analyzer=Analyzer(),
            metrics=self.metrics,
            owner="this process",
            clock=self.clock,
        )

    def unfold(self, task: IndexingTask, cancelled: Callable[[], bool]) -> ExtractedDocument:
        return self.extractor.extract(Path(task.document.id), "unfolded", cancelled=cancelled)

    def clock(self) -> float:
        self.seconds += 0.0 if self.clock_stands else 1.0  # each look is a second later
        return self.seconds

    def status(self, document_id: str = "d1") -> DocumentStatus:
        return self.rows.documents[document_id].status

    def problem(self, document_id: str = "d1") -> Problem | None:
        return self.rows.documents[document_id].error

    def nothing_is_left(self, document_id: str = "d1") -> bool:
        return (
            document_id not in self.rows.passages
            and document_id not in self.lexical.documents("c1") | self.vectors.documents("c1")
            and not self.files.text_path(document_id).exists()
            and self.rows.leftovers == []
        )
