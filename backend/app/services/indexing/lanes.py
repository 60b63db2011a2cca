"""Files that are read beside each other, each in its child process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any

from backend.app.services.indexing.reading import Cut
from backend.app.services.indexing.work import Work

LANES = 2  # one file is read while another is stored; a slow one leaves the second lane to the others
SMALL_LANES = 1  # for small files alone: however many giants are read and wait, they do not


class Lanes:
    """Leaving the block because of an exception breaks the reading off; ``leaving`` tells the works so."""

    def __init__(self, cut: Callable[[Work], Cut]) -> None:
        self.leaving = False
        self._cut = cut
        self._threads = ThreadPoolExecutor(LANES + SMALL_LANES, "reading")
        self._reading: dict[Future[Cut], Work] = {}

    def __enter__(self) -> Lanes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leaving = error is not None
        self._threads.shutdown()

    @property
    def is_free(self) -> bool:
        return len(self._reading) < LANES

    @property
    def is_free_for_small(self) -> bool:
        return len(self._reading) < LANES + SMALL_LANES

    @property
    def works(self) -> list[Work]:
        """Return what is being read, or has been and was not taken yet."""
        return list(self._reading.values())

    def put(self, work: Work) -> None:
        self._reading[self._threads.submit(self._cut, work)] = work

    def take(self, seconds: float, besides: Sequence[Future[list[str]]] = ()) -> list[tuple[Work, Future[Cut]]]:
        """Return what has been read, waiting so long for the first, or until one of the others is done."""
        futures: list[Future[Any]] = [*self._reading, *besides]
        done, _ = wait(futures, seconds, FIRST_COMPLETED)
        return [(self._reading.pop(future), future) for future in list(self._reading) if future in done]
