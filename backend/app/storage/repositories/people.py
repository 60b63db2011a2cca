"""Everybody's accounts in SQL, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access, Person, Role, User
from backend.app.errors import LastAdministrator, ResetLinkNotFound, UserNotFound
from backend.app.storage import cursors
from backend.app.storage.account_interfaces import PersonChange
from backend.app.storage.account_models import PasswordResetRow, SessionRow
from backend.app.storage.database import Database
from backend.app.storage.interfaces import Page
from backend.app.storage.models import DocumentRow, MemberRow, UserRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.departures import hand_over, leave_behind
from backend.app.storage.repositories.email_keys import email_key
from backend.app.storage.repositories.sessions import end_sessions
from backend.app.storage.repositories.users import one_at_a_time, put_password


class SqlPeople:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, text: str | None, page: Page) -> tuple[list[Person], str | None]:
        query = _people().order_by(UserRow.email_key).limit(page.limit + 1)
        if page.cursor:
            (after,) = cursors.decode(page.cursor, str)
            query = query.where(UserRow.email_key > after)
        if text:
            words = email_key(text)
            name = func.lower(UserRow.name).contains(words, autoescape=True)
            query = query.where(or_(UserRow.email_key.contains(words, autoescape=True), name))
        found = self._database.read(lambda session: [_person(row) for row in session.execute(query)])
        if len(found) <= page.limit:
            return found, None
        return found[: page.limit], cursors.encode(email_key(found[page.limit - 1].user.email))

    def get(self, user_id: str) -> Person:
        return self._database.read(lambda session: _one(session, user_id))

    def update(self, user_id: str, change: PersonChange) -> tuple[Person, Person]:
        def work(session: Session) -> tuple[Person, Person]:
            one_at_a_time(session)
            before, row = _one(session, user_id), session.get_one(UserRow, user_id)
            if change.name is not None:
                row.name = change.name
            if change.role is not None:
                row.role = change.role.value
            if change.suspended is not None and change.suspended != (row.suspended_at is not None):
                row.suspended_at = datetime.now(UTC) if change.suspended else None
            session.flush()
            _refuse_leaderless(session)
            if row.suspended_at is not None:
                end_sessions(session, user_id)
            return before, _one(session, user_id)

        return self._database.write(work)

    def delete(self, user_id: str, heir_id: str | None) -> list[str]:
        def work(session: Session) -> list[str]:
            one_at_a_time(session)
            _one(session, user_id)
            if heir_id is not None:
                hand_over(session, user_id, heir_id)
            files = leave_behind(session, user_id)
            session.execute(delete(UserRow).where(UserRow.id == user_id))
            _refuse_leaderless(session)
            return files

        return self._database.write(work)

    def put_reset(self, user_id: str, token_hash: str, expires_at: datetime) -> None:
        def work(session: Session) -> None:
            if session.get(UserRow, user_id, with_for_update=True) is None:
                raise UserNotFound
            session.execute(delete(PasswordResetRow).where(PasswordResetRow.user_id == user_id))
            now = datetime.now(UTC)
            session.add(PasswordResetRow(user_id=user_id, token_hash=token_hash, created_at=now, expires_at=expires_at))

        self._database.write(work)

    def of_reset(self, token_hash: str) -> User:
        return self._database.read(lambda session: rows.user(_reset(session, token_hash)))

    def use_reset(self, token_hash: str, password_hash: str) -> User:
        def work(session: Session) -> User:
            one_at_a_time(session)  # of two who use the link at once, the later finds it used
            row = _reset(session, token_hash)
            put_password(session, row.id, password_hash)
            return rows.user(row)

        return self._database.write(work)


def _people() -> Select[Any]:
    """Return the query of all accounts that somebody has, each with its figures in sub-queries."""
    sessions = select(func.count()).where(SessionRow.user_id == UserRow.id).correlate(UserRow)
    seen = select(func.max(SessionRow.seen_at)).where(SessionRow.user_id == UserRow.id).correlate(UserRow)
    other = MemberRow.__table__.alias()
    others = (
        select(other.c.user_id)
        .where(
            other.c.collection_id == MemberRow.collection_id,
            other.c.access == Access.OWNER.value,
            other.c.user_id != MemberRow.user_id,
        )
        .correlate(MemberRow)
    )
    owned = MemberRow.user_id == UserRow.id, MemberRow.access == Access.OWNER.value, ~others.exists()
    collections = select(func.count()).select_from(MemberRow).where(*owned).correlate(UserRow)
    documents = (
        select(func.count())
        .select_from(DocumentRow)
        .join(MemberRow, MemberRow.collection_id == DocumentRow.collection_id)
        .where(*owned)
        .correlate(UserRow)
    )
    return select(
        UserRow,
        seen.scalar_subquery(),
        sessions.scalar_subquery(),
        collections.scalar_subquery(),
        documents.scalar_subquery(),
    ).where(UserRow.password_hash.is_not(None))


def _one(session: Session, user_id: str) -> Person:
    row = session.execute(_people().where(UserRow.id == user_id)).first()
    if row is None:
        raise UserNotFound("There is no such account any more. Reload the list.")
    return _person(row)


def _person(row: Any) -> Person:
    found, seen_at, sessions, collections, documents = row
    return Person(rows.user(found), seen_at, sessions, collections, documents)


def _reset(session: Session, token_hash: str) -> UserRow:
    query = (
        select(UserRow)
        .join(PasswordResetRow, PasswordResetRow.user_id == UserRow.id)
        .where(
            PasswordResetRow.token_hash == token_hash,
            PasswordResetRow.expires_at > datetime.now(UTC),
            UserRow.suspended_at.is_(None),
        )
    )
    row = session.scalar(query)
    if row is None:
        raise ResetLinkNotFound
    return row


def _refuse_leaderless(session: Session) -> None:
    query = select(UserRow.id).where(
        UserRow.role == Role.ADMINISTRATOR.value, UserRow.suspended_at.is_(None), UserRow.password_hash.is_not(None)
    )
    if session.scalar(query.limit(1)) is None:
        raise LastAdministrator
