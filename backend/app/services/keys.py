"""What programs sign in with: making, listing and revoking keys, and knowing one when it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from cachetools import TTLCache

from backend.app.cache.copies import Copies
from backend.app.domain.accounts import Role, User
from backend.app.domain.keys import ApiKey, Scope
from backend.app.errors import AppError, Forbidden, InvalidKey, InvalidRequest
from backend.app.security.api_keys import SHOWN_CHARS, digest, is_secret, new_secret
from backend.app.security.typed_text import one_line
from backend.app.services.accounts import AccountService
from backend.app.services.collections import CollectionService
from backend.app.storage.keys import ApiKeys, NewKey

log = structlog.get_logger(__name__)

MAX_NAME_CHARS = 200
MAX_DAYS = 3650
MAX_KEYS = 100  # of one account
_NOTED_EVERY = timedelta(minutes=1)


def _now() -> datetime:
    return datetime.now(UTC)


class KeyService:
    def __init__(
        self,
        keys: ApiKeys,
        accounts: AccountService,
        collections: CollectionService,
        copies: Copies[ApiKey],
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._keys = keys
        self._accounts = accounts
        self._collections = collections
        self._copies = copies
        self._now = now
        self._noted: TTLCache[str, bool] = TTLCache(10_000, _NOTED_EVERY.total_seconds())
        self._lock = threading.Lock()

    def make(
        self,
        user: User,
        name: str,
        scopes: Collection[Scope],
        *,
        days: int | None = None,
        collection_ids: Sequence[str] | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key and return it with its secret, which nobody can be told again.

        Raises:
            InvalidRequest, Forbidden, CollectionNotFound, Conflict
        """
        name = one_line(name)
        if not 1 <= len(name) <= MAX_NAME_CHARS:
            raise InvalidRequest(f"A key needs a name of 1 to {MAX_NAME_CHARS} characters that says what it is for.")
        if not scopes:
            raise InvalidRequest(f"Choose what the key may do: one or more of {', '.join(Scope)}.")
        if Scope.ADMIN in scopes and not user.is_administrator:
            raise Forbidden("Only administrators may make keys with the scope `admin`.")
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise InvalidRequest(f"A key is valid for 1 to {MAX_DAYS} days, or without an end.")
        if collection_ids is not None:
            if not collection_ids:
                raise InvalidRequest("Name the collections that the key is for, or leave `collection_ids` out for all.")
            collection_ids = [found.id for found in self._collections.selected(user, collection_ids)]
        secret = new_secret()
        new = NewKey(
            user_id=user.id,
            name=name,
            prefix=secret[:SHOWN_CHARS],
            digest=digest(secret),
            scopes=[scope for scope in Scope if scope in scopes],
            collection_ids=collection_ids,
            expires_at=None if days is None else self._now() + timedelta(days=days),
        )
        return self._keys.add(new, MAX_KEYS), secret

    def of(self, user: User) -> list[ApiKey]:
        return self._keys.of_user(user.id)

    def revoke(self, user: User, key_id: str) -> ApiKey:
        """End a key; no worker takes it any more from now on."""
        return self._keys.remove(user.id, key_id)

    def recognised(self, secret: str) -> tuple[User, ApiKey]:
        """Return whose key this is, as far as the key reaches, and the key.

        Every request of a program asks. Without the scope ``admin`` an administrator's key is a member's.

        Raises:
            InvalidKey: after the same look for a wrong key as for a right one.
        """
        key = self._copies.get(digest(secret), lambda: self._read(secret))
        user = self._accounts.get(key.user_id)
        if user is None or key.has_expired(self._now()):
            raise InvalidKey
        self._note(key)
        role = user.role if Scope.ADMIN in key.scopes else Role.MEMBER
        return replace(user, role=role, reach=key.collection_ids), key

    def _read(self, secret: str) -> ApiKey:
        found = self._keys.by_digest(digest(secret))
        if found is None or not is_secret(secret):
            raise InvalidKey  # nothing is remembered of what is no key
        return found

    def _note(self, key: ApiKey) -> None:
        with self._lock:
            if key.id in self._noted:
                return
            self._noted[key.id] = True
        try:
            self._keys.used(key.id, self._now(), _NOTED_EVERY)
        except AppError as error:  # the request goes on without
            log.warning("key_use_not_noted", error_code=error.error_code)
