"""What the services around accounts ask of storage, beside ``interfaces.Users``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from backend.app.domain.accounts import Invitation, LoginSession, Person, Role, User
from backend.app.domain.audit import AuditEvent, AuditFilter
from backend.app.storage.interfaces import Page


class Sessions(Protocol):
    """Which browsers are signed in. What Redis holds of a session is a copy: it cannot make one valid."""

    def begin(self, session: LoginSession, *, outdated: datetime, most: int) -> None:
        """Add a session, and take away the person's that were not seen since ``outdated`` or are more than ``most``."""

    def get(self, session_id: str) -> LoginSession | None: ...
    def user_of(self, session_id: str) -> User | None:
        """Return whose session it is; None where it has ended, or its person may not sign in."""

    def seen(self, session_id: str, at: datetime, address: str) -> None: ...
    def of_user(self, user_id: str, since: datetime) -> list[LoginSession]:
        """Return a person's sessions that were seen since then, the last seen first."""

    def end(self, user_id: str, session_id: str) -> bool:
        """End one; False where the person has no such session."""

    def end_all(self, user_id: str, *, besides: str | None = None) -> int:
        """End all of a person's sessions but one; return how many there were."""


class AuditEvents(Protocol):
    """What happened, the newest first. Nothing changes an event; only age and number take them away."""

    def add(self, event: AuditEvent) -> None: ...
    def page(self, which: AuditFilter, page: Page) -> tuple[list[AuditEvent], str | None]: ...
    def all(self, which: AuditFilter) -> Iterator[list[AuditEvent]]:
        """Yield every event in batches, each from a transaction of its own."""

    def prune(self, before: datetime, most: int, crowding: str) -> int:
        """Remove what is older, and all beyond ``most``; of the action ``crowding`` no more than half as many stay.

        Strangers can make as many of those as they like, and must not push the others out.
        """


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What an administrator changes of an account; None leaves it."""

    name: str | None = None
    role: Role | None = None
    suspended: bool | None = None


class People(Protocol):
    """Everybody's accounts, for administrators. None of these methods leaves no administrator."""

    def page(self, text: str | None, page: Page) -> tuple[list[Person], str | None]:
        """Return accounts by their address; ``text`` is a part of it or of the name."""

    def get(self, user_id: str) -> Person:
        """Raises ``UserNotFound``."""

    def update(self, user_id: str, change: PersonChange) -> tuple[Person, Person]:
        """Return the account before and after; the sessions of a suspended one end.

        Raises:
            UserNotFound, LastAdministrator
        """

    def delete(self, user_id: str, heir_id: str | None) -> list[str]:
        """Delete an account with its conversations; return the ids of the files to remove.

        The collections that it alone owns go to the heir. Without one, those that are shared go to
        the members who may change them, or else to those who may read them; the others are deleted.

        Raises:
            UserNotFound, LastAdministrator
        """

    def put_reset(self, user_id: str, token_hash: str, expires_at: datetime) -> None:
        """Let the token choose a new password, in place of any before it. Raises ``UserNotFound``."""

    def of_reset(self, token_hash: str) -> User:
        """Raises ``ResetLinkNotFound``."""

    def use_reset(self, token_hash: str, password_hash: str) -> User:
        """Use the token up; all of the person's sessions end. Raises ``ResetLinkNotFound``."""


class Invitations(Protocol):
    def add(self, invitation: Invitation, token_hash: str, invited_by: str | None, forget: datetime) -> Invitation:
        """Add one, and remove those that ended before ``forget``. Raises ``EmailTaken``."""

    def list(self) -> list[Invitation]:
        """Return all, the newest first."""

    def find(self, token_hash: str) -> Invitation:
        """Return one that can still be used. Raises ``InvitationNotFound``."""

    def delete(self, invitation_id: str) -> Invitation:
        """Raises ``InvitationNotFound``."""
