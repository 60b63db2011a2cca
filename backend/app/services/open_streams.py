"""How many answers a process writes at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from backend.app.errors import RateLimited
from backend.app.monitoring.interfaces import Metrics

_WAIT_SECONDS = 5  # an answer takes a few


class OpenStreams:
    """Each worker has its own: what is bounded is its memory. 0 is no bound."""

    def __init__(self, metrics: Metrics, *, together: int, of_user: int) -> None:
        self._metrics = metrics
        self._together = together
        self._of_user = of_user
        self._open: Counter[str] = Counter()
        self._all = 0
        self._lock = threading.Lock()

    def open(self, user_id: str) -> Callable[[], None]:
        """Count one more, and return what ends it; harmless when called twice.

        Raises:
            RateLimited
        """
        with self._lock:
            too_many = self._together and self._all >= self._together
            if too_many or (self._of_user and self._open[user_id] >= self._of_user):
                self._metrics.count_refused("answers")
                raise RateLimited.after(_WAIT_SECONDS)
            self._open[user_id] += 1
            self._all += 1
        ended = threading.Event()

        def end() -> None:
            with self._lock:
                if ended.is_set():
                    return
                ended.set()
                self._all -= 1
                self._open[user_id] -= 1
                if not self._open[user_id]:
                    del self._open[user_id]

        return end
