"""From an uploaded file to a document that is found: the indexer's work on one job."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from backend.app.domain.documents import Chunk, Document, DocumentStatus, ExtractedDocument, Passage, Problem
from backend.app.errors import AppError, DocumentRefused, NoTextLayer, Unavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.processes.owners import has_ended
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.embedding.spaces import VectorSpace
from backend.app.services.indexing_work import Cancelled, GaveWay, Interrupted, Work
from backend.app.services.ingestion.extract import ExtractionCancelled
from backend.app.services.ingestion.formats import ARCHIVE
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.indexing_interfaces import TaskLost
from backend.app.storage.interfaces import Files, Indexing, IndexingTask, LexicalIndexes, Removal
from backend.app.storage.reembedding import Spaces

log = structlog.get_logger(__name__)

WORDS_BATCH = 1000  # passages a commit; the terms of a whole book would be hundreds of megabytes
_NEWCOMERS = 200  # asked after at a time: between two batches of vectors, however many wait
MAX_ATTEMPTS = 3  # a file that killed the indexer so often is the cause
_EXTRACTED, _SEARCHABLE = 0.2, 0.3  # shares of a document's progress


class Extractor(Protocol):
    def extract(self, path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument: ...


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
        searched: SearchedSpaces,
        store: Spaces,
        extractor: Extractor,
        unfold: Callable[[IndexingTask, Callable[[], bool]], ExtractedDocument],
        chunk: Callable[[ExtractedDocument], list[Chunk]],
        analyzer: Analyzer,
        metrics: Metrics,
        owner: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexing = indexing
        self._files = files
        self._lexical = lexical
        self._searched = searched
        self._store = store
        self._extractor = extractor
        self._unfold = unfold
        self._chunk = chunk
        self._analyzer = analyzer
        self._metrics = metrics
        self._owner = owner
        self._clock = clock
        self._given_back: Counter[str] = Counter()  # attempts that ended without stopping this process
        self._left: list[IndexingTask] = []  # tasks that are still to be given back

    def free_abandoned(self) -> None:
        """Give back the jobs that killed processes of this machine had taken."""
        for owner in self._indexing.leases():
            if has_ended(owner):
                self._indexing.free_leases(owner)

    def give_back_left(self) -> None:
        """Give back the jobs that were left while the database was away, or their leases would be waited for.

        Raises:
            Unavailable: it still is.
        """
        while self._left:
            self._indexing.release(self._left[0])  # more may come meanwhile, at the end
            self._left.pop(0)

    def pending(self) -> list[str]:
        """Return the ids of jobs that wait for an indexer, oldest first."""
        return self._indexing.pending()

    def process_fairly(self, job_id: str, stopping: Callable[[], bool] = lambda: False) -> None:
        """Work one job off, and all that come meanwhile: first everybody's words, then the vectors.

        A book of a thousand pages takes minutes to embed; a note that is dropped beside it is found
        by its words within seconds all the same.
        """
        waiting: deque[str] = deque([job_id])
        tried: set[str] = set()  # one that cannot be read now must not hold the others up again and again

        def newcomers() -> list[str]:
            return [other for other in self._indexing.unread(_NEWCOMERS) if other not in tried]

        while waiting and not stopping():
            current = waiting.popleft()
            tried.add(current)
            if self.process(current, stopping, newcomers) == "gave_way":
                known = set(waiting)
                # First, not last: those whose words are done would each be claimed again before.
                waiting.extendleft(reversed([other for other in newcomers() if other not in known]))
                waiting.append(current)

    def process(
        self,
        job_id: str,
        stopping: Callable[[], bool] = lambda: False,
        newcomers: Callable[[], Sequence[str]] = tuple,
    ) -> str | None:
        """Work one job off, whatever comes of it.

        ``stopping`` tells that this process is to end: the job is given back, to go on from
        where it stands. So it is when its words are done and there are ``newcomers``, jobs that
        are to be read before its vectors are made. Return ``ready``, ``failed``, ``cancelled``,
        ``postponed`` or ``gave_way``; None when there was nothing to do.
        """
        task = self._indexing.claim(job_id, self._owner)
        if task is None:
            return None
        started = time.perf_counter()
        bound = log.bind(job=job_id, document=task.document.id)
        work = Work(task, self._indexing, stopping, newcomers, self._clock)
        try:
            outcome = self._attempt(work)
        except Exception as error:
            outcome = self._break_off(work, error, bound)
        except BaseException:  # this process is to end at once
            self._indexing.release(task)
            raise
        if outcome not in ("postponed", "gave_way"):
            self._given_back.pop(job_id, None)
        seconds = time.perf_counter() - started
        with contextlib.suppress(Unavailable):  # it only helps to tell how long others will take
            self._indexing.worked(task, seconds)
        self._metrics.observe_job(outcome, seconds)
        bound.info("job_ended", outcome=outcome, seconds=round(seconds, 3))
        return outcome

    def remove_leftovers(self) -> int:
        """Take away the index entries of what was deleted, failed or cancelled.

        An index that is away keeps its collection's removals on the list, and no others. Return
        how many had to stay.
        """
        away: set[str] = set()
        stayed = 0
        for removal in self._indexing.removals():
            try:
                if removal.collection_id not in away:
                    self._remove(removal)
                    continue
            except Unavailable as error:
                log.warning("removal_postponed", collection=removal.collection_id, error_code=error.error_code)
                away.add(removal.collection_id)
            stayed += 1
        return stayed

    def _remove(self, removal: Removal) -> None:
        collection_id, document_id = removal.collection_id, removal.document_id
        if document_id is None:
            self._lexical.drop(collection_id)
            prefix = self._store.name(collection_id, "")
            for name in self._store.held():
                if name.startswith(prefix):
                    self._store.remove_stray(name)
        elif not self._indexing.wants_entries(document_id):  # else its job began, or begins, by doing so
            self._lexical.remove_document(collection_id, document_id)
            for vectors in self._searched.every(collection_id):
                vectors.remove_document(collection_id, document_id)
        self._indexing.removed(removal)

    def _attempt(self, work: Work) -> str:
        task = work.task
        # What was given back did not stop this process; only the others may have.
        if task.attempts - self._given_back[task.job_id] > MAX_ATTEMPTS and not task.passages_stored:
            raise DocumentRefused(
                "Reading this file stopped the indexer several times. It was left out so that others can go on."
            )
        if task.passages_stored:  # an earlier attempt came so far
            title, passages = task.document.title, self._indexing.stored_passages(task.document.id)
        else:
            title, passages = self._read(work)
        self._embed(work, title, passages)
        self._indexing.ready(task)
        return "ready"

    def _break_off(self, work: Work, error: Exception, bound: structlog.typing.FilteringBoundLogger) -> str:
        """End or give back a job that did not come to its end."""
        try:
            if isinstance(error, GaveWay):
                self._given_back[work.task.job_id] += 1
                self._indexing.release(work.task)
                return "gave_way"
            if isinstance(error, Unavailable | Interrupted):  # an index or the disk is away: later, from here
                self._given_back[work.task.job_id] += 1
                self._indexing.release(work.task)
                bound.warning("job_postponed", error_code=getattr(error, "error_code", "INTERRUPTED"))
                return "postponed"
            if isinstance(error, Cancelled) or work.is_called_off():  # its file may have gone with it
                self._end(work.task, DocumentStatus.CANCELLED, None)
                return "cancelled"
            if isinstance(error, DocumentRefused):
                self._end(work.task, DocumentStatus.FAILED, Problem(error.error_code, error.message))
                return "failed"
            # The edge of a job: one bad document must not end the indexer.
            bound.error("job_crashed", exc_info=error)
            self._metrics.count_error("indexer")
            self._end(work.task, DocumentStatus.FAILED, Problem("INDEXING_FAILED", _unexpected(error)))
        except Unavailable as away:  # of the database: see give_back_left; else its lease runs out some day
            self._left.append(work.task)
            bound.warning("job_left", error_code=away.error_code)
            return "postponed"
        return "failed"

    def _read(self, work: Work) -> tuple[str, list[Passage]]:
        """Extract, store the passages and make them searchable by their words; return title and passages."""
        task, document = work.task, work.task.document
        self._indexing.extracting(task)
        self._lexical.remove_document(document.collection_id, document.id)  # of an attempt that was killed
        extracted = self._extract(work)
        chunks = self._chunk(extracted)
        if not chunks:
            raise NoTextLayer
        work.reach(_EXTRACTED)
        self._files.write_text(document.id, extracted.text)
        title = extracted.title or document.title
        passages = self._indexing.extracted(task, title, len(extracted.pages) or None, chunks)
        for first in range(0, len(passages), WORDS_BATCH):
            batch = passages[first : first + WORDS_BATCH]
            terms = [(passage, self._analyzer.terms(index_text(title, passage))) for passage in batch]
            self._lexical.add(document.collection_id, terms)
            work.reach(_EXTRACTED + (_SEARCHABLE - _EXTRACTED) * (first + len(batch)) / len(passages))
        work.reach(_SEARCHABLE)
        self._indexing.searchable(task)
        return title, passages

    def _extract(self, work: Work) -> ExtractedDocument:
        document = work.task.document
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

    def _embed(self, work: Work, title: str, passages: Sequence[Passage]) -> None:
        """Make and store the vectors, from where an earlier attempt stopped.

        They are those that the collection is searched with; a move to another embedder comes to these passages
        by itself.
        """
        document = work.task.document
        space = self._searched.of(document.collection_id)
        begin = self._first_without_vector(space, document, len(passages)) if work.task.passages_stored else 0
        if begin == 0:
            space.vectors.remove_document(document.collection_id, document.id)  # of an attempt that was killed
        size = space.embedder.batch  # how soon a cancellation is noticed
        for first in range(begin, len(passages), size):
            work.stop_if_asked()
            work.give_way()
            batch = passages[first : first + size]
            vectors = space.embedder.embed_passages([index_text(title, passage) for passage in batch])
            space.vectors.add(document.collection_id, batch, vectors)
            work.reach(_SEARCHABLE + (1 - _SEARCHABLE) * (first + len(batch)) / len(passages))

    def _first_without_vector(self, space: VectorSpace, document: Document, passages: int) -> int:
        if space.vectors.count(document.collection_id) == 0:  # the index was lost since
            return 0
        return max(0, round((document.progress - _SEARCHABLE) / (1 - _SEARCHABLE) * passages))

    def _end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        self._indexing.end(task, status, problem)
        document_id = task.document.id
        # Nothing has ended where another process took the job over: then the text is that one's.
        if not self._indexing.wants_entries(document_id) and not self._indexing.stored_passages(document_id):
            self._files.text_path(document_id).unlink(missing_ok=True)
        try:
            self.remove_leftovers()
        except Unavailable as error:  # the list stays, and is worked off later
            log.warning("removals_postponed", error_code=error.error_code)


def _unexpected(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.message
    return "Something unexpected happened while this file was read. Try again, or convert it to another format."
