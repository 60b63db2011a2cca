"""Connections to Redis or Valkey that never hold a request up for long."""

from __future__ import annotations

from typing import Any

from redis import Connection, Redis, UnixDomainSocketConnection
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.app.concurrency import is_readable

_SECONDS = 0.5


def connect(url: str, *, seconds: float | None = _SECONDS) -> Redis:
    """Return a client that gives an operation up after ``seconds``; nothing is opened yet.

    No retry: whoever asks does without the answer, and a retry against a Redis that hangs would
    only double the wait. An idle connection that the server closed is noticed by a look.
    """
    quick = _QUICK.get(url.partition("://")[0])
    return Redis.from_url(
        url,
        **({"connection_class": quick} if quick else {}),  # other schemes bring connections of their own
        socket_connect_timeout=_SECONDS if seconds is None else min(_SECONDS, seconds),
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


class _LooksQuickly:
    """Looks cheaply whether it is still fit to be used, as the pool asks before each command."""

    _sock: Any

    def can_read(self, timeout: float = 0) -> bool:
        if timeout == 0 and self._sock is not None and not is_readable(self._sock):
            return False
        return bool(super().can_read(timeout))  # type: ignore[misc]  # the connection's that it is mixed into


class _Connection(_LooksQuickly, Connection):
    pass


class _UnixConnection(_LooksQuickly, UnixDomainSocketConnection):
    pass


_QUICK: dict[str, type[Connection] | type[UnixDomainSocketConnection]] = {
    "redis": _Connection,
    "unix": _UnixConnection,
}
