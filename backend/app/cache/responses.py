"""Flask-Caching over our caches. Its own backends store pickles; this one stores msgpack."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from flask_caching.backends.base import BaseCache

from backend.app.cache.interfaces import Cache


class ResponseCache(BaseCache):
    """Keeps plain values (texts, numbers, lists, dictionaries), as API handlers return them.

    Nothing is kept for ever: a timeout of 0 is the default timeout, as None is.
    """

    def __init__(self, cache: Cache, default_timeout: int = 300) -> None:
        super().__init__(default_timeout=default_timeout)
        self._cache = cache

    @classmethod
    def factory(cls, app: Any, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> ResponseCache:
        return cls(config["LIKEOPT_CACHE"], default_timeout=config["CACHE_DEFAULT_TIMEOUT"])

    def get(self, key: str) -> Any:
        raw = self._cache.get(key)
        try:
            return None if raw is None else msgspec.msgpack.decode(raw)
        except (msgspec.DecodeError, ValueError, RecursionError):  # rubbish in the store is the same as nothing
            return None

    def set(self, key: str, value: Any, timeout: int | timedelta | None = None) -> bool:
        ttl = self._normalize_timeout(timeout) or self.default_timeout
        self._cache.set(key, msgspec.msgpack.encode(value), ttl)
        return True

    def add(self, key: str, value: Any, timeout: int | timedelta | None = None) -> bool:
        return self.get(key) is None and self.set(key, value, timeout)

    def has(self, key: str) -> bool:
        return self.get(key) is not None

    def delete(self, key: str) -> bool:
        self._cache.delete(key)
        return True

    def clear(self) -> bool:
        self._cache.clear()
        return True
