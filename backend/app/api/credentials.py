"""API keys at the door: the one place where a request's key is looked at, before any handler runs."""

from __future__ import annotations

from flask import Flask, g, request

from backend.app.api.context import services
from backend.app.api.scopes import NEEDS, OPEN
from backend.app.domain.keys import ApiKey
from backend.app.errors import AppError, KeyMayNot
from backend.app.security.api_keys import bearer_of


def init_credentials(app: Flask) -> None:
    """Let a key say who asks, in place of a session.

    A request that carries a key is answered as that key's or not at all: beside it no cookie is looked
    at. One that is refused counts against its address as any other does, so that is told later.
    """

    @app.before_request
    def recognise() -> None:
        secret = bearer_of(request.headers.get("Authorization"))
        endpoint = request.endpoint
        if secret is None or endpoint is None or endpoint in OPEN or request.blueprint == "page":
            return
        g.user = g.key_scopes = None
        try:
            user, key = services().keys.recognised(secret)
            _check(key, endpoint)
        except AppError as error:
            g.key_refused = error
        else:
            g.user, g.key_scopes = user, key.scopes


def init_refusals(app: Flask) -> None:
    """Refuse what ``init_credentials`` did not let in."""

    @app.before_request
    def refuse() -> None:
        if "key_refused" in g:
            raise g.key_refused


def _check(key: ApiKey, endpoint: str) -> None:
    needs = NEEDS.get(endpoint)
    if needs is None:
        raise KeyMayNot("API keys may not do this. Sign in to Like-Opt in the browser.")
    if needs.scope is not None and needs.scope not in key.scopes:
        raise KeyMayNot(f"This needs an API key with the scope `{needs.scope}`. Make one in the settings.")
    if key.collection_ids is not None and not needs.bounded:
        raise KeyMayNot("This API key is for some collections alone, and what is asked for lies beyond them.")
