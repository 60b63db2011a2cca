"""Commits of the word index, which documents share: while one is made, what is read waits for the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from backend.app.services.indexing.reading import Read
from backend.app.services.indexing.words import WORDS_BATCH

_GROUP_SECONDS = 0.3  # for which a document waits for others to share its commit


class Commits:
    """Makes one commit at a time, in a thread of its own: it waits for the disk, and for tantivy's threads.

    Leaving the block waits for the one that is being made; what has not been begun is left to ``take``.
    """

    def __init__(self, commit: Callable[[list[Read]], list[str]], clock: Callable[[], float] = time.monotonic) -> None:
        """``commit`` makes documents searchable, and returns the jobs of those that are."""
        self.searchable: list[str] = []
        self._commit = commit
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "committing")
        self._making: Future[list[str]] | None = None
        self._reads: list[Read] = []
        self._passages = 0
        self._due = 0.0

    def __enter__(self) -> Commits:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    def put(self, read: Read) -> None:
        if not self._reads:
            self._due = self._clock() + _GROUP_SECONDS
        self._reads.append(read)
        self._passages += len(read.passages)

    def take(self) -> list[Read]:
        """Return what waits for a commit, which then nobody makes."""
        reads, self._reads, self._passages = self._reads, [], 0
        return reads

    @property
    def making(self) -> list[Future[list[str]]]:
        """Return the commit that is being made, for whoever waits for that and other things."""
        return [self._making] if self._making is not None else []

    def seconds_left(self, most: float) -> float:
        """Return for how long nothing need be done here, at most so many."""
        if self._making is not None or not self._reads:
            return most
        return 0.0 if self._is_full else min(most, max(0.0, self._due - self._clock()))

    def go_on(self) -> None:
        """Begin a commit that is due; where many passages wait for one, wait for the one that is being made."""
        if self._making is not None and (self._is_full or self._making.done()):
            self._wait()
        if self._making is None and self._reads and self.seconds_left(_GROUP_SECONDS) == 0:
            self._begin()

    def finish(self) -> None:
        """Have all that was put committed."""
        self._wait()
        if self._reads:
            self._begin()
            self._wait()

    @property
    def _is_full(self) -> bool:
        return self._passages >= WORDS_BATCH

    def _begin(self) -> None:
        self._making = self._thread.submit(self._commit, self.take())

    def _wait(self) -> None:
        making, self._making = self._making, None
        if making is not None:
            self.searchable += making.result()
