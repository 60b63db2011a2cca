"""What settings must be beyond their kind, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backend.app.config.describing import PREFIX
from backend.app.domain.rates import Rate

if TYPE_CHECKING:
    from backend.app.config.settings import Settings


def violations(settings: Settings) -> Iterator[str]:
    """Say of every setting that cannot be used why not."""
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        choices, least = entry.metadata["choices"], entry.metadata["least"]
        variable = PREFIX + entry.name.upper()
        if choices and value not in choices:
            yield f"{variable}={value!r}: expected one of {', '.join(choices)}"
        elif isinstance(value, int | float) and not isinstance(value, bool) and value < least:
            yield f"{variable}={value!r}: must be {f'at least {least:g}' if least else 'zero or more'}"
    if settings.port > 65535:
        yield f"{PREFIX}PORT={settings.port}: expected 0 to 65535"
    if settings.vector_weight > 1 or -1 < settings.vector_weight < 0:
        yield f"{PREFIX}VECTOR_WEIGHT={settings.vector_weight}: expected 0 to 1, or -1"
    if not 0 < settings.rerank_weight <= 1:
        yield f"{PREFIX}RERANK_WEIGHT={settings.rerank_weight}: expected more than 0, at most 1"
    if settings.log_debug_share > 1:
        yield f"{PREFIX}LOG_DEBUG_SHARE={settings.log_debug_share}: expected 0 to 1"
    if not 200 <= settings.passage_chars <= 20_000:
        yield f"{PREFIX}PASSAGE_CHARS={settings.passage_chars}: expected 200 to 20000"
    if settings.passage_overlap_chars * 2 > settings.passage_chars:
        yield f"{PREFIX}PASSAGE_OVERLAP_CHARS={settings.passage_overlap_chars}: at most half of a passage"
    yield from _single_sign_on(settings)
    yield from _others_that_ask(settings)
    for entry in fields(settings):
        if entry.name.startswith("rate_"):
            try:
                Rate.parse(getattr(settings, entry.name))
            except ValueError as error:
                yield f"{PREFIX}{entry.name.upper()}={getattr(settings, entry.name)!r}: {error}"


def _single_sign_on(settings: Settings) -> Iterator[str]:
    issuer = urlsplit(settings.oidc_issuer)
    safe = issuer.scheme == "https" or (
        issuer.scheme == "http" and issuer.hostname in ("127.0.0.1", "localhost", "::1")
    )
    if settings.oidc_issuer and not (safe and issuer.hostname):
        yield f"{PREFIX}OIDC_ISSUER={settings.oidc_issuer!r}: expected an https address"
    if settings.oidc_issuer and not settings.oidc_client_id:
        yield f"{PREFIX}OIDC_CLIENT_ID is needed beside {PREFIX}OIDC_ISSUER"
    if settings.oidc_issuer and "openid" not in settings.oidc_scopes.split():
        yield f"{PREFIX}OIDC_SCOPES={settings.oidc_scopes!r}: `openid` must be among them"
    if not settings.password_sign_in and not settings.oidc_issuer:
        yield f"{PREFIX}PASSWORD_SIGN_IN=false: nobody could sign in without {PREFIX}OIDC_ISSUER"


def _others_that_ask(settings: Settings) -> Iterator[str]:
    for origin in settings.cors_origins.split():
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            yield f"{PREFIX}CORS_ORIGINS: {origin!r} is no origin; expected one such as https://tools.example.org"
    for address in filter(None, map(str.strip, settings.proxy_addresses.split(","))):
        try:
            ip_network(address)
        except ValueError:
            yield f"{PREFIX}PROXY_ADDRESSES: {address!r} is no address and no network"
    if settings.proxy_addresses and not settings.trusted_proxies:
        yield f"{PREFIX}PROXY_ADDRESSES needs {PREFIX}TRUSTED_PROXIES: how many proxies there are in a row"
