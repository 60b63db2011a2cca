"""Invitations: how colleagues come by an account while registration is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backend.app.domain.accounts import Invitation, Role, User
from backend.app.security.one_time import new_token, token_hash
from backend.app.services.account_rules import checked_email
from backend.app.storage.account_interfaces import Invitations

_REMEMBERED = timedelta(days=30)  # after it has expired, an invitation is still listed for so long


class InvitationService:
    def __init__(
        self,
        invitations: Invitations,
        new_id: Callable[[], str],
        *,
        hours: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._invitations = invitations
        self._new_id = new_id
        self._lasts = timedelta(hours=hours)
        self._clock = clock

    def make(self, by: User | None, *, email: str | None, role: Role) -> tuple[Invitation, str]:
        """Return an invitation and its token, which nobody can be told again.

        ``email`` binds it to an address; without one, whoever has the link may use it, once.

        Raises:
            InvalidRequest, EmailTaken
        """
        now, token = self._clock(), new_token()
        invitation = Invitation(
            id=self._new_id(),
            email=checked_email(email) if email else None,
            role=role,
            invited_by=None,
            used_by=None,
            created_at=now,
            expires_at=now + self._lasts,
            used_at=None,
        )
        by_id = by.id if by else None
        return self._invitations.add(invitation, token_hash(token), by_id, now - _REMEMBERED), token

    def list(self) -> list[Invitation]:
        """Return what was made lately, the newest first: open, used, and expired."""
        return self._invitations.list()

    def find(self, token: str) -> Invitation:
        """Return an invitation that can still be used.

        Raises:
            InvitationNotFound
        """
        return self._invitations.find(token_hash(token))

    def withdraw(self, invitation_id: str) -> Invitation:
        """Take one back; whoever has registered by it stays.

        Raises:
            InvitationNotFound
        """
        return self._invitations.delete(invitation_id)

    def is_open(self, invitation: Invitation) -> bool:
        return invitation.used_at is None and invitation.expires_at > self._clock()
