"""The cache that keeps nothing, and the ones beside it that count, guard and lease nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from backend.app.cache.interfaces import Claim, ClaimState

T = TypeVar("T")
P = ParamSpec("P")


class NullCache:
    def get(self, key: str) -> bytes | None:
        return None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        return None

    def delete(self, key: str) -> None:
        return None

    def clear(self) -> None:
        return None


class NullCacheEvents:
    def cache_hit(self, layer: str, region: str) -> None:
        return None

    def cache_miss(self, region: str) -> None:
        return None

    def cache_stale(self, region: str) -> None:
        return None

    def cache_error(self, layer: str) -> None:
        return None

    def cache_computed(self, region: str, seconds: float) -> None:
        return None

    def breaker_changed(self, name: str, state: str) -> None:
        return None


class NullBreaker:
    """Lets every call through."""

    state = "closed"
    just_opened = False

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)


class NullLeases:
    """Leases of a process that shares nothing with others."""

    def claim(self, key: str, seconds: float, seen: bytes = b"") -> Claim:
        return Claim(ClaimState.AWAY)

    def look(self, key: str) -> Claim:
        return Claim(ClaimState.AWAY)

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        return False

    def give_up(self, key: str, token: str) -> None:
        return None
