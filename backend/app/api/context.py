"""What a handler asks of its surroundings: the services, and who is asking."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

from flask import current_app, g, session
from flask_caching.backends.base import BaseCache

from backend.app.domain.accounts import User
from backend.app.errors import Forbidden, NotSignedIn, Unavailable
from backend.app.services.bundle import Services

_EXTENSION = "likeopt"
_REFRESH_SECONDS = 3600  # a session's end moves on at most this often, so that most requests write nothing


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
        if getattr(session, "is_away", False):
            raise Unavailable("Who is signed in cannot be looked up at the moment. Try again.")
        raise NotSignedIn
    return user


def optional_user() -> User | None:
    if "user" not in g:
        user_id = session.get("user_id")
        g.user = services().accounts.get(user_id) if isinstance(user_id, str) else None
        if g.user is not None and time.time() - float(session.get("seen", 0)) > _REFRESH_SECONDS:
            session["seen"] = int(time.time())
    return cast("User | None", g.user)


def administrator() -> User:
    """Return the administrator who is signed in.

    Raises:
        NotSignedIn, Forbidden
    """
    user = current_user()
    if not user.is_administrator:
        raise Forbidden("Only administrators may see this.")
    return user


def require_sessions() -> None:
    """Raise ``Unavailable`` where a sign-in would not last, nor a sign-out end anything."""
    current_app.session_interface.check()  # type: ignore[attr-defined]  # ours, of middleware/sessions.py


def sign_in(user: User) -> None:
    """Begin a session under a new id, so that one that was planted before is worth nothing."""
    session.clear()
    session.permanent = True
    session["user_id"] = user.id
    session["seen"] = int(time.time())
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]  # Flask-Session's interface
    g.user = user


def sign_out() -> None:
    """End the session, in the store too."""
    session.clear()
    g.user = None


def note_stages(milliseconds: Mapping[str, float]) -> None:
    """Add a request's own stages to its Server-Timing header."""
    g.stages = {**g.get("stages", {}), **milliseconds}
