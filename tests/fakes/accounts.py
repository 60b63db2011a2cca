"""Accounts in memory, and passwords that cost nothing."""

from __future__ import annotations

from dataclasses import replace

from backend.app.domain.accounts import Role, User
from backend.app.errors import EmailTaken, RegistrationClosed
from tests.fakes.things import ids, user


class MemoryUsers:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[User, str]] = {}
        self.updated: list[str] = []
        self._new_id = ids("user")

    def any_account(self) -> bool:
        return bool(self.rows)

    def get(self, user_id: str) -> User | None:
        found = self.rows[user_id][0] if user_id in self.rows else None
        return found if found is not None and found.suspended_at is None else None

    def find_by_email(self, email: str) -> tuple[User, str] | None:
        return next((row for row in self.rows.values() if row[0].email.lower() == email.lower()), None)

    def register(self, *, email: str, name: str, password_hash: str, open_to_all: bool) -> User:
        if self.rows and not open_to_all:
            raise RegistrationClosed
        if self.find_by_email(email):
            raise EmailTaken
        role = Role.MEMBER if self.rows else Role.ADMINISTRATOR
        new = user(self._new_id(), email=email, name=name, role=role)
        self.rows[new.id] = (new, password_hash)
        return new

    def update_password(self, user_id: str, password_hash: str) -> None:
        self.updated.append(user_id)
        self.rows[user_id] = (self.rows[user_id][0], password_hash)

    def set_role(self, user_id: str, role: Role) -> None:
        found, hash = self.rows[user_id]
        self.rows[user_id] = (replace(found, role=role), hash)

    def operator(self) -> User:
        return next(iter(self.rows.values()))[0] if self.rows else user("operator")


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
