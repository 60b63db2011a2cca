"""What a handler asks of its surroundings: the services, and who is asking."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import cast

from flask import current_app, g, request, session
from flask_caching.backends.base import BaseCache

from backend.app.domain.accounts import User
from backend.app.domain.audit import Action, Target
from backend.app.errors import Forbidden, NotSignedIn, SessionNotFound, Unavailable
from backend.app.services.bundle import Services

_EXTENSION = "likeopt"
_REFRESH_SECONDS = 300  # a session's end moves on at most this often, so that most requests write nothing


def put_services(extensions: dict[str, object], services: Services) -> None:
    extensions[_EXTENSION] = services


def services() -> Services:
    return cast(Services, current_app.extensions[_EXTENSION])


def shared_answers() -> BaseCache:
    """Return Flask-Caching's store, which all workers share."""
    (store,) = current_app.extensions["cache"].values()
    return cast(BaseCache, store)


def current_user() -> User:
    """Return who is signed in.

    Raises:
        NotSignedIn
        Unavailable: sessions cannot be read now; whoever is signed in stays so.
    """
    user = optional_user()
    if user is None:
        _refuse_if_unknown()
        raise NotSignedIn
    return user


def optional_user() -> User | None:
    if "user" not in g:
        login = session_id()
        g.user = services().sessions.user_of(login) if login else None
        if g.user is not None and login and time.time() - float(session.get("seen", 0)) > _REFRESH_SECONDS:
            session["seen"] = int(time.time())
            services().sessions.seen(login, address())
    return cast("User | None", g.user)


def session_id() -> str | None:
    """Return the id by which this browser's session is listed; that it is still listed is not said."""
    found = session.get("login")
    return found if isinstance(found, str) else None


def address() -> str:
    """Return where the request came from, as far as proxies that are trusted tell."""
    return request.remote_addr or ""


def administrator() -> User:
    """Return the administrator who is signed in.

    Raises:
        NotSignedIn, Forbidden
    """
    user = current_user()
    if not user.is_administrator:
        raise Forbidden("Only administrators may see this.")
    return user


def sign_in(user: User) -> None:
    """Begin a session under a new id, so that one that was planted before is worth nothing."""
    _end_listed()
    session.clear()
    session.permanent = True
    session["seen"] = int(time.time())
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]  # Flask-Session's interface
    secret: str = session.sid  # type: ignore[attr-defined]  # Flask-Session's too
    session["login"] = services().sessions.begin(user, secret, agent=request.user_agent.string, address=address())
    g.user = user


def sign_out() -> None:
    """End the session, in the list of sessions and in the store.

    Raises:
        Unavailable: the store may know of this session, and cannot be asked to end it.
    """
    _refuse_if_unknown()
    _end_listed()
    session.clear()
    g.user = None


def _refuse_if_unknown() -> None:
    if getattr(session, "is_away", False):
        raise Unavailable("Who is signed in cannot be looked up at the moment. Try again.")


def _end_listed() -> None:
    login, user = session_id(), optional_user()
    if login and user:
        with contextlib.suppress(SessionNotFound):  # ended elsewhere in this moment
            services().sessions.end(user, login)


def record(action: Action, target: Target | None = None, *, actor: User | None = None, **details: object) -> None:
    """Write into the audit log what has just been done: by whoever is signed in, unless ``actor`` says who."""
    by = actor or optional_user()
    services().audit.record(action, actor=by, target=target or Target("", ""), address=address(), details=details)


def note_stages(milliseconds: Mapping[str, float]) -> None:
    """Add a request's own stages to its Server-Timing header."""
    g.stages = {**g.get("stages", {}), **milliseconds}
