"""Accounts in memory, and passwords that cost nothing."""

from __future__ import annotations

from dataclasses import replace

from backend.app.domain.accounts import Role, User
from backend.app.errors import EmailTaken, InvitationNotFound, RegistrationClosed, ResetLinkNotFound
from tests.fakes.things import ids, user


class MemoryUsers:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[User, str]] = {}
        self.updated: list[str] = []
        self.ended: list[str] = []  # whose sessions
        self.invitations: MemoryInvitations | None = None
        self._new_id = ids("user")

    def any_account(self) -> bool:
        return bool(self.rows)

    def get(self, user_id: str) -> User | None:
        found = self.rows[user_id][0] if user_id in self.rows else None
        return found if found is not None and found.suspended_at is None else None

    def find_by_email(self, email: str) -> tuple[User, str] | None:
        return next((row for row in self.rows.values() if row[0].email.lower() == email.lower()), None)

    def register(
        self, *, email: str, name: str, password_hash: str, open_to_all: bool, invitation: str | None = None
    ) -> User:
        invited = self.invitations.use(invitation) if self.invitations and invitation else None
        if self.rows and not open_to_all and not invited:
            raise RegistrationClosed
        if self.find_by_email(email):
            raise EmailTaken
        role = invited or (Role.MEMBER if self.rows else Role.ADMINISTRATOR)
        new = user(self._new_id(), email=email, name=name, role=role)
        self.rows[new.id] = (new, password_hash)
        return new

    def rename(self, user_id: str, name: str) -> User:
        found, hash = self.rows[user_id]
        self.rows[user_id] = (replace(found, name=name), hash)
        return self.rows[user_id][0]

    def change_password(self, user_id: str, password_hash: str) -> None:
        self.rows[user_id] = (self.rows[user_id][0], password_hash)
        self.ended.append(user_id)

    def update_password(self, user_id: str, password_hash: str) -> None:
        self.updated.append(user_id)
        self.rows[user_id] = (self.rows[user_id][0], password_hash)

    def set_role(self, user_id: str, role: Role) -> None:
        found, hash = self.rows[user_id]
        self.rows[user_id] = (replace(found, role=role), hash)

    def operator(self) -> User:
        return next(iter(self.rows.values()))[0] if self.rows else user("operator")


class MemoryPeople:
    """Reset links alone."""

    def __init__(self, users: MemoryUsers) -> None:
        self.resets: dict[str, str] = {}
        self._users = users

    def of_reset(self, token_hash: str) -> User:
        if token_hash not in self.resets:
            raise ResetLinkNotFound
        return self._users.rows[self.resets[token_hash]][0]

    def use_reset(self, token_hash: str, password_hash: str) -> User:
        found = self.of_reset(token_hash)
        self._users.change_password(self.resets.pop(token_hash), password_hash)
        return found


class MemoryInvitations:
    """What each token's account may do."""

    def __init__(self) -> None:
        self.roles: dict[str, Role] = {}

    def find(self, token_hash: str) -> Role:
        if token_hash not in self.roles:
            raise InvitationNotFound
        return self.roles[token_hash]

    def use(self, token_hash: str) -> Role:
        found = self.find(token_hash)
        del self.roles[token_hash]
        return found


class PlainPasswords:
    """A hash is the password with a version before it; those of version 1 are to be made anew."""

    def __init__(self) -> None:
        self.checked: list[str | None] = []
        self.hashed = 0

    def hash(self, password: str) -> str:
        self.hashed += 1
        return f"2:{password}"

    def verify(self, hash: str | None, password: str) -> bool:
        self.checked.append(hash)
        return hash is not None and hash[2:] == password

    def needs_rehash(self, hash: str) -> bool:
        return hash.startswith("1:")
