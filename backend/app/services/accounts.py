"""Making accounts and signing in."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from backend.app.cache.copies import Copies
from backend.app.concurrency import NativePool
from backend.app.domain.accounts import Role, User
from backend.app.errors import InvalidRequest, PasswordSignInOff, RegistrationClosed, WrongCredentials, WrongPassword
from backend.app.security.one_time import token_hash
from backend.app.security.typed_text import one_line
from backend.app.services.account_rules import MAX_PASSWORD_CHARS, check_password, checked_email, checked_name
from backend.app.storage.account_interfaces import Invitations, People
from backend.app.storage.interfaces import Users


class PasswordHashes(Protocol):
    def hash(self, password: str) -> str: ...
    def verify(self, hash: str | None, password: str) -> bool: ...
    def needs_rehash(self, hash: str) -> bool: ...


class AccountService:
    def __init__(
        self,
        users: Users,
        people: People,
        invitations: Invitations,
        passwords: PasswordHashes,
        pool: NativePool,
        copies: Copies[User | None],
        *,
        open_registration: bool,
        password_sign_in: bool = True,
    ) -> None:
        self._users = users
        self._people = people
        self._invitations = invitations
        self._copies = copies
        self._passwords = passwords
        self._pool = pool
        self._open_registration = open_registration
        self._password_sign_in = password_sign_in

    def version(self) -> int | None:
        """Return a number that changes with the accounts; None where nobody can know."""
        return self._copies.epoch

    def setup_required(self) -> bool:
        """Tell whether the first account is still to be made."""
        return not self._users.any_account()

    def registration_open(self) -> bool:
        return self._password_sign_in and (self._open_registration or self.setup_required())

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

    def register(self, email: str, password: str, name: str, invitation: str | None = None) -> User:
        """Make an account; the first one administers. ``invitation`` is the token of one, which is used up.

        Raises:
            InvalidRequest, EmailTaken, RegistrationClosed, InvitationNotFound, WrongInvitation, PasswordSignInOff
        """
        self._require_passwords()
        return self._add(email, password, name, open_to_all=self._open_registration, invitation=invitation)

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

    def rename(self, user: User, name: str) -> User:
        """Change what a person is called.

        Raises:
            InvalidRequest
        """
        name = checked_name(name)
        if not name:
            raise InvalidRequest("A name has at least one character.")
        return self._users.rename(user.id, name)

    def change_password(self, user: User, current: str, new: str) -> None:
        """Change one's password; all sessions end, this one too.

        Raises:
            WrongPassword, InvalidRequest, PasswordSignInOff
        """
        self._require_passwords()
        check_password(new)
        found = self._users.find_by_email(user.email)
        right = self._pool.run(self._passwords.verify, found[1] if found else None, current[:MAX_PASSWORD_CHARS])
        if not right or len(current) > MAX_PASSWORD_CHARS:
            raise WrongPassword
        self._users.change_password(user.id, self._pool.run(self._passwords.hash, new))

    def of_reset(self, token: str) -> User:
        """Return whose password a link may change.

        Raises:
            ResetLinkNotFound
        """
        return self._people.of_reset(token_hash(token))

    def reset_password(self, token: str, new: str) -> User:
        """Choose a new password by a link, which is used up; all sessions end.

        Raises:
            ResetLinkNotFound, InvalidRequest, PasswordSignInOff
        """
        self._require_passwords()
        check_password(new)
        hash = token_hash(token)
        self._people.of_reset(hash)  # before the hashing, which strangers could keep us busy with
        return self._people.use_reset(hash, self._pool.run(self._passwords.hash, new))

    def _require_passwords(self) -> None:
        if not self._password_sign_in:
            raise PasswordSignInOff

    def _add(self, email: str, password: str, name: str, *, open_to_all: bool, invitation: str | None = None) -> User:
        email, name = checked_email(email), checked_name(name)
        check_password(password)
        if invitation is not None:
            self._invitations.find(
                token_hash(invitation)
            )  # before the hashing, which strangers could keep us busy with
        elif not open_to_all and not self.setup_required():
            raise RegistrationClosed
        return self._users.register(
            email=email,
            name=name or email.partition("@")[0],
            password_hash=self._pool.run(self._passwords.hash, password),
            open_to_all=open_to_all,
            invitation=None if invitation is None else token_hash(invitation),
        )

    def sign_in(self, email: str, password: str) -> User:
        """Return the user whose address and password these are.

        Raises:
            WrongCredentials: after the same work for an unknown address, a wrong password, and a
                suspended account. Which of them it was, nobody is told.
        """
        self._require_passwords()
        found = self._users.find_by_email(one_line(email)) if len(password) <= MAX_PASSWORD_CHARS else None
        user, hash = found if found else (None, None)
        right = self._pool.run(self._passwords.verify, hash, password[:MAX_PASSWORD_CHARS])
        if user is None or hash is None or not right or user.suspended_at is not None:
            raise WrongCredentials
        if self._passwords.needs_rehash(hash):
            self._users.update_password(user.id, self._pool.run(self._passwords.hash, password))
        return user
