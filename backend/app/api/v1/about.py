"""What this server is, before and after signing in."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response

from backend.app.api.context import optional_user, services, shared_answers
from backend.app.api.envelope import answer
from backend.app.services.accounts import AccountService
from backend.app.version import __version__

LANGUAGES = ("en", "ko")
_SECONDS = 60


def blueprint() -> Blueprint:
    about = Blueprint("about", __name__)
    about.get("/about")(show)
    return about


def show() -> Response:
    every = services()
    data: dict[str, object] = {
        "name": "Like-Opt",
        "version": __version__,
        **_accounts(every.accounts),
        "max_upload_bytes": every.settings.max_upload_bytes,
        "formats": list(every.formats),
        "web_pages": every.web_pages.on,
        "languages": list(LANGUAGES),
        "offered_questions": every.settings.offered_questions,
        "password_sign_in": every.settings.password_sign_in,
        "single_sign_on": {"name": every.sign_on.name} if every.sign_on else None,
    }
    if optional_user() is not None:
        status = every.models.status()
        data["model"] = {
            "provider": status.provider,
            "name": status.name,
            "available": status.available,
            "hint": status.hint,
            "hint_code": status.hint_code,
        }
        data["embedding"] = {"name": every.embedder.name, "dimensions": every.embedder.dimensions or None}
    return answer(data)


def _accounts(accounts: AccountService) -> dict[str, bool]:
    """Return whether accounts can be made. Every page begins by asking, and it hardly ever changes."""
    version = accounts.version()
    known = None if version is None else shared_answers().get(f"accounts {version}")
    if known is None:
        known = {"setup_required": accounts.setup_required(), "registration_open": accounts.registration_open()}
        if version is not None:
            shared_answers().set(f"accounts {version}", known, timeout=_SECONDS)
    return cast(dict[str, bool], known)
