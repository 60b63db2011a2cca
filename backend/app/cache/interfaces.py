"""What a cache is. Values are bytes: who stores decides how they are encoded, never by pickle."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """A layer that is away answers as if it were empty; it never raises for that."""

    def get(self, key: str) -> bytes | None: ...
    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep a value for ``ttl`` seconds at most."""

    def delete(self, key: str) -> None: ...
    def clear(self) -> None: ...
