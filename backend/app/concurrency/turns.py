"""Some at a time, in the order in which they came."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Any


class Turns:
    """A semaphore that hands each turn over to who has waited longest.

    Those of ``threading`` and of gevent only wake a waiter: a late-comer that runs before it takes the turn, and
    the waiter starts again at the end of the line. Under load some waited ten times as long as others.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._line: deque[queue.SimpleQueue[None]] = deque()  # is empty while a turn is free
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._line)

    def acquire(self, seconds: float | None = None) -> bool:
        """Wait for a turn, ``seconds`` at most; False if none came. Who is killed while waiting holds none."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            place: queue.SimpleQueue[Any] = queue.SimpleQueue()
            self._line.append(place)
        try:
            place.get(timeout=seconds)
        except queue.Empty:
            return not self._left(place)
        except BaseException:
            if not self._left(place):
                self.release()
            raise
        return True

    def release(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().put(None)
            else:
                self._free += 1

    def _left(self, place: queue.SimpleQueue[None]) -> bool:
        """Leave the line; False if the turn had come in that moment."""
        with self._lock:
            if place not in self._line:
                return False
            self._line.remove(place)
            return True
