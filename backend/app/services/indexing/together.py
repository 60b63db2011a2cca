"""Small documents that wait for their vectors: made, stored and noted of many at a time.

Alone, a note of one passage takes a call of the embedder, two of the index and half a dozen of the database: far more
than its vector does.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice

import numpy as np

from backend.app.domain.documents import Passage
from backend.app.errors import Unavailable
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.embedding.spaces import VectorSpace
from backend.app.services.indexing.endings import Endings
from backend.app.services.indexing.vectors import Storing
from backend.app.services.indexing.work import SEARCHABLE, Cancelled, GaveWay, Interrupted, Work
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.interfaces import Indexing

_LOOK = 64  # jobs at the front of the line, of which those are taken that go with the first
_BATCHES = 4  # of the embedder, at most: whole ones are what helping processes are begun for


@dataclass(frozen=True, slots=True)
class _Member:
    work: Work
    passages: Sequence[Passage]


class Together:
    def __init__(
        self,
        *,
        indexing: Indexing,
        searched: SearchedSpaces,
        endings: Endings,
        alone: Callable[[Work, Storing], object],
    ) -> None:
        """``alone`` works off a job that has been claimed, whatever it still needs."""
        self._indexing = indexing
        self._searched = searched
        self._endings = endings
        self._alone = alone

    def choose(self, waiting: deque[str]) -> list[str]:
        """Take the first job out of the line, and those behind it that go with it; none where it is to go alone."""
        near = list(islice(waiting, _LOOK))
        found = self._indexing.without_vectors(near) if len(near) > 1 else {}
        first = found.get(near[0])
        if first is None:
            return []
        try:
            room = self._searched.of(first.collection_id).embedder.batch * _BATCHES
        except Unavailable:
            return []  # alone it will be told so
        chosen: list[str] = []
        for job_id in near:
            other = found.get(job_id)
            if other is None or other.collection_id != first.collection_id or other.passages > room:
                break
            chosen.append(job_id)
            room -= other.passages
        if len(chosen) < 2:
            return []
        for _ in chosen:
            waiting.popleft()
        return chosen

    def work_off(self, works: Sequence[Work], storing: Storing) -> None:
        """Do all of some jobs of one collection but storing their vectors and ending them, which goes on beside what is next."""
        fresh, others = list[Work](), list[Work]()
        for work in works:  # between looking and claiming, another process may have had it
            (fresh if _is_fresh(work, works[0]) else others).append(work)
        if fresh:
            self._make(fresh, others, storing)
        for work in others:
            self._alone(work, storing)

    def _make(self, works: Sequence[Work], others: list[Work], storing: Storing) -> None:
        begun = time.perf_counter()
        try:
            space = self._searched.of(works[0].task.document.collection_id)
            members = [_Member(work, self._indexing.stored_passages(work.task.document.id)) for work in works]
            vectors, error = _embedded(space, members)
        except Exception as caught:
            self._leave(works, others, caught, storing)
            return
        whole = _whole(members, len(vectors))
        if whole:
            for of in whole:
                of.work.seconds += (time.perf_counter() - begun) / len(whole)
            passages = sum(len(of.passages) for of in whole)
            storing.put(partial(self._store, space, whole, vectors[:passages]))
        if error is not None:
            self._leave(works[len(whole) :], others, error, storing)

    def _leave(self, works: Sequence[Work], others: list[Work], error: Exception, storing: Storing) -> None:
        """Give jobs back that did not get their vectors, or have each tried by itself."""
        if isinstance(error, GaveWay | Interrupted):
            self._break_off(works, error)
        elif isinstance(error, Unavailable):
            # A server may also refuse one of the texts: whether it answers, the first of them tells alone.
            self._alone(works[0], storing)
            if works[0].outcome == "postponed":
                self._break_off(works[1:], error)
            else:
                others.extend(works[1:])
        else:
            # Which of them is the cause is not known: each is tried by itself.
            others.extend(works)

    def _store(self, space: VectorSpace, members: Sequence[_Member], vectors: Vectors) -> None:
        tasks = [of.work.task for of in members]
        collection_id = tasks[0].document.collection_id
        try:
            # What an attempt has left that was killed.
            space.vectors.remove_documents(collection_id, [task.document.id for task in tasks])
            space.vectors.add(collection_id, [passage for of in members for passage in of.passages], vectors)
            ended = {task.job_id for task in self._indexing.ready(*tasks)}
        except Exception as error:
            # The edge of a thread, and of jobs.
            if len(members) == 1 or isinstance(error, Unavailable):
                self._break_off([of.work for of in members], error)
                return
            first = 0
            for of in members:
                self._store(space, [of], vectors[first : first + len(of.passages)])
                first += len(of.passages)
            return
        for of in members:
            if of.work.task.job_id in ended:
                self._endings.reached(of.work)
            else:
                self._endings.broken_off(of.work, Cancelled())

    def _break_off(self, works: Sequence[Work], error: Exception) -> None:
        for work in works:
            self._endings.broken_off(work, error)


def _embedded(space: VectorSpace, members: Sequence[_Member]) -> tuple[Vectors, Exception | None]:
    """Return the vectors of all passages; where it was broken off, those of the first batches, and what for.

    Raises:
        GaveWay, Interrupted, Unavailable: before the first
    """
    texts = [index_text(of.work.task.document.title, passage) for of in members for passage in of.passages]
    first, size = members[0].work, space.embedder.batch
    made: list[Vectors] = []
    for at in range(0, len(texts), size):
        try:
            first.stop_if_asked()
            first.give_way()
            made.append(space.embedder.embed_passages(texts[at : at + size]))
        except (GaveWay, Interrupted, Unavailable) as error:
            if not made:
                raise
            return np.concatenate(made), error
    return np.concatenate(made), None


def _whole(members: Sequence[_Member], vectors: int) -> list[_Member]:
    """Return those whose passages all have one of so many vectors."""
    ends = accumulate(len(of.passages) for of in members)
    return [of for of, end in zip(members, ends, strict=True) if end <= vectors]


def _is_fresh(work: Work, first: Work) -> bool:
    document, home = work.task.document, first.task.document.collection_id
    return work.task.passages_stored and document.progress <= SEARCHABLE and document.collection_id == home
