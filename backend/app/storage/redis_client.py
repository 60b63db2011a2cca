"""Connections to Redis or Valkey that never hold a request up for long."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_SECONDS = 0.5


def connect(url: str, *, seconds: float | None = _SECONDS) -> Redis:
    """Return a client that gives an operation up after ``seconds``; nothing is opened yet.

    No retry: whoever asks does without the answer, and a retry against a Redis that hangs would
    only double the wait. An idle connection that the server closed is noticed by a look.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=_SECONDS if seconds is None else min(_SECONDS, seconds),
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )
