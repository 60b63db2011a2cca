"""What a worker remembers of what every request asks for, for as long as nobody changes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import LRUCache

from backend.app.epochs import Epoch

T = TypeVar("T")

_SECONDS = 10.0  # a process that was killed between a change and its epoch's advance misleads nobody for longer


class Copies(Generic[T]):
    """Values that are shared by all who ask: they must not be changed."""

    def __init__(
        self,
        epoch: Epoch,
        *,
        most: int = 10_000,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._epoch = epoch
        self._seconds = seconds
        self._clock = clock
        self._entries: LRUCache[str, tuple[int, float, T]] = LRUCache(most)
        self._lock = threading.Lock()  # cachetools keeps its order in two steps

    @property
    def epoch(self) -> int | None:
        return self._epoch.current()

    def get(self, key: str, read: Callable[[], T]) -> T:
        """Return what ``read`` returned when it was last called, or call it."""
        # First, so that a change while ``read`` runs leaves a copy that nobody uses.
        epoch = self._epoch.current()
        if epoch is None:
            return read()
        with self._lock:
            entry = self._entries.get(key)
        if entry is not None and entry[0] == epoch and self._clock() < entry[1]:
            return entry[2]
        value = read()
        with self._lock:
            self._entries[key] = (epoch, self._clock() + self._seconds, value)
        return value
