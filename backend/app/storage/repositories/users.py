"""Accounts in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access, Role, User
from backend.app.errors import EmailTaken, RegistrationClosed, UserNotFound
from backend.app.storage.account_models import PasswordResetRow
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.models import CollectionRow, MemberRow, UserRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.email_keys import email_key
from backend.app.storage.repositories.invitations import open_invitation
from backend.app.storage.repositories.sessions import end_sessions

FIRST_COLLECTION = "Documents"
_OPERATOR_EMAIL = "operator@localhost"


class SqlUsers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def any_account(self) -> bool:
        return self._database.read(_any_account)

    def get(self, user_id: str) -> User | None:
        def work(session: Session) -> User | None:
            row = session.get(UserRow, user_id)
            may = row is not None and row.password_hash is not None and row.suspended_at is None
            return rows.user(row) if row is not None and may else None

        return self._database.read(work)

    def find_by_email(self, email: str) -> tuple[User, str] | None:
        def work(session: Session) -> tuple[User, str] | None:
            row = session.scalar(select(UserRow).where(UserRow.email_key == email_key(email)))
            if row is None or row.password_hash is None:
                return None
            return rows.user(row), row.password_hash

        return self._database.read(work)

    def register(
        self, *, email: str, name: str, password_hash: str, open_to_all: bool, invitation: str | None = None
    ) -> User:
        def work(session: Session) -> User:
            one_at_a_time(session)
            first = not _any_account(session)
            invited = None if invitation is None else open_invitation(session, invitation, email)
            if not first and not open_to_all and invited is None:
                raise RegistrationClosed
            operator = session.scalar(select(UserRow).where(UserRow.password_hash.is_(None))) if first else None
            if operator is None:
                role = Role(invited.role) if invited else Role.MEMBER
                row = _add_user(session, Role.ADMINISTRATOR if first else role)
                _add_collection(session, row.id)
            else:
                row = operator
            row.email, row.email_key, row.name = email.strip(), email_key(email), name.strip()
            row.password_hash = password_hash
            session.flush()
            if invited is not None:
                invited.used_at, invited.used_by = datetime.now(UTC), row.id
            return rows.user(row)

        try:
            return self._database.write(work)
        except IntegrityError as error:
            raise EmailTaken from error

    def rename(self, user_id: str, name: str) -> User:
        def work(session: Session) -> User:
            row = session.get(UserRow, user_id)
            if row is None:
                raise UserNotFound
            row.name = name
            return rows.user(row)

        return self._database.write(work)

    def change_password(self, user_id: str, password_hash: str) -> None:
        self._database.write(lambda session: put_password(session, user_id, password_hash))

    def update_password(self, user_id: str, password_hash: str) -> None:
        def work(session: Session) -> None:
            row = session.get(UserRow, user_id)
            if row is not None:
                row.password_hash = password_hash

        self._database.write(work)

    def set_role(self, user_id: str, role: Role) -> None:
        def work(session: Session) -> None:
            row = session.get(UserRow, user_id)
            if row is not None:
                row.role = role.value

        self._database.write(work)

    def operator(self) -> User:
        def find(session: Session) -> User | None:
            administrators = select(UserRow).where(UserRow.role == Role.ADMINISTRATOR, UserRow.suspended_at.is_(None))
            row = session.scalars(administrators.order_by(UserRow.id)).first()
            return rows.user(row) if row else None

        def work(session: Session) -> User:
            one_at_a_time(session)
            found = find(session)
            if found is not None:
                return found
            row = _add_user(session, Role.ADMINISTRATOR)
            _add_collection(session, row.id)
            session.flush()
            return rows.user(row)

        return self._database.read(find) or self._database.write(work)


def put_password(session: Session, user_id: str, password_hash: str) -> None:
    """Change a password within a larger change; what was opened by the one before is closed."""
    row = session.get(UserRow, user_id, with_for_update=LOCK)
    if row is not None:
        row.password_hash = password_hash
    end_sessions(session, user_id)
    session.execute(delete(PasswordResetRow).where(PasswordResetRow.user_id == user_id))


def _any_account(session: Session) -> bool:
    return session.scalar(select(UserRow.id).where(UserRow.password_hash.is_not(None)).limit(1)) is not None


def one_at_a_time(session: Session) -> None:
    """Let two first registrations not both find an empty table, nor two administrators remove each other.

    SQLite's write lock does so by itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))


def _add_user(session: Session, role: Role) -> UserRow:
    row = UserRow(
        id=new_id(),
        email=_OPERATOR_EMAIL,
        email_key=_OPERATOR_EMAIL,
        name="",
        role=role.value,
        password_hash=None,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    return row


def _add_collection(session: Session, user_id: str) -> None:
    collection = CollectionRow(id=new_id(), name=FIRST_COLLECTION, version=0, created_at=datetime.now(UTC))
    session.add(collection)
    session.flush()
    session.add(MemberRow(collection_id=collection.id, user_id=user_id, access=Access.OWNER.value))
