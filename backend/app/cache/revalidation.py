"""Making values anew in the background, each once, and not again and again when that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from backend.app.cache.interfaces import Background, CacheEvents

_PAUSE_WHEN_BUSY = 0.25  # another worker computes; look again for its value after that
_PAUSE_WHEN_FAILED = 1.0
_MOST_PAUSES = 1000

log = structlog.get_logger(__name__)


class Revalidation:
    def __init__(self, background: Background, clock: Callable[[], float], events: CacheEvents) -> None:
        self._background = background
        self._clock = clock
        self._events = events
        self._not_before: dict[str, float] = {}  # infinity while it runs
        self._lock = threading.Lock()

    def begin(self, key: str, again: Callable[[], bool]) -> None:
        """Call ``again`` in the background, unless that has just been done; False asks for a little later."""
        now = self._clock()
        with self._lock:
            if now < self._not_before.get(key, 0.0):
                return
            if len(self._not_before) >= _MOST_PAUSES:
                self._not_before = {key: then for key, then in self._not_before.items() if now < then}
                if len(self._not_before) >= _MOST_PAUSES:
                    return
            self._not_before[key] = float("inf")
        self._background(lambda: self._run(key, again))

    def _run(self, key: str, again: Callable[[], bool]) -> None:
        pause = _PAUSE_WHEN_FAILED
        try:
            pause = 0.0 if again() else _PAUSE_WHEN_BUSY
        except Exception as error:  # nobody waits for it; what is stored serves on
            log.warning("cache_revalidation_failed", error=type(error).__name__)
            self._events.cache_error("revalidation")
        finally:
            with self._lock:
                if pause:
                    self._not_before[key] = self._clock() + pause
                else:
                    self._not_before.pop(key, None)
