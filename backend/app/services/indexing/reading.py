"""A file to passages in SQL: read in a child process, cut, stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.app.domain.documents import Chunk, ExtractedDocument, Passage
from backend.app.errors import DocumentRefused, NoTextLayer, Unavailable
from backend.app.services.indexing.work import Cancelled, Work
from backend.app.services.ingestion.extract import ExtractionCancelled
from backend.app.services.ingestion.formats import ARCHIVE
from backend.app.storage.indexing_interfaces import TaskLost
from backend.app.storage.interfaces import Files, Indexing, IndexingTask


class Extractor(Protocol):
    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument: ...


Unfold = Callable[[IndexingTask, Callable[[], bool]], ExtractedDocument]


@dataclass(frozen=True, slots=True)
class Cut:
    """What was read of a file, cut into passages-to-be; its text is kept."""

    title: str | None
    pages: int | None
    chunks: list[Chunk]


@dataclass(frozen=True, slots=True)
class Read:
    """A document whose passages are in SQL, and in no index yet."""

    work: Work
    title: str
    passages: list[Passage]


class Reading:
    def __init__(
        self,
        *,
        indexing: Indexing,
        files: Files,
        extractor: Extractor,
        unfold: Unfold,
        chunk: Callable[[ExtractedDocument], list[Chunk]],
    ) -> None:
        self._indexing = indexing
        self._files = files
        self._extractor = extractor
        self._unfold = unfold
        self._chunk = chunk

    def cut(self, work: Work) -> Cut:
        """Have a child process read the file, keep its text and cut it; whatever an earlier attempt kept is replaced.

        Other threads may have other files read meanwhile, and wait for the disk.

        Raises:
            DocumentRefused, Cancelled, Interrupted, StorageFull
        """
        extracted = self._extracted(work)
        chunks = self._chunk(extracted)
        if not chunks:
            raise NoTextLayer
        self._files.write_text(work.task.document.id, extracted.text)
        return Cut(extracted.title, len(extracted.pages) or None, chunks)

    def store(self, work: Work, cut: Cut) -> Read:
        """Store the passages; whatever an earlier attempt stored is replaced.

        Raises:
            Cancelled: the work is to stop.
        """
        title = cut.title or work.task.document.title
        passages = self._indexing.extracted(work.task, title, cut.pages, cut.chunks)
        if not passages:
            raise Cancelled
        return Read(work, title, passages)

    def _extracted(self, work: Work) -> ExtractedDocument:
        document = work.task.document
        self._indexing.extracting(work.task)
        try:
            if document.media_type == ARCHIVE:
                return self._unfold(work.task, work.is_to_end_soon)
            return self._extractor.extract(
                self._files.path(document.id), document.filename, cancelled=work.is_to_end_soon
            )
        except (ExtractionCancelled, TaskLost):
            work.stop_if_asked()
            raise Cancelled from None
        except Unavailable as error:
            if type(error) is not Unavailable:
                raise
            # Not a part that is away for a while: this machine cannot keep the reading confined.
            raise DocumentRefused(error.message) from error
