"""What a provider publishes of itself: its addresses and the keys that it signs with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog

from backend.app.errors import ProviderMisconfigured, ProviderUnavailable

log = structlog.get_logger(__name__)

SECONDS = (5.0, 10.0)  # to connect, and between two pieces of an answer
_KEPT_SECONDS = 3600.0
_LEAST_SECONDS = 60.0  # between two looks for a key that is not known: whoever sends rubbish makes us ask no more
_MAX_BYTES = 1024 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Fetch = Callable[[str], bytes]


class ProviderDocument:
    """Fetches the discovery document and the keys when they are first needed, and again when they are old."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None

    def metadata(self) -> Mapping[str, Any]:
        """Return the discovery document.

        Raises:
            ProviderUnavailable, ProviderMisconfigured
        """
        with self._lock:
            if self._metadata is None or self._clock() - self._metadata[0] > _KEPT_SECONDS:
                found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._metadata = (self._clock(), self._checked(found))
            return self._metadata[1]

    def keys(self, *, again: bool = False) -> Mapping[str, Any]:
        """Return the set of keys; ``again`` asks anew, as for a key that has been added since."""
        address = self.metadata()["jwks_uri"]
        with self._lock:
            age = self._clock() - self._keys[0] if self._keys else _KEPT_SECONDS + 1
            if age > _KEPT_SECONDS or (again and age > _LEAST_SECONDS):
                self._keys = (self._clock(), self._read(address))
            assert self._keys is not None  # noqa: S101  # an age is only young where there are some
            return self._keys[1]

    def _read(self, address: str) -> Mapping[str, Any]:
        import msgspec

        try:
            return msgspec.json.decode(self._fetch(address), type=dict[str, Any])
        except msgspec.MsgspecError as error:
            log.warning("provider_said_no_json", address=address)
            raise ProviderUnavailable from error

    def _checked(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        # Else a document of another issuer would have its tokens taken for this one's (OIDC Discovery 4.3).
        if metadata.get("issuer") != self.issuer:
            log.warning("provider_is_another", issuer=metadata.get("issuer"), expected=self.issuer)
            raise ProviderMisconfigured
        for name in _NEEDED:
            if not is_safe_address(metadata.get(name)):
                log.warning("provider_address_missing", name=name)
                raise ProviderMisconfigured
        return metadata


def is_safe_address(address: object) -> bool:
    """Tell whether secrets may be sent there: over TLS, or within this machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def fetch(address: str) -> bytes:
    """Return what an address answers.

    Raises:
        ProviderUnavailable
    """
    import requests

    try:
        with requests.get(address, timeout=SECONDS, allow_redirects=False, stream=True) as response:
            body = response.raw.read(_MAX_BYTES + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        log.warning("provider_unavailable", address=address, error=type(error).__name__)
        raise ProviderUnavailable from error
    except Exception as error:  # urllib3's own, of a body that is read past requests
        log.warning("provider_unavailable", address=address, error=type(error).__name__)
        raise ProviderUnavailable from error
    if response.status_code != 200 or len(body) > _MAX_BYTES:
        log.warning("provider_unavailable", address=address, status=response.status_code)
        raise ProviderUnavailable
    return bytes(body)
