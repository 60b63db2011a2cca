"""ID tokens: a provider's signed word on who somebody is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from backend.app.errors import SignInRefused
from backend.app.security.oidc.provider import ProviderDocument

log = structlog.get_logger(__name__)

# Never `none`, nor HMAC: with those, whoever knows the public key could sign.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
_LEEWAY_SECONDS = 60  # clocks differ
_MAX_CHARS = 64 * 1024


class IdTokens:
    def __init__(self, provider: ProviderDocument, client_id: str, clock: Callable[[], float] = time.time) -> None:
        self._provider = provider
        self._client_id = client_id
        self._clock = clock

    def claims(self, token: object, *, nonce: str, access_token: str | None) -> Mapping[str, Any]:
        """Return what an ID token says, once it is proven to be meant for us, here and now.

        Raises:
            SignInRefused, ProviderUnavailable, ProviderMisconfigured
        """
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            if not isinstance(token, str) or len(token) > _MAX_CHARS:
                raise ValueError("no token")
            decoded = self._decoded(token)
            # Authlib checks an audience only where it is told which one.
            expected = {
                "iss": {"essential": True, "value": self._provider.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
            }
            params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
            claims = CodeIDToken(decoded.claims, decoded.header, expected, params)
            claims.validate(now=int(self._clock()), leeway=_LEEWAY_SECONDS)
            return dict(claims)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            # The reason is for the log alone: it says nothing to a person, and too much to somebody who tries.
            log.warning("id_token_refused", error=type(error).__name__, reason=str(error)[:200])
            raise SignInRefused from error

    def _decoded(self, token: str) -> Any:
        from joserfc import jws, jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet

        def decode(*, again: bool) -> Any:
            keys = KeySet.import_key_set(dict(self._provider.keys(again=again)))  # type: ignore[arg-type]
            return jwt.decode(token, keys, registry=jws.JWSRegistry(algorithms=list(_ALGORITHMS)))

        try:
            return decode(again=False)
        except (InvalidKeyIdError, JoseError):  # providers change their keys
            return decode(again=True)
