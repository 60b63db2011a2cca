"""What this server is, before and after signing in."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api.context import optional_user, services
from backend.app.api.envelope import answer
from backend.app.version import __version__

LANGUAGES = ("en", "ko")


def blueprint() -> Blueprint:
    about = Blueprint("about", __name__)
    about.get("/about")(show)
    return about


def show() -> Response:
    every = services()
    data: dict[str, object] = {
        "name": "Like-Opt",
        "version": __version__,
        "setup_required": every.accounts.setup_required(),
        "registration_open": every.accounts.registration_open(),
        "max_upload_bytes": every.settings.max_upload_bytes,
        "formats": list(every.formats),
        "languages": list(LANGUAGES),
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
        data["embedding"] = {"name": every.embedding, "dimensions": every.embedding_dimensions}
    return answer(data)
