"""How much waits to be indexed, as SQL knows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, or_, select

from backend.app.storage.database import Database
from backend.app.storage.models import JobRow


class SqlQueueState:
    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def waiting(self) -> tuple[int, float]:
        """Return how many jobs nobody works at, and the seconds since the first of them was made."""
        now = self._now()
        is_free = or_(JobRow.lease_until.is_(None), JobRow.lease_until < now)
        query = select(func.count(), func.min(JobRow.created_at)).where(JobRow.finished_at.is_(None), is_free)
        row = self._database.read(lambda session: session.execute(query).one())
        length: int = row[0]
        first: datetime | None = row[1]
        return length, max(0.0, (now - first).total_seconds()) if first else 0.0
