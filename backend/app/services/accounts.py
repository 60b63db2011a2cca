"""Making accounts and signing in."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol

from backend.app.cache.copies import Copies
from backend.app.concurrency import NativePool
from backend.app.domain.accounts import Role, User
from backend.app.errors import InvalidRequest, RegistrationClosed, WrongCredentials
from backend.app.security.typed_text import one_line
from backend.app.storage.interfaces import Users

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 1024  # argon2 would read megabytes without complaint
MAX_NAME_CHARS = 200
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class PasswordHashes(Protocol):
    def hash(self, password: str) -> str: ...
    def verify(self, hash: str | None, password: str) -> bool: ...
    def needs_rehash(self, hash: str) -> bool: ...


class AccountService:
    def __init__(
        self,
        users: Users,
        passwords: PasswordHashes,
        pool: NativePool,
        copies: Copies[User | None],
        *,
        open_registration: bool,
    ) -> None:
        self._users = users
        self._copies = copies
        self._passwords = passwords
        self._pool = pool
        self._open_registration = open_registration

    def version(self) -> int | None:
        """Return a number that changes with the accounts; None where nobody can know."""
        return self._copies.epoch

    def setup_required(self) -> bool:
        """Tell whether the first account is still to be made."""
        return not self._users.any_account()

    def registration_open(self) -> bool:
        return self._open_registration or self.setup_required()

    def get(self, user_id: str) -> User | None:
        """Return somebody who may use Like-Opt now; None where there is no such account, or it is suspended."""
        return self._copies.get(user_id, lambda: self._users.get(user_id))

    def known(self, email: str) -> User | None:
        """Return whose address this is, whether they may sign in or not. Tell no stranger."""
        found = self._users.find_by_email(one_line(email))
        return found[0] if found else None

    def operator(self) -> User:
        """Return whom the command line acts for."""
        return self._users.operator()

    def register(self, email: str, password: str, name: str) -> User:
        """Make an account; the first one administers.

        Raises:
            InvalidRequest, EmailTaken, RegistrationClosed
        """
        return self._add(email, password, name, open_to_all=self._open_registration)

    def create_by_operator(self, email: str, password: str, name: str, *, administrator: bool = False) -> User:
        """Make an account on the command line, where registration is never closed.

        Raises:
            InvalidRequest, EmailTaken
        """
        user = self._add(email, password, name, open_to_all=True)
        if not administrator or user.is_administrator:
            return user
        self._users.set_role(user.id, Role.ADMINISTRATOR)
        return replace(user, role=Role.ADMINISTRATOR)

    def _add(self, email: str, password: str, name: str, *, open_to_all: bool) -> User:
        email, name = one_line(email), one_line(name)
        if not _EMAIL.fullmatch(email):
            raise InvalidRequest("This is not an email address. Write it as name@example.com.")
        if len(password) < MIN_PASSWORD_CHARS:
            raise InvalidRequest(f"The password needs at least {MIN_PASSWORD_CHARS} characters.")
        if len(password) > MAX_PASSWORD_CHARS:
            raise InvalidRequest(f"The password has more than {MAX_PASSWORD_CHARS} characters. Choose a shorter one.")
        if len(name) > MAX_NAME_CHARS:
            raise InvalidRequest(f"The name has more than {MAX_NAME_CHARS} characters. Shorten it.")
        if not open_to_all and not self.setup_required():  # before the hashing, which strangers could keep us busy with
            raise RegistrationClosed
        return self._users.register(
            email=email,
            name=name or email.partition("@")[0],
            password_hash=self._pool.run(self._passwords.hash, password),
            open_to_all=open_to_all,
        )

    def sign_in(self, email: str, password: str) -> User:
        """Return the user whose address and password these are.

        Raises:
            WrongCredentials: after the same work for an unknown address, a wrong password, and a
                suspended account. Which of them it was, nobody is told.
        """
        found = self._users.find_by_email(one_line(email)) if len(password) <= MAX_PASSWORD_CHARS else None
        user, hash = found if found else (None, None)
        right = self._pool.run(self._passwords.verify, hash, password[:MAX_PASSWORD_CHARS])
        if user is None or hash is None or not right or user.suspended_at is not None:
            raise WrongCredentials
        if self._passwords.needs_rehash(hash):
            self._users.update_password(user.id, self._pool.run(self._passwords.hash, password))
        return user
