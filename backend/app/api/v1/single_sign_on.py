"""Signing in by an identity provider: two addresses that a browser goes to, so their refusals are pages too."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Blueprint, Response, current_app, redirect, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import Field

from backend.app.api.context import record, services, sign_in
from backend.app.api.query import Query, asked
from backend.app.domain.accounts import User
from backend.app.domain.audit import Action, Target
from backend.app.domain.identities import PendingSignIn
from backend.app.errors import AppError, NotFound, SignInExpired
from backend.app.services.single_sign_on import SingleSignOn

log = structlog.get_logger(__name__)

CALLBACK = "/api/v1/auth/oidc/callback"
_COOKIE = "likeopt_sign_in"
_SECONDS = 600  # at the provider: a password, a second factor
_MAX_PATH_CHARS = 1000
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class Next(Query):
    next: Annotated[str | None, Field(description="Where to go on after that, on this site.")] = None


class Returned(Query):
    code: Annotated[str | None, Field(description="What the provider gives an account of itself for.")] = None
    state: str | None = None
    error: str | None = None


def blueprint() -> Blueprint:
    sign_on = Blueprint("single_sign_on", __name__, url_prefix="/auth/oidc")
    sign_on.get("")(begin)
    sign_on.get("/callback")(finish)
    return sign_on


def begin() -> Response:
    path = own_path(asked(Next).next)
    try:
        address, pending = _required().begin(_callback(), path)
    except NotFound:
        raise
    except AppError as error:
        return _refused(error, path)
    response = _to(address)
    response.set_cookie(
        _cookie(),
        _serializer().dumps(asdict(pending)),
        max_age=_SECONDS,
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",  # it comes along when the provider sends the browser back
    )
    return response


def finish() -> Response:
    sign_on, path = _required(), "/"
    try:
        pending = _pending()
        path = pending.path
        user, how = sign_on.finish(_callback(), request.args, pending)
    except AppError as error:
        record(Action.SIGN_IN_FAILED, by="provider", error_code=error.error_code)
        return _refused(error, path)
    sign_in(user)
    session["by_provider"] = True
    if how == "made":
        record(Action.REGISTERED, _target(user), role=user.role.value, by="provider")
    record(Action.SIGNED_IN, by="provider", how=how)
    response = _to(path)
    _forget(response)
    return response


def sign_out_address() -> str | None:
    """Return where who came by a provider is signed out there too; ask before the session ends."""
    sign_on = services().sign_on
    if sign_on is None or not session.get("by_provider"):
        return None
    return sign_on.sign_out_address(f"{request.host_url}sign-in")


def own_path(path: str | None) -> str:
    """Return a path of this page alone: never another site, in whatever spelling, nor the API."""
    if not path or len(path) > _MAX_PATH_CHARS or not _OWN_PATH.fullmatch(path):
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc or parts.path.startswith("/api/") else path


def _required() -> SingleSignOn:
    sign_on = services().sign_on
    if sign_on is None:
        raise NotFound
    return sign_on


def _pending() -> PendingSignIn:
    """Return what this browser began with. Whoever sends somebody else a callback's address has not its cookie."""
    try:
        return PendingSignIn(**_serializer().loads(request.cookies.get(_cookie(), ""), max_age=_SECONDS))
    except (BadData, TypeError) as error:
        raise SignInExpired from error


def _refused(error: AppError, path: str) -> Response:
    log.info("provider_sign_in_refused", error_code=error.error_code)
    query = {"refused": error.error_code, **({"next": path} if path != "/" else {})}
    response = _to(f"/sign-in?{urlencode(query)}")
    _forget(response)
    return response


def _forget(response: Response) -> None:
    response.delete_cookie(_cookie(), secure=_is_secure(), httponly=True, samesite="Lax")


def _to(address: str) -> Response:
    response = redirect(address, 303, Response)
    assert isinstance(response, Response)  # noqa: S101  # the class that was asked for
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # a callback's address holds a code
    return response


def _callback() -> str:
    return f"{request.host_url.rstrip('/')}{CALLBACK}"


def _cookie() -> str:
    # Browsers take such a name over HTTPS alone, from this very host: no other one can plant it.
    return f"__Host-{_COOKIE}" if _is_secure() else _COOKIE


def _is_secure() -> bool:
    return services().settings.cookie_secure or request.is_secure


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="likeopt single sign-on")


def _target(user: User) -> Target:
    return Target("user", user.id, user.email)
