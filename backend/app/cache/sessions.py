"""The bytes of sessions in Redis, and in the worker's memory for as long as nobody changes any.

Each request needs its session. A look at the epoch says whether any worker has written or ended
one since; if none has, the copy is what Redis would answer, however long Redis has been away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from cachetools import LRUCache
from redis import Redis
from redis.exceptions import RedisError

from backend.app.cache.breaker import BreakerOpen
from backend.app.cache.interfaces import Breaker
from backend.app.epochs import Epoch

_MOST_COPIES = 20_000
_FRESH_SECONDS = 10.0  # Redis itself may end or lose a session, and tells nobody
_UNSEEN_SECONDS = 60.0  # without an epoch: how long a copy stands in for a Redis that is away

log = structlog.get_logger(__name__)


class SessionsAway(Exception):
    """Redis does not answer, and this worker has not seen the session."""


class StoredSessions:
    """``client`` gives up quickly, and only as often as ``breaker`` lets it; ``patient`` takes its time."""

    def __init__(
        self, client: Redis, patient: Redis, breaker: Breaker, epoch: Epoch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._patient = patient
        self._breaker = breaker
        self._epoch = epoch
        self._clock = clock
        self._copies: LRUCache[str, tuple[int | None, float, bytes]] = LRUCache(_MOST_COPIES)
        self._lock = threading.Lock()  # cachetools keeps its order in two steps

    def get(self, key: str) -> bytes | None:
        """Return a session's bytes, None if there is no such session.

        Raises:
            SessionsAway: after as little time as a cache may cost. Ask the list of sessions, then ``get_patiently``.
        """
        epoch = self._epoch.current()  # before asking, so that a change meanwhile leaves a copy that nobody uses
        with self._lock:
            seen, read_at, copy = self._copies.get(key, (None, 0.0, b""))
        age = self._clock() - read_at
        if copy and epoch is not None and seen == epoch and age < _FRESH_SECONDS:
            return copy
        try:
            return self._read(key, epoch, lambda: self._breaker.call(self._client.get, key))
        except (BreakerOpen, RedisError) as error:
            if copy and seen == epoch and (epoch is not None or age < _UNSEEN_SECONDS):
                return copy
            raise SessionsAway from error

    def get_patiently(self, key: str) -> bytes | None:
        """Return what ``get`` does; for whom else nothing is known of, as it may be the machine that is busy for a moment.

        Raises:
            SessionsAway: within half a second, and at once when Redis has been away for longer than a moment.
        """
        try:
            if self._breaker.state == "open" and not self._breaker.just_opened:
                raise BreakerOpen
            return self._read(key, self._epoch.current(), lambda: self._patient.get(key))
        except (BreakerOpen, RedisError) as error:
            log.warning("sessions_unavailable", error=type(error).__name__)
            raise SessionsAway from error

    def set(self, key: str, value: bytes, seconds: int) -> None:
        """Store a session; raises ``BreakerOpen`` or ``RedisError``."""
        self._breaker.call(self._patient.set, key, value, ex=seconds)
        self._forget(key)

    def delete(self, key: str) -> None:
        """End a session; raises ``BreakerOpen`` or ``RedisError``."""
        self._breaker.call(self._patient.delete, key)
        self._forget(key)

    def _read(self, key: str, epoch: int | None, ask: Callable[[], object]) -> bytes | None:
        value = ask()
        found = value if isinstance(value, bytes) else None
        with self._lock:
            if found is None:
                self._copies.pop(key, None)
            else:
                self._copies[key] = (epoch, self._clock(), found)
        return found

    def _forget(self, key: str) -> None:
        with self._lock:
            self._copies.pop(key, None)
        self._epoch.advance()
