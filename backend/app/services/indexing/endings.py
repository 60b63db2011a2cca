"""How jobs end: well, given back, cancelled, or failed with a reason."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import structlog

from backend.app.domain.documents import DocumentStatus, Problem
from backend.app.errors import AppError, DocumentRefused, Unavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.indexing.work import Cancelled, GaveWay, Interrupted, Work
from backend.app.storage.interfaces import Files, Indexing, IndexingTask

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3  # a file that killed the indexer so often is the cause
_AGAIN_SECONDS = 5.0  # until what was tried in vain is tried again with others; by itself it is whenever it is named
_MANY = 1000  # jobs that are remembered although others may have ended them


class Endings:
    def __init__(
        self,
        *,
        indexing: Indexing,
        files: Files,
        metrics: Metrics,
        tidy: Callable[[], object],
        clock: Callable[[], float],
    ) -> None:
        """``tidy`` takes away the index entries of documents that have ended."""
        self._indexing = indexing
        self._files = files
        self._metrics = metrics
        self._tidy = tidy
        self._clock = clock
        self._left: list[IndexingTask] = []  # tasks that are still to be given back
        self._postponed: dict[str, float] = {}  # jobs that this process could not go on with, and when it tried last

    def is_suspect(self, work: Work) -> bool:
        """Tell whether a process ended that was reading this file; maybe because of it."""
        return work.task.deadly > 1 and not work.task.passages_stored

    def refuse_deadly(self, work: Work) -> None:
        """Raise ``DocumentRefused`` for a file whose reading ended too many processes."""
        if work.task.deadly > MAX_ATTEMPTS and not work.task.passages_stored:
            raise DocumentRefused(
                "Reading this file stopped the indexer several times. It was left out so that others can go on."
            )

    def give_back_left(self) -> None:
        """Give back the jobs that were left while the database was away, or their leases would be waited for.

        Raises:
            Unavailable: it still is.
        """
        while self._left:
            self._indexing.release(self._left[0])  # more may come meanwhile, at the end
            self._left.pop(0)

    def can_go_on(self, pending: Sequence[str]) -> bool:
        """Tell whether any of these jobs is one that no part is known to be away for."""
        if len(self._postponed) > _MANY:  # not always: those that another indexer tries are not pending meanwhile
            self._postponed = {job_id: self._postponed[job_id] for job_id in pending if job_id in self._postponed}
        return any(job_id not in self._postponed for job_id in pending)

    def worth_trying(self, pending: Sequence[str]) -> list[str]:
        """Return those of these jobs that were not tried in vain a moment ago, though nobody has named them."""
        before = self._clock() - _AGAIN_SECONDS
        return [job_id for job_id in pending if self._postponed.get(job_id, before) <= before]

    def reached(self, work: Work) -> None:
        """Note that a job has come to its end."""
        self._note(work, "ready")

    def broken_off(self, work: Work, error: Exception) -> None:
        """End or give back a job for a reason, and note its outcome."""
        self._note(work, self._break_off(work, error))

    def _break_off(self, work: Work, error: Exception) -> str:
        try:
            if isinstance(error, GaveWay):
                self._indexing.release(work.task, work.seconds)
                return "gave_way"
            if isinstance(error, Unavailable | Interrupted):  # an index or the disk is away: later, from here
                # First, or it would be new to whoever asks in between.
                self._postponed[work.task.job_id] = self._clock()
                self._indexing.release(work.task, work.seconds)
                work.log.warning("job_postponed", error_code=getattr(error, "error_code", "INTERRUPTED"))
                return "postponed"
            if isinstance(error, Cancelled) or work.is_called_off():  # its file may have gone with it
                self._end(work.task, DocumentStatus.CANCELLED, None)
                return "cancelled"
            if isinstance(error, DocumentRefused):
                self._end(work.task, DocumentStatus.FAILED, Problem(error.error_code, error.message))
                return "failed"
            # The edge of a job: one bad document must not end the indexer.
            work.log.error("job_crashed", exc_info=error)
            self._metrics.count_error("indexer")
            self._end(work.task, DocumentStatus.FAILED, Problem("INDEXING_FAILED", _unexpected(error)))
        except Unavailable as away:  # of the database: see give_back_left; else its lease runs out some day
            self._left.append(work.task)
            work.log.warning("job_left", error_code=away.error_code)
            return "postponed"
        return "failed"

    def _note(self, work: Work, outcome: str) -> None:
        work.outcome = outcome
        if outcome != "postponed":
            self._postponed.pop(work.task.job_id, None)
        if outcome not in ("postponed", "gave_way"):  # whoever takes it up again counts its time together
            with contextlib.suppress(Unavailable):  # it only helps to tell how long others will take
                self._indexing.worked(work.task, work.seconds)
        self._metrics.observe_job(outcome, work.seconds)
        work.log.info("job_ended", outcome=outcome, seconds=round(work.seconds, 3))

    def _end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        self._indexing.end(task, status, problem)
        document_id = task.document.id
        # Nothing has ended where another process took the job over: then the text is that one's.
        if not self._indexing.wants_entries(document_id) and not self._indexing.stored_passages(document_id):
            self._files.text_path(document_id).unlink(missing_ok=True)
        try:
            self._tidy()
        except Unavailable as error:  # the list stays, and is worked off later
            log.warning("removals_postponed", error_code=error.error_code)


def _unexpected(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.message
    return "Something unexpected happened while this file was read. Try again, or convert it to another format."
