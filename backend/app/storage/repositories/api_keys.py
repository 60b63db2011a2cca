"""API keys in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.keys import ApiKey, Scope
from backend.app.errors import Conflict, KeyNotFound
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.key_models import ApiKeyRow, ApiKeyUseRow
from backend.app.storage.keys import NewKey
from backend.app.storage.repositories.access import hold_user


class SqlApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewKey, most: int) -> ApiKey:
        def work(session: Session) -> ApiKey:
            hold_user(session, new.user_id)
            count = select(func.count()).select_from(ApiKeyRow).where(ApiKeyRow.user_id == new.user_id)
            if (session.scalar(count) or 0) >= most:
                raise Conflict(f"You have {most} keys already. Revoke one that is not used any more.")
            row = ApiKeyRow(
                id=new_id(),
                user_id=new.user_id,
                name=new.name,
                prefix=new.prefix,
                digest=new.digest,
                scopes=[scope.value for scope in new.scopes],
                collection_ids=None if new.collection_ids is None else list(new.collection_ids),
                expires_at=new.expires_at,
                created_at=datetime.now(UTC),
            )
            session.add(row)
            session.flush()
            session.add(ApiKeyUseRow(key_id=row.id, used_at=None))
            return _key(row, None)

        return self._database.write(work)

    def by_digest(self, digest: str) -> ApiKey | None:
        found = self._database.read(lambda session: _found(session, ApiKeyRow.digest == digest))
        return found[0] if found else None

    def of_user(self, user_id: str) -> list[ApiKey]:
        return self._database.read(lambda session: _found(session, ApiKeyRow.user_id == user_id))

    def remove(self, user_id: str, key_id: str) -> ApiKey:
        def work(session: Session) -> ApiKey:
            found = _found(session, ApiKeyRow.id == key_id, ApiKeyRow.user_id == user_id)
            if not found:
                raise KeyNotFound
            session.execute(delete(ApiKeyRow).where(ApiKeyRow.id == key_id))
            return found[0]

        return self._database.write(work)

    def used(self, key_id: str, now: datetime, every: timedelta) -> None:
        long_ago = or_(ApiKeyUseRow.used_at.is_(None), ApiKeyUseRow.used_at <= now - every)
        noted = update(ApiKeyUseRow).where(ApiKeyUseRow.key_id == key_id, long_ago).values(used_at=now)
        self._database.write(lambda session: session.execute(noted))


def _found(session: Session, *conditions: ColumnElement[bool]) -> list[ApiKey]:
    query: Any = (
        select(ApiKeyRow, ApiKeyUseRow.used_at)
        .outerjoin(ApiKeyUseRow, ApiKeyUseRow.key_id == ApiKeyRow.id)
        .where(*conditions)
        .order_by(ApiKeyRow.id.desc())
    )
    return [_key(row, used_at) for row, used_at in session.execute(query)]


def _key(row: ApiKeyRow, used_at: datetime | None) -> ApiKey:
    return ApiKey(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        prefix=row.prefix,
        scopes=frozenset(map(Scope, row.scopes)),
        collection_ids=None if row.collection_ids is None else frozenset(row.collection_ids),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=used_at,
    )
