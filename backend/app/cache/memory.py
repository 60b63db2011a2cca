"""The worker's own memory, bounded by bytes and by count, the longest unused leaving first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

_OVERHEAD_BYTES = 450  # measured: a key of 84 characters, its place in three dictionaries, tuple, time and value's head


class MemoryCache:
    def __init__(
        self, max_bytes: int, clock: Callable[[], float] = time.monotonic, *, max_entries: int = 100_000
    ) -> None:
        self._entries: LRUCache[str, tuple[float, bytes]] = LRUCache(max_bytes, getsizeof=_size)
        self._max_entries = max_entries
        self._clock = clock
        self._lock = threading.Lock()  # cachetools keeps its order in two steps

    def get(self, key: str) -> bytes | None:
        with self._lock:
            try:
                expires, value = self._entries[key]
            except KeyError:
                return None
            if self._clock() >= expires:
                self._entries.pop(key, None)
                return None
            return value

    def set(self, key: str, value: bytes, ttl: float) -> None:
        entry = (self._clock() + ttl, value)
        with self._lock:
            if ttl <= 0 or _size(entry) > self._entries.maxsize:
                self._entries.pop(key, None)  # an older value must not outlive a newer one that cannot be kept
                return
            if key not in self._entries:
                while len(self._entries) >= self._max_entries:
                    self._entries.popitem()
            self._entries[key] = entry

    def delete(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _size(entry: tuple[float, bytes]) -> int:
    return len(entry[1]) + _OVERHEAD_BYTES
