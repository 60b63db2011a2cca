"""Who comes by an identity provider, and which account that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from backend.app.domain.accounts import NO_PASSWORD, Role, User
from backend.app.domain.identities import Identity, PendingSignIn
from backend.app.errors import (
    AccountSuspended,
    AddressNotAllowed,
    AddressNotVerified,
    EmailTaken,
    InvalidRequest,
    NoAccount,
)
from backend.app.security.typed_text import one_line
from backend.app.services.account_rules import MAX_NAME_CHARS, checked_email
from backend.app.storage.identities import Identities
from backend.app.storage.interfaces import Users

log = structlog.get_logger(__name__)


class Provider(Protocol):
    def begin(self, callback: str, path: str) -> tuple[str, PendingSignIn]: ...
    def finish(self, callback: str, answer: Mapping[str, str], pending: PendingSignIn) -> Identity: ...
    def sign_out_address(self) -> str | None: ...


class SingleSignOn:
    """An identity that is known is its account's, whatever its address is by now.

    Otherwise the address decides, so it must be verified: else whoever enters somebody's address at the
    provider would come into that person's account. An account that is there already may have been made by
    somebody else than who has its address: all other ways into it end when the two are joined.
    """

    def __init__(
        self,
        provider: Provider,
        identities: Identities,
        users: Users,
        *,
        name: str,
        client_id: str,
        domains: Sequence[str] = (),
        creates_accounts: bool = True,
        admin_group: str = "",
    ) -> None:
        self._provider = provider
        self._identities = identities
        self._users = users
        self._client_id = client_id
        self._domains = frozenset(domain.lower() for domain in domains)
        self._creates_accounts = creates_accounts
        self._admin_group = admin_group
        self.name = name

    def begin(self, callback: str, path: str) -> tuple[str, PendingSignIn]:
        """Return the provider's address to send the browser to, and what that browser keeps meanwhile.

        Raises:
            ProviderUnavailable, ProviderMisconfigured
        """
        return self._provider.begin(callback, path)

    def finish(self, callback: str, answer: Mapping[str, str], pending: PendingSignIn) -> tuple[User, str]:
        """Return who has come back, and how: ``known``, ``joined`` or ``made``.

        Raises:
            SignInRefused and its kinds, ProviderUnavailable, ProviderMisconfigured
        """
        identity = self._provider.finish(callback, answer, pending)
        user, how = self._account(identity)
        if user.suspended_at is not None:
            raise AccountSuspended
        return self._with_role(user, identity), how

    def sign_out_address(self, back: str) -> str | None:
        """Return where the provider ends its own session, and then sends the browser back."""
        from urllib.parse import urlencode

        address = self._provider.sign_out_address()
        if address is None:
            return None
        query = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": back})
        return f"{address}{'&' if '?' in address else '?'}{query}"

    def _account(self, identity: Identity) -> tuple[User, str]:
        known = self._identities.user_of(identity.issuer, identity.subject)
        email = one_line(identity.email)
        if known is None or self._domains:
            self._check(email, is_verified=identity.email_verified)
        if known is not None:
            return known, "known"
        found = self._users.find_by_email(email)
        if found is not None:
            user, how = found[0], "joined"
            if user.suspended_at is not None:
                raise AccountSuspended
        else:
            user, how = self._made(email, identity.name), "made"
        self._identities.join(user.id, identity.issuer, identity.subject)
        return user, how

    def _check(self, email: str, *, is_verified: bool) -> None:
        try:
            checked_email(email)
        except InvalidRequest as error:
            raise AddressNotVerified from error
        if not is_verified:
            raise AddressNotVerified
        if self._domains and email.rpartition("@")[2].lower() not in self._domains:
            raise AddressNotAllowed

    def _made(self, email: str, name: str) -> User:
        if not self._creates_accounts:
            raise NoAccount
        name = one_line(name)[:MAX_NAME_CHARS] or email.partition("@")[0]
        try:
            return self._users.register(email=email, name=name, password_hash=NO_PASSWORD, open_to_all=True)
        except EmailTaken as error:  # in this moment, by another request
            raise NoAccount("The account was made in this moment. Sign in again.") from error

    def _with_role(self, user: User, identity: Identity) -> User:
        if not self._admin_group:
            return user
        role = Role.ADMINISTRATOR if self._admin_group in identity.groups else Role.MEMBER
        if not self._identities.follow_role(user.id, role):
            return user
        log.info("role_followed_group", user=user.id, role=role.value)
        return self._users.get(user.id) or user
