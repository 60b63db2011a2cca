"""One job in work: how far it has come, and the reasons for which it ends before its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from backend.app.storage.interfaces import Indexing, IndexingTask

log = structlog.get_logger(__name__)

EXTRACTED, SEARCHABLE = 0.2, 0.3  # shares of a document's progress
_LOOK_SECONDS = 0.5  # how often is looked whether a file is still to be read


class Cancelled(Exception):
    """The person, or a deletion, called the work off."""


class Interrupted(Exception):
    """This process is to end, and to leave the work to the next."""


class GaveWay(Exception):
    """Others' files wait to be read; vectors can wait longer."""


class Work:
    """A job in work. One thread reads or embeds, another stores: what both use is SQL's to guard."""

    def __init__(
        self,
        task: IndexingTask,
        indexing: Indexing,
        stopping: Callable[[], bool],
        newcomers: Callable[[], Sequence[str]],
        clock: Callable[[], float],
    ) -> None:
        self.task = task
        self.log: structlog.typing.FilteringBoundLogger = log.bind(job=task.job_id, document=task.document.id)
        self.outcome: str | None = None  # none yet
        self.seconds = 0.0  # at work, in this attempt
        self._newcomers = newcomers
        self._progress = task.document.progress if task.passages_stored else 0.0
        self._indexing = indexing
        self._stopping = stopping
        self._clock = clock
        self._looked = clock()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count the time of the block."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - begun

    def reach(self, progress: float) -> None:
        """Note how far the work has come; that never goes back.

        Raises:
            Cancelled
        """
        self._progress = max(self._progress, progress)
        if self.is_called_off():
            raise Cancelled

    def stop_if_asked(self) -> None:
        """Raise ``Interrupted`` when this process is to end."""
        if self._stopping():
            raise Interrupted

    def give_way(self) -> None:
        """Raise ``GaveWay`` when others' files are to be read first."""
        if self._newcomers():
            raise GaveWay

    def is_called_off(self) -> bool:
        return not self._indexing.progress(self.task, self._progress)

    def is_to_end_soon(self) -> bool:
        """Tell whether the reading is to break off. Asked many times a second, it looks now and then."""
        now = self._clock()
        if now - self._looked < _LOOK_SECONDS:
            return False
        self._looked = now
        return self._stopping() or self.is_called_off()
