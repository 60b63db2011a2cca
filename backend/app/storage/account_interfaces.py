"""What the services around accounts ask of storage, beside ``interfaces.Users``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from backend.app.domain.accounts import LoginSession, User
from backend.app.domain.audit import AuditEvent, AuditFilter
from backend.app.storage.interfaces import Page


class Sessions(Protocol):
    """Which browsers are signed in. Redis may lose what it holds of a session; it cannot make one valid."""

    def begin(self, session: LoginSession, *, outdated: datetime, most: int) -> None:
        """Add a session, and take away the person's that were not seen since ``outdated`` or are more than ``most``."""

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
