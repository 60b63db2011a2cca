"""Redis or Valkey, shared by all workers. Away, it is an empty cache."""

from __future__ import annotations

import re

import structlog
from redis import Redis
from redis.exceptions import RedisError

_GLOB = re.compile(r"[\[\]*?\\]")  # what means more than itself in a pattern of keys

log = structlog.get_logger(__name__)


class RedisCache:
    def __init__(self, client: Redis, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def get(self, key: str) -> bytes | None:
        try:
            value = self._client.get(self._namespace + key)
        except RedisError as error:
            log.warning("cache_unavailable", error=type(error).__name__)
            return None
        return value if isinstance(value, bytes) else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        try:
            self._client.set(self._namespace + key, value, px=max(1, int(ttl * 1000)))
        except RedisError as error:
            log.warning("cache_unavailable", error=type(error).__name__)

    def delete(self, key: str) -> None:
        try:
            self._client.delete(self._namespace + key)
        except RedisError as error:
            log.warning("cache_unavailable", error=type(error).__name__)

    def clear(self) -> None:
        pattern = _GLOB.sub(r"\\\g<0>", self._namespace) + "*"
        try:
            for key in self._client.scan_iter(match=pattern, count=500):
                self._client.delete(key)
        except RedisError as error:
            log.warning("cache_unavailable", error=type(error).__name__)
