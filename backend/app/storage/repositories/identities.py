"""Who is whom at an identity provider, in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.app.domain.accounts import NO_PASSWORD, Role, User
from backend.app.errors import IdentityTaken
from backend.app.storage.account_models import PasswordResetRow
from backend.app.storage.database import Database
from backend.app.storage.identity_models import IdentityRow
from backend.app.storage.key_models import ApiKeyRow
from backend.app.storage.models import UserRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.sessions import end_sessions
from backend.app.storage.repositories.users import one_at_a_time


class SqlIdentities:
    def __init__(self, database: Database) -> None:
        self._database = database

    def user_of(self, issuer: str, subject: str) -> User | None:
        query = (
            select(UserRow)
            .join(IdentityRow, IdentityRow.user_id == UserRow.id)
            .where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
        )

        def work(session: Session) -> User | None:
            row = session.scalar(query)
            return None if row is None else rows.user(row)

        return self._database.read(work)

    def join(self, user_id: str, issuer: str, subject: str) -> None:
        def work(session: Session) -> None:
            row = session.get(UserRow, user_id)
            if row is None:
                raise IdentityTaken
            row.password_hash = NO_PASSWORD
            session.execute(delete(ApiKeyRow).where(ApiKeyRow.user_id == user_id))
            session.execute(delete(PasswordResetRow).where(PasswordResetRow.user_id == user_id))
            end_sessions(session, user_id)
            session.add(IdentityRow(issuer=issuer, subject=subject, user_id=user_id, created_at=datetime.now(UTC)))
            session.flush()

        try:
            self._database.write(work)
        except IntegrityError as error:
            raise IdentityTaken from error

    def follow_role(self, user_id: str, role: Role) -> bool:
        others = select(UserRow.id).where(
            UserRow.role == Role.ADMINISTRATOR, UserRow.suspended_at.is_(None), UserRow.id != user_id
        )

        def work(session: Session) -> bool:
            one_at_a_time(session)
            row = session.get(UserRow, user_id)
            if row is None or row.role == role.value:
                return False
            if role is not Role.ADMINISTRATOR and session.scalar(others.limit(1)) is None:
                return False
            row.role = role.value
            return True

        return self._database.write(work)
