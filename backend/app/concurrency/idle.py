"""Ending what nobody has used for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class EndWhenIdle:
    """Calls ``end`` when ``used`` was last called ``seconds`` ago; what is used again later is watched again.

    It is called in a thread of its own, which may find it in use again: ``end`` must leave alone what is.
    """

    def __init__(self, end: Callable[[], None], seconds: float, name: str) -> None:
        self._end = end
        self._seconds = seconds
        self._name = name
        self._lock = threading.Lock()
        self._watching = False
        self._used = 0.0

    def used(self) -> None:
        with self._lock:
            self._used = time.monotonic()
            if self._watching:
                return
            self._watching = True
        threading.Thread(target=self._watch, name=self._name, daemon=True).start()

    def _watch(self) -> None:
        while True:
            with self._lock:
                left = self._used + self._seconds - time.monotonic()
                if left <= 0:
                    self._watching = False
                    break
            time.sleep(left)
        self._end()
