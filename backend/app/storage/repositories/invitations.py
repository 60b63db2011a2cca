"""Invitations in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from backend.app.domain.accounts import Invitation, Role
from backend.app.errors import EmailTaken, InvitationNotFound, WrongInvitation
from backend.app.storage.account_models import InvitationRow
from backend.app.storage.database import Database
from backend.app.storage.models import UserRow
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.email_keys import email_key


class SqlInvitations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, invitation: Invitation, token_hash: str, invited_by: str | None, forget: datetime) -> Invitation:
        def work(session: Session) -> Invitation:
            if invitation.email is not None:
                _refuse_account(session, invitation.email)
            session.execute(delete(InvitationRow).where(InvitationRow.expires_at < forget))
            row = InvitationRow(
                id=invitation.id,
                token_hash=token_hash,
                email=invitation.email,
                role=invitation.role.value,
                invited_by=invited_by,
                created_at=invitation.created_at,
                expires_at=invitation.expires_at,
            )
            session.add(row)
            session.flush()
            return _told(session, InvitationRow.id == row.id)[0]

        return self._database.write(work)

    def list(self) -> list[Invitation]:
        return self._database.read(_told)

    def find(self, token_hash: str) -> Invitation:
        def work(session: Session) -> Invitation:
            row = open_invitation(session, token_hash)
            return _told(session, InvitationRow.id == row.id)[0]

        return self._database.read(work)

    def delete(self, invitation_id: str) -> Invitation:
        def work(session: Session) -> Invitation:
            found = _told(session, InvitationRow.id == invitation_id)
            if not found:
                raise InvitationNotFound
            session.execute(delete(InvitationRow).where(InvitationRow.id == invitation_id))
            return found[0]

        return self._database.write(work)


def open_invitation(session: Session, token_hash: str, email: str | None = None) -> InvitationRow:
    """Return the invitation of a token, held, if it can be used now, and by ``email``.

    Raises:
        InvitationNotFound, WrongInvitation
    """
    query = select(InvitationRow).where(InvitationRow.token_hash == token_hash)
    row = session.scalar(query if email is None else query.with_for_update(**LOCK))
    if row is None or row.used_at is not None or row.expires_at <= datetime.now(UTC):
        raise InvitationNotFound
    if email is not None and row.email is not None and email_key(row.email) != email_key(email):
        raise WrongInvitation
    return row


def _refuse_account(session: Session, email: str) -> None:
    query = select(UserRow.id).where(UserRow.email_key == email_key(email))
    if session.scalar(query) is not None:
        raise EmailTaken("There is already an account with this email.")


def _told(session: Session, *conditions: object) -> list[Invitation]:
    """Return invitations with people's addresses, the newest first."""
    maker, user = aliased(UserRow), aliased(UserRow)
    query = (
        select(InvitationRow, maker.email, user.email)
        .outerjoin(maker, maker.id == InvitationRow.invited_by)
        .outerjoin(user, user.id == InvitationRow.used_by)
        .where(*conditions)  # type: ignore[arg-type]  # columns compared
        .order_by(InvitationRow.id.desc())
    )
    return [
        Invitation(row.id, row.email, Role(row.role), by, used_by, row.created_at, row.expires_at, row.used_at)
        for row, by, used_by in session.execute(query)
    ]
