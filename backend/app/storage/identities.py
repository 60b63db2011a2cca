"""What single sign-on asks of storage."""

from __future__ import annotations

from typing import Protocol

from backend.app.domain.accounts import Role, User


class Identities(Protocol):
    def user_of(self, issuer: str, subject: str) -> User | None:
        """Return whose identity it is, suspended or not."""

    def join(self, user_id: str, issuer: str, subject: str) -> None:
        """Give an account an identity, and end every other way into it: its password, sessions, keys and links.

        Whoever made the account need not be who has its address.

        Raises:
            IdentityTaken: the account has another one of that issuer.
        """

    def follow_role(self, user_id: str, role: Role) -> bool:
        """Give an account its role, and tell whether it has another one now; one administrator always stays."""
