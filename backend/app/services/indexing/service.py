"""Working jobs off: everybody's words first, then the vectors."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from backend.app.domain.documents import Chunk, ExtractedDocument
from backend.app.monitoring.interfaces import Metrics
from backend.app.processes.owners import has_ended
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.indexing.endings import Endings
from backend.app.services.indexing.intake import Intake
from backend.app.services.indexing.leftovers import Leftovers
from backend.app.services.indexing.reading import Extractor, Read, Reading, Unfold
from backend.app.services.indexing.together import Together
from backend.app.services.indexing.vectors import Storing, VectorMaking, Writing
from backend.app.services.indexing.words import Words
from backend.app.services.indexing.work import Cancelled, Interrupted, Work
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.contents import WordIndexes
from backend.app.storage.interfaces import Files, Indexing
from backend.app.storage.reembedding import Spaces

_NEWCOMERS = 200  # asked after at a time: between two batches of vectors, however many wait

Newcomers = Callable[[], Sequence[str]]


class IndexingService:
    """Each step may be repeated: whatever a killed attempt left behind is overwritten or removed."""

    def __init__(
        self,
        *,
        indexing: Indexing,
        files: Files,
        lexical: WordIndexes,
        searched: SearchedSpaces,
        store: Spaces,
        extractor: Extractor,
        unfold: Unfold,
        chunk: Callable[[ExtractedDocument], list[Chunk]],
        analyzer: Analyzer,
        metrics: Metrics,
        owner: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexing = indexing
        self._owner = owner
        self._clock = clock
        self._leftovers = Leftovers(indexing=indexing, lexical=lexical, searched=searched, store=store)
        self._endings = Endings(
            indexing=indexing, files=files, metrics=metrics, tidy=self._leftovers.remove, clock=clock
        )
        self._reading = Reading(indexing=indexing, files=files, extractor=extractor, unfold=unfold, chunk=chunk)
        self._words = Words(indexing=indexing, lexical=lexical, analyzer=analyzer)
        self._vectors = VectorMaking(searched)
        self._together = Together(
            indexing=indexing, searched=searched, endings=self._endings, alone=self._work_off_claimed
        )
        self._intake = Intake(
            reading=self._reading,
            words=self._words,
            endings=self._endings,
            claim=self._claim,
        )

    def free_abandoned(self) -> None:
        """Give back the jobs that killed processes of this machine had taken."""
        for owner in self._indexing.leases():
            if has_ended(owner):
                self._indexing.free_leases(owner)

    def give_back_left(self) -> None:
        """Give back the jobs that were left while the database was away.

        Raises:
            Unavailable: it still is.
        """
        self._endings.give_back_left()

    def remove_leftovers(self) -> int:
        """Take away the index entries of what has ended; return how many removals had to stay."""
        return self._leftovers.remove()

    def pending(self) -> list[str]:
        """Return the ids of jobs that wait for an indexer, oldest first."""
        return self._indexing.pending()

    def is_busy(self) -> bool:
        """Tell whether jobs wait that can go on.

        One whose embedder is gone for good would otherwise hold back the change to another for ever.
        """
        return self._endings.can_go_on(self._indexing.pending())

    def process_fairly(self, job_id: str, stopping: Callable[[], bool] = lambda: False) -> None:
        """Work one job off, and all that come meanwhile: first everybody's words, then the vectors.

        A book of a thousand pages takes minutes to embed; a note that is dropped beside it is found
        by its words within seconds all the same. Neither does it wait for the queue's entries of jobs
        that have long ended: what SQL knows comes first.
        """
        tried: set[str] = set()  # one that cannot be read now must not hold the others up again and again
        waiting: deque[str] = deque()

        def newcomers(most_bytes: int | None = None) -> list[str]:
            return [other for other in self._indexing.unread(_NEWCOMERS, most_bytes) if other not in tried]

        def each_once(most_bytes: int | None) -> list[str]:
            found = newcomers(most_bytes)
            tried.update(found)
            return found

        def others_without_vectors() -> list[str]:
            """Those that an indexer left when it ended: together they are done sooner than when each is named."""
            found = self._endings.worth_trying(self._indexing.unembedded(_NEWCOMERS))
            return [other for other in found if other not in tried]

        with Storing() as storing:
            while not stopping():
                # First, not last: those whose words are done would each be claimed again before.
                waiting.extendleft(reversed(self._intake.read(each_once, stopping)))
                if job_id not in tried:  # its words are done, or there is nothing to do
                    tried.add(job_id)
                    waiting.extend([job_id, *others_without_vectors()])
                if not waiting:
                    return
                next_ones = self._together.choose(waiting) or [waiting.popleft()]
                works = self._work_off(next_ones, stopping, newcomers, storing)
                waiting.extend(work.task.job_id for work in works if work.outcome == "gave_way")

    def process(
        self, job_id: str, stopping: Callable[[], bool] = lambda: False, newcomers: Newcomers = tuple
    ) -> str | None:
        """Work one job off, whatever comes of it.

        ``stopping`` tells that this process is to end: the job is given back, to go on from
        where it stands. So it is when its words are done and there are ``newcomers``, jobs that
        are to be read before its vectors are made. Return ``ready``, ``failed``, ``cancelled``,
        ``postponed`` or ``gave_way``; None when there was nothing to do.
        """
        with Storing() as storing:
            works = self._work_off([job_id], stopping, newcomers, storing)
        return works[0].outcome if works else None

    def _work_off(
        self, job_ids: Sequence[str], stopping: Callable[[], bool], newcomers: Newcomers, storing: Storing
    ) -> list[Work]:
        """Do all of some jobs but storing their last vectors and ending them, which may go on beside the next ones."""
        works: list[Work] = []
        try:
            for job_id in job_ids:
                work = self._claim(job_id, stopping, newcomers)
                if work is not None:
                    works.append(work)
            if len(works) == 1:
                self._work_off_claimed(works[0], storing)
            elif works:
                self._together.work_off(works, storing)
        except BaseException:  # this process is to end at once, or the database is away
            storing.wait()
            for work in works:
                if work.outcome is None:
                    self._endings.broken_off(work, Interrupted())
            raise
        return works

    def _work_off_claimed(self, work: Work, storing: Storing) -> None:
        try:
            with work.at_work():
                writing = self._attempt(work, storing)
        except Exception as error:
            storing.wait()  # nothing is written any more of what is taken away now
            self._endings.broken_off(work, error)
        else:
            storing.put(partial(self._finish, work, writing))

    def _attempt(self, work: Work, storing: Storing) -> Writing:
        task = work.task
        self._endings.refuse_deadly(work)
        if task.passages_stored:  # an earlier attempt came so far
            title, passages = task.document.title, self._indexing.stored_passages(task.document.id)
        else:
            read = self._reading.store(work, self._reading.cut(work))
            self._words.add([read], _raise)
            title, passages = read.title, read.passages
        return self._vectors.make(work, title, passages, storing)

    def _finish(self, work: Work, writing: Writing) -> None:
        try:
            writing.check()
            if not self._indexing.ready(work.task):
                raise Cancelled
        except Exception as error:
            # The edge of a job.
            self._endings.broken_off(work, error)
        else:
            self._endings.reached(work)

    def _claim(self, job_id: str, stopping: Callable[[], bool], newcomers: Newcomers = tuple) -> Work | None:
        """Take a job; None where there is nothing to do."""
        task = self._indexing.claim(job_id, self._owner)
        return None if task is None else Work(task, self._indexing, stopping, newcomers, self._clock)


def _raise(read: Read, error: Exception) -> None:
    raise error
