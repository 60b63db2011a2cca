"""From an uploaded file to a document that is found: the indexer's work on one job."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from backend.app.domain.documents import Chunk, DocumentStatus, ExtractedDocument, Passage, Problem
from backend.app.errors import AppError, DocumentRefused, NoTextLayer, Unavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.processes.owners import has_ended
from backend.app.services.embedding.base import Embedder
from backend.app.services.ingestion.extract import ExtractionCancelled
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.interfaces import Files, Indexing, IndexingTask, LexicalIndexes, VectorIndexes

log = structlog.get_logger(__name__)

EMBED_BATCH = 32  # a third of a second of work: how soon a cancellation is noticed
MAX_ATTEMPTS = 3  # a file that killed the indexer so often is the cause
_EXTRACTED, _SEARCHABLE = 0.2, 0.3  # shares of a document's progress


class Extractor(Protocol):
    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument: ...


class Cancelled(Exception):
    """The person, or a deletion, called the work off."""


class IndexingService:
    """Works jobs off, one at a time.

    Each step may be repeated: whatever a killed attempt left behind is overwritten or removed.
    """

    def __init__(
        self,
        *,
        indexing: Indexing,
        files: Files,
        lexical: LexicalIndexes,
        vectors: VectorIndexes,
        extractor: Extractor,
        chunk: Callable[[ExtractedDocument], list[Chunk]],
        embedder: Embedder,
        analyzer: Analyzer,
        metrics: Metrics,
        owner: str,
    ) -> None:
        self._indexing = indexing
        self._files = files
        self._lexical = lexical
        self._vectors = vectors
        self._extractor = extractor
        self._chunk = chunk
        self._embedder = embedder
        self._analyzer = analyzer
        self._metrics = metrics
        self._owner = owner

    def free_abandoned(self) -> None:
        """Give back the jobs that killed processes of this machine had taken."""
        for owner in self._indexing.leases():
            if has_ended(owner):
                self._indexing.free_leases(owner)

    def pending(self) -> list[str]:
        """Return the ids of jobs that wait for an indexer, oldest first."""
        return self._indexing.pending()

    def process(self, job_id: str, stopping: Callable[[], bool] = lambda: False) -> None:
        """Work one job off, whatever comes of it.

        ``stopping`` tells that this process is to end: the job is given back, to go on from
        where it stands.
        """
        task = self._indexing.claim(job_id, self._owner)
        if task is None:
            return
        started = time.perf_counter()
        bound = log.bind(job=job_id, document=task.document.id)
        try:
            outcome = self._attempt(task, stopping)
        except Unavailable as error:  # an index or the disk is away: later, from here
            self._indexing.release(task)
            outcome = "postponed"
            bound.warning("job_postponed", error_code=error.error_code)
        except Exception as error:
            # The edge of a job: one bad document must not end the indexer.
            bound.exception("job_crashed")
            self._metrics.count_error("indexer")
            self._fail(task, DocumentStatus.FAILED, Problem("INDEXING_FAILED", _unexpected(error)))
            outcome = "failed"
        except BaseException:  # this process is to end at once
            self._indexing.release(task)
            raise
        self._metrics.observe_job(outcome, time.perf_counter() - started)
        bound.info("job_ended", outcome=outcome, seconds=round(time.perf_counter() - started, 3))

    def remove_leftovers(self) -> None:
        """Take away the index entries of what was deleted, failed or cancelled."""
        for removal in self._indexing.removals():
            if removal.document_id is None:
                self._lexical.drop(removal.collection_id)
                self._vectors.drop(removal.collection_id)
            elif not self._indexing.is_being_indexed(removal.document_id):
                self._remove_entries(removal.collection_id, removal.document_id)
            self._indexing.removed(removal)

    def _attempt(self, task: IndexingTask, stopping: Callable[[], bool]) -> str:
        try:
            if task.attempts > MAX_ATTEMPTS and not task.passages_stored:
                raise DocumentRefused(
                    "Reading this file stopped the indexer several times. It was left out so that others can go on."
                )
            if task.passages_stored:  # an earlier attempt came so far
                title, passages = task.document.title, self._indexing.stored_passages(task.document.id)
            else:
                title, passages = self._read(task)
            finished = self._embed(task, title, passages, stopping)
        except (Cancelled, ExtractionCancelled):
            self._fail(task, DocumentStatus.CANCELLED, None)
            return "cancelled"
        except DocumentRefused as error:
            self._fail(task, DocumentStatus.FAILED, Problem(error.error_code, error.message))
            return "failed"
        if not finished:
            self._indexing.release(task)
            return "postponed"
        self._indexing.ready(task)
        return "ready"

    def _read(self, task: IndexingTask) -> tuple[str, list[Passage]]:
        """Extract, store the passages and make them searchable by their words; return title and passages."""
        document = task.document
        self._indexing.extracting(task)
        self._remove_entries(document.collection_id, document.id)  # of an attempt that was killed
        extracted = self._extractor.extract(
            self._files.path(document.id), document.filename, cancelled=lambda: self._is_called_off(task, 0.0)
        )
        chunks = self._chunk(extracted)
        if not chunks:
            raise NoTextLayer
        self._continue(task, _EXTRACTED)
        self._files.write_text(document.id, extracted.text)
        title = extracted.title or document.title
        passages = self._indexing.extracted(task, title, len(extracted.pages) or None, chunks)
        self._lexical.add(
            document.collection_id,
            [(passage, self._analyzer.terms(index_text(title, passage))) for passage in passages],
        )
        self._continue(task, _SEARCHABLE)
        self._indexing.searchable(task)
        return title, passages

    def _embed(self, task: IndexingTask, title: str, passages: Sequence[Passage], stopping: Callable[[], bool]) -> bool:
        """Make and store the vectors; return False when the process is to stop first."""
        document = task.document
        for first in range(0, len(passages), EMBED_BATCH):
            if stopping():
                return False
            batch = passages[first : first + EMBED_BATCH]
            vectors = self._embedder.embed_passages([index_text(title, passage) for passage in batch])
            self._vectors.add(document.collection_id, batch, vectors)
            done = (first + len(batch)) / len(passages)
            self._continue(task, _SEARCHABLE + (1 - _SEARCHABLE) * done)
        return True

    def _continue(self, task: IndexingTask, progress: float) -> None:
        if self._is_called_off(task, progress):
            raise Cancelled

    def _is_called_off(self, task: IndexingTask, progress: float) -> bool:
        return not self._indexing.progress(task, progress)

    def _fail(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        self._indexing.end(task, status, problem)
        self._files.text_path(task.document.id).unlink(missing_ok=True)
        try:
            self.remove_leftovers()
        except Unavailable:  # the list of removals stays, and is worked off later
            log.warning("removal_postponed", document=task.document.id)

    def _remove_entries(self, collection_id: str, document_id: str) -> None:
        self._lexical.remove_document(collection_id, document_id)
        self._vectors.remove_document(collection_id, document_id)


def _unexpected(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.message
    return "Something unexpected happened while this file was read. Try again, or convert it to another format."
