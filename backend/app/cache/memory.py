"""The worker's own memory, bounded by bytes, the longest unused leaving first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

_OVERHEAD_BYTES = 200  # of a key, its entry and the tuple around a value


class MemoryCache:
    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries: LRUCache[str, tuple[float, bytes]] = LRUCache(max_bytes, getsizeof=_size)
        self._clock = clock
        self._lock = threading.Lock()  # cachetools keeps its order in two steps

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            expires, value = entry
            if self._clock() >= expires:
                self._entries.pop(key, None)
                return None
            return value

    def set(self, key: str, value: bytes, ttl: float) -> None:
        entry = (self._clock() + ttl, value)
        with self._lock:
            if _size(entry) > self._entries.maxsize:
                self._entries.pop(key, None)  # an older value must not outlive a newer one that is too large
                return
            self._entries[key] = entry

    def delete(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _size(entry: tuple[float, bytes]) -> int:
    return len(entry[1]) + _OVERHEAD_BYTES
