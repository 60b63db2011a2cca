"""Sessions in SQL: which browsers are signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.app.domain.accounts import LoginSession, User
from backend.app.storage.account_models import SessionRow
from backend.app.storage.database import Database
from backend.app.storage.models import UserRow
from backend.app.storage.repositories import rows


class SqlSessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, session: LoginSession, *, outdated: datetime, most: int) -> None:
        def work(transaction: Session) -> None:
            query = (
                select(SessionRow.id, SessionRow.seen_at)
                .where(SessionRow.user_id == session.user_id)
                .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
            )
            gone = [
                found
                for place, (found, seen_at) in enumerate(transaction.execute(query), 1)
                if seen_at < outdated or place >= most
            ]
            # Asked for first: a deletion has every worker look again who may see what.
            if gone:
                transaction.execute(delete(SessionRow).where(SessionRow.id.in_(gone)))
            transaction.add(
                SessionRow(
                    id=session.id,
                    user_id=session.user_id,
                    agent=session.agent,
                    address=session.address,
                    begun_at=session.begun_at,
                    seen_at=session.seen_at,
                )
            )

        self._database.write(work)

    def get(self, session_id: str) -> LoginSession | None:
        def work(transaction: Session) -> LoginSession | None:
            row = transaction.get(SessionRow, session_id)
            return None if row is None else _session(row)

        return self._database.read(work)

    def user_of(self, session_id: str) -> User | None:
        query = (
            select(UserRow)
            .join(SessionRow, SessionRow.user_id == UserRow.id)
            .where(SessionRow.id == session_id, UserRow.suspended_at.is_(None), UserRow.password_hash.is_not(None))
        )

        def work(transaction: Session) -> User | None:
            row = transaction.scalar(query)
            return None if row is None else rows.user(row)

        return self._database.read(work)

    def seen(self, session_id: str, at: datetime, address: str) -> None:
        statement = update(SessionRow).where(SessionRow.id == session_id).values(seen_at=at, address=address)
        self._database.write(lambda transaction: transaction.execute(statement))

    def of_user(self, user_id: str, since: datetime) -> list[LoginSession]:
        query = (
            select(SessionRow)
            .where(SessionRow.user_id == user_id, SessionRow.seen_at >= since)
            .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
        )
        return self._database.read(lambda transaction: [_session(row) for row in transaction.scalars(query)])

    def end(self, user_id: str, session_id: str) -> bool:
        statement = delete(SessionRow).where(SessionRow.id == session_id, SessionRow.user_id == user_id)
        return bool(self._database.write(lambda transaction: _count(transaction, statement)))

    def end_all(self, user_id: str, *, besides: str | None = None) -> int:
        return self._database.write(lambda transaction: end_sessions(transaction, user_id, besides=besides))


def end_sessions(transaction: Session, user_id: str, *, besides: str | None = None) -> int:
    """End a person's sessions within a larger change; return how many there were."""
    statement = delete(SessionRow).where(SessionRow.user_id == user_id)
    return _count(transaction, statement if besides is None else statement.where(SessionRow.id != besides))


def _count(transaction: Session, statement: object) -> int:
    return int(transaction.execute(statement).rowcount)  # type: ignore[call-overload]  # a DELETE's result has one


def _session(row: SessionRow) -> LoginSession:
    return LoginSession(row.id, row.user_id, row.agent, row.address, row.begun_at, row.seen_at)
