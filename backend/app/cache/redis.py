"""Redis or Valkey, shared by all workers. Away, it is an empty cache."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from backend.app.cache.breaker import BreakerOpen, CircuitBreaker, Verdict
from backend.app.cache.interfaces import REDIS, Background, Breaker, CacheEvents
from backend.app.cache.null import NullBreaker, NullCacheEvents

SECONDS = 0.04  # what a cache may cost: connect the client with this as its timeout
_LATE = 1.5  # times the timeout: a reply that late was kept waiting by this process, not by Redis
_GLOB = re.compile(r"[\[\]*?\\]")  # what means more than itself in a pattern of keys

log = structlog.get_logger(__name__)


class RedisCache:
    def __init__(
        self, client: Redis, namespace: str, breaker: Breaker | None = None, events: CacheEvents | None = None
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._breaker = breaker or NullBreaker()
        self._events = events or NullCacheEvents()

    def get(self, key: str) -> bytes | None:
        try:
            value = self._breaker.call(exchange, self._client, "GET", self._namespace + key)
        except BreakerOpen:
            return None
        except RedisError as error:
            self._note(error)
            return None
        return value if isinstance(value, bytes) else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        if ttl <= 0:
            self.delete(key)
            return
        self._try(lambda: self._client.set(self._namespace + key, value, px=max(1, int(ttl * 1000))))

    def delete(self, key: str) -> None:
        self._try(lambda: self._client.delete(self._namespace + key))

    def clear(self) -> None:
        pattern = _GLOB.sub(r"\\\g<0>", self._namespace) + "*"

        def clear() -> None:
            for key in self._client.scan_iter(match=pattern, count=500):
                self._client.delete(key)

        self._try(clear)

    def _try(self, change: Callable[[], object]) -> None:
        try:
            self._breaker.call(change)
        except BreakerOpen:
            return
        except RedisError as error:
            self._note(error)

    def _note(self, error: RedisError) -> None:
        log.warning("cache_unavailable", error=type(error).__name__)
        self._events.cache_error(REDIS)


def exchange(client: Redis, *command: str | bytes | int) -> object:
    """Send a command and return the answer as it comes: what the client does, without its retries and its measuring.

    The two scripts of a lease took 0.24 ms of processor time over a Unix socket, and take 0.1.

    Raises:
        RedisError
    """
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command(*command)  # type: ignore[no-untyped-call]
        return connection.read_response()
    finally:  # on whatever error, the connection has closed itself
        pool.release(connection)


def verdict_of(error: Exception, elapsed: float, timeout: float) -> Verdict:
    """Tell what an exception, after ``elapsed`` seconds, says about a Redis that has ``timeout`` to answer."""
    if isinstance(error, RedisTimeoutError):
        return Verdict.DOUBTFUL if elapsed > _LATE * timeout else Verdict.DOWN
    if isinstance(error, RedisConnectionError) and not isinstance(error, MaxConnectionsError):
        return Verdict.DOWN
    return Verdict.FINE


def redis_breaker(
    client: Redis,
    *,
    background: Background,
    events: CacheEvents,
    name: str = REDIS,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> CircuitBreaker:
    """Return a breaker for a client whose timeout is ``seconds``."""

    def judge(error: Exception, elapsed: float) -> Verdict:
        return verdict_of(error, elapsed, seconds)

    return CircuitBreaker(name, judge=judge, probe=client.ping, background=background, clock=clock, events=events)
