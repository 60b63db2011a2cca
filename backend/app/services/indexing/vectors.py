"""The vectors of documents: while some are made, those before them are stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType

import numpy as np

from backend.app.domain.documents import Document, Passage
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.embedding.spaces import Contents, VectorSpace
from backend.app.services.indexing.work import SEARCHABLE, Work
from backend.app.services.retrieval.index_text import index_text

_TOGETHER = 2  # batches stored in one call: at 100,000 vectors that takes a fifth less of Chroma's processor time
_AHEAD = 6  # calls that may wait to be made: of two documents, as each has three at least


class Storing:
    """Calls that store, made one after the other in a thread of their own.

    Embedding keeps the processors busy but for moments, and storing waits for Chroma: one after the other they took
    a quarter longer. Leaving the block waits for what was put.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "storing")
        self._calls: deque[Future[None]] = deque()

    def __enter__(self) -> Storing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        if error is None:
            self.wait()

    def put(self, call: Callable[[], None]) -> None:
        """Have ``call`` made after the others; wait while too many are before it."""
        while len(self._calls) >= _AHEAD:
            self._calls.popleft().result()
        self._calls.append(self._thread.submit(call))

    def wait(self) -> None:
        """Wait until all that was put is done."""
        while self._calls:
            self._calls.popleft().result()


class Writing:
    """A document's way into its vector index. What goes wrong is kept, for whoever is to end the job."""

    def __init__(self, work: Work, index: Contents) -> None:
        self.failed: Exception | None = None
        self._work = work
        self._index = index

    def begin(self) -> None:
        """Take away what an attempt has left that was killed."""
        document = self._work.task.document
        self._try(lambda: self._index.remove_documents(document.collection_id, [document.id]))

    def store(self, batch: Sequence[Passage], vectors: Vectors, progress: float) -> None:
        """Store some vectors, and only then note that the work has come so far."""

        def store() -> None:
            self._index.add(self._work.task.document.collection_id, batch, vectors)
            self._work.reach(progress)

        self._try(store)

    def check(self) -> None:
        """Raise what has gone wrong."""
        if self.failed is not None:
            raise self.failed

    def _try(self, call: Callable[[], None]) -> None:
        if self.failed is not None:
            return
        try:
            call()
        except Exception as error:
            # The edge of a thread: the job's own has it raised again.
            self.failed = error


class VectorMaking:
    def __init__(self, searched: SearchedSpaces) -> None:
        self._searched = searched

    def make(self, work: Work, title: str, passages: Sequence[Passage], storing: Storing) -> Writing:
        """Make a document's vectors from where an earlier attempt stopped; the last may still be on their way.

        They are those that the collection is searched with; a move to another embedder comes to these passages
        by itself.

        Raises:
            GaveWay, Interrupted, Cancelled, Unavailable
        """
        document = work.task.document
        work.stop_if_asked()
        work.give_way()
        space = self._searched.of(document.collection_id)
        writing = Writing(work, space.vectors)
        begin = self._first_without_vector(space, document, len(passages)) if work.task.passages_stored else 0
        if begin == 0:
            storing.put(writing.begin)
        size = space.embedder.batch  # how soon a newcomer is noticed; a cancellation, when some are stored
        made: list[Vectors] = []
        stored = done = begin

        def store() -> None:
            nonlocal stored
            if made:
                progress = SEARCHABLE + (1 - SEARCHABLE) * done / len(passages)
                storing.put(partial(writing.store, passages[stored:done], np.concatenate(made), progress))
                made.clear()
                stored = done

        try:
            for first in range(begin, len(passages), size):
                if first > begin:
                    work.stop_if_asked()
                    work.give_way()
                batch = passages[first : first + size]
                vectors = space.embedder.embed_passages([index_text(title, passage) for passage in batch])
                writing.check()
                made.append(vectors)
                done = first + len(batch)
                if len(made) == _TOGETHER:
                    store()
        finally:  # none is made twice
            store()
        return writing

    def _first_without_vector(self, space: VectorSpace, document: Document, passages: int) -> int:
        if document.progress <= SEARCHABLE:
            return 0
        if space.vectors.count(document.collection_id) == 0:  # the index was lost since
            return 0
        return round((document.progress - SEARCHABLE) / (1 - SEARCHABLE) * passages)
