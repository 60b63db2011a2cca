"""The audit log in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from backend.app.domain.audit import AuditEvent, AuditFilter, Target
from backend.app.storage import cursors
from backend.app.storage.account_models import AuditEventRow
from backend.app.storage.database import Database
from backend.app.storage.interfaces import Page

_BATCH = 500


class SqlAuditEvents:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: AuditEvent) -> None:
        row = AuditEventRow(
            id=event.id,
            at=event.at,
            action=event.action,
            actor_id=event.actor_id,
            actor=event.actor,
            target_kind=event.target.kind,
            target_id=event.target.id,
            target=event.target.name,
            address=event.address,
            details=dict(event.details),
        )
        self._database.write(lambda session: session.add(row))

    def page(self, which: AuditFilter, page: Page) -> tuple[list[AuditEvent], str | None]:
        (before,) = cursors.decode(page.cursor, str) if page.cursor else (None,)
        found = self._read(which, before, page.limit + 1)
        if len(found) <= page.limit:
            return found, None
        return found[: page.limit], cursors.encode(found[page.limit - 1].id)

    def all(self, which: AuditFilter) -> Iterator[list[AuditEvent]]:
        before: Any = None
        while batch := self._read(which, before, _BATCH):
            yield batch
            before = batch[-1].id

    def prune(self, before: datetime, most: int, crowding: str) -> int:
        def work(session: Session) -> int:
            crowd = AuditEventRow.action == crowding
            gone = _remove(session, AuditEventRow.at < before)
            surplus = _nth_newest(session, most // 2, crowd)
            if surplus is not None:
                gone += _remove(session, crowd, AuditEventRow.id <= surplus)
            surplus = _nth_newest(session, most)  # counted anew: what has gone pushes nothing out
            return gone if surplus is None else gone + _remove(session, AuditEventRow.id <= surplus)

        return self._database.write(work)

    def _read(self, which: AuditFilter, before: Any, limit: int) -> list[AuditEvent]:
        query = select(AuditEventRow).where(*_conditions(which)).order_by(AuditEventRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditEventRow.id < before)
        return self._database.read(lambda session: [_event(row) for row in session.scalars(query)])


def _remove(session: Session, *conditions: ColumnElement[bool]) -> int:
    return int(session.execute(delete(AuditEventRow).where(*conditions)).rowcount)  # type: ignore[attr-defined]


def _nth_newest(session: Session, n: int, *conditions: ColumnElement[bool]) -> str | None:
    """Return the id of the first event that is one too many."""
    query: Select[str] = select(AuditEventRow.id).where(*conditions).order_by(AuditEventRow.id.desc())
    return session.scalar(query.offset(n).limit(1))


def _conditions(which: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.action is not None:
        is_group = "." not in which.action
        group = AuditEventRow.action.startswith(f"{which.action}.", autoescape=True)
        conditions.append(group if is_group else AuditEventRow.action == which.action)
    if which.actor is not None:
        named = func.lower(AuditEventRow.actor).contains(which.actor.lower(), autoescape=True)
        conditions.append(or_(AuditEventRow.actor_id == which.actor, named))
    if which.since is not None:
        conditions.append(AuditEventRow.at >= which.since)
    if which.until is not None:
        conditions.append(AuditEventRow.at < which.until)
    return conditions


def _event(row: AuditEventRow) -> AuditEvent:
    target = Target(row.target_kind, row.target_id, row.target)
    return AuditEvent(row.id, row.at, row.action, row.actor_id, row.actor, target, row.address, row.details)
