"""What a program signs in with, and what it may then do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key is for. None holds another: a key that is to search and upload has both."""

    READ = "read"  # search, and list and read documents, collections and conversations
    ASK = "ask"  # put questions to the model
    WRITE = "write"  # upload and delete documents, and change what is the account's
    ADMIN = "admin"  # what administrators may beyond that


@dataclass(frozen=True, slots=True)
class ApiKey:
    """``prefix`` is all of the secret that is ever shown again. Without ``collection_ids`` the key
    reaches what its account does, with them these collections alone."""

    id: str
    user_id: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    collection_ids: frozenset[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
