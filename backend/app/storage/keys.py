"""What services ask of storage about API keys. One transaction a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from backend.app.domain.keys import ApiKey, Scope


@dataclass(frozen=True, slots=True)
class NewKey:
    user_id: str
    name: str
    prefix: str
    digest: str
    scopes: Sequence[Scope]
    collection_ids: Sequence[str] | None
    expires_at: datetime | None


class ApiKeys(Protocol):
    def add(self, new: NewKey, most: int) -> ApiKey:
        """Keep a key, unless its owner has ``most`` already.

        Raises:
            Conflict
        """

    def by_digest(self, digest: str) -> ApiKey | None: ...
    def of_user(self, user_id: str) -> list[ApiKey]:
        """Return a user's keys, newest first."""

    def remove(self, user_id: str, key_id: str) -> ApiKey:
        """Raise ``KeyNotFound`` where the user has no such key."""

    def used(self, key_id: str, now: datetime, every: timedelta) -> None:
        """Note that a key is used, unless that was noted less than ``every`` ago."""
