"""Signing in by a provider: authorization code with PKCE, state and nonce."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import structlog

from backend.app.domain.identities import Identity, PendingSignIn
from backend.app.errors import ProviderMisconfigured, ProviderUnavailable, SignInRefused
from backend.app.security.oidc.provider import SECONDS, ProviderDocument, is_safe_address
from backend.app.security.oidc.tokens import IdTokens

log = structlog.get_logger(__name__)

_MAX_SUBJECT_CHARS = 255  # OIDC Core 2


class OidcClient:
    """Nothing is loaded, and nobody asked, before somebody signs in."""

    def __init__(
        self, provider: ProviderDocument, tokens: IdTokens, *, client_id: str, secret: str, scopes: str, groups: str
    ) -> None:
        self._provider = provider
        self._tokens = tokens
        self._client_id = client_id
        self._secret = secret
        self._scopes = scopes
        self._groups = groups

    def begin(self, callback: str, path: str) -> tuple[str, PendingSignIn]:
        """Return where to send the browser, and what it must bring back.

        Raises:
            ProviderUnavailable, ProviderMisconfigured
        """
        endpoint = self._provider.metadata()["authorization_endpoint"]
        pending = PendingSignIn(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), path)
        with self._session(callback) as session:
            url, _ = session.create_authorization_url(
                endpoint, state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier
            )
        return str(url), pending

    def finish(self, callback: str, answer: Mapping[str, str], pending: PendingSignIn) -> Identity:
        """Return who the provider says has come back.

        Raises:
            SignInRefused, ProviderUnavailable, ProviderMisconfigured
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
            raise SignInRefused
        # RFC 9207: an answer of another provider is not taken for this one's.
        if answer.get("iss", self._provider.issuer) != self._provider.issuer:
            raise SignInRefused
        if answer.get("error") or not answer.get("code"):
            log.info("provider_refused", error=answer.get("error", "")[:80])
            raise SignInRefused
        token = self._token(callback, answer["code"], pending.verifier)
        access = token.get("access_token")
        access = access if isinstance(access, str) else None
        claims = self._tokens.claims(token.get("id_token"), nonce=pending.nonce, access_token=access)
        if not claims.get("email") and access:
            claims = {**self._user_info(access, claims["sub"]), **claims}
        return self._identity(claims)

    def sign_out_address(self) -> str | None:
        """Return where the provider ends its own session, where it says so and is there."""
        try:
            address = self._provider.metadata().get("end_session_endpoint")
        except (ProviderUnavailable, ProviderMisconfigured):
            return None
        return str(address) if is_safe_address(address) else None

    def _session(self, callback: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        metadata = self._provider.metadata()
        # Every provider has to know the first; one that says otherwise is believed (OIDC Discovery 3).
        known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        return OAuth2Session(
            self._client_id,
            self._secret or None,
            scope=self._scopes,
            redirect_uri=callback,
            code_challenge_method="S256",
            token_endpoint_auth_method=method if self._secret else "none",
        )

    def _token(self, callback: str, code: str, verifier: str) -> Mapping[str, Any]:
        import requests
        from authlib.integrations.base_client import OAuthError

        endpoint = self._provider.metadata()["token_endpoint"]
        try:
            with self._session(callback) as session:
                token = session.fetch_token(
                    endpoint,
                    code=code,
                    code_verifier=verifier,
                    timeout=SECONDS,
                    allow_redirects=False,  # a code and a secret go to the named address alone
                )
        except requests.RequestException as error:
            log.warning("provider_unavailable", address=endpoint, error=type(error).__name__)
            raise ProviderUnavailable from error
        except (OAuthError, ValueError) as error:  # it refuses, or its answer is no JSON
            log.warning("provider_refused_code", error=str(error)[:80])
            raise SignInRefused from error
        if not isinstance(token, dict):
            raise SignInRefused
        return token

    def _user_info(self, access: str, subject: object) -> Mapping[str, Any]:
        """Return what the provider tells besides; of another person it is nothing."""
        import requests

        address = self._provider.metadata().get("userinfo_endpoint")
        if not is_safe_address(address):
            return {}
        try:
            answer = requests.get(
                str(address), headers={"Authorization": f"Bearer {access}"}, timeout=SECONDS, allow_redirects=False
            )
            found = answer.json() if answer.status_code == 200 else {}
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable from error
        return found if isinstance(found, dict) and found.get("sub") == subject else {}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= _MAX_SUBJECT_CHARS:
            raise SignInRefused
        email, name = claims.get("email"), claims.get("name") or claims.get("preferred_username")
        return Identity(
            issuer=self._provider.issuer,
            subject=subject,
            email=email if isinstance(email, str) else "",
            # Some say it as a word. Anything else is no yes.
            email_verified=claims.get("email_verified") in (True, "true"),
            name=name if isinstance(name, str) else "",
            groups=_groups(claims, self._groups),
        )


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    found: object = claims if name in claims else None
    if found is not None:
        found = claims[name]
    else:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset([found])
    return frozenset(item for item in found if isinstance(item, str)) if isinstance(found, list) else frozenset()
