"""The API described for programs."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import msgspec
from flask import Blueprint, Flask, Response, current_app

from backend.app.api.envelope import with_tag


def blueprint() -> Blueprint:
    openapi = Blueprint("openapi", __name__)
    openapi.get("/openapi.json")(show)
    return openapi


def show() -> Response:
    body, tag = _made(cast(Flask, current_app._get_current_object()))  # type: ignore[attr-defined]  # Flask's way
    return with_tag(Response(body, mimetype="application/json"), tag)


@lru_cache(maxsize=1)
def _made(app: Flask) -> tuple[bytes, str]:
    """Make it once for each process, when somebody first asks: hardly anybody ever does."""
    import hashlib

    from backend.app.api.openapi.document import document
    from backend.app.api.openapi.operations import OPERATIONS

    body = msgspec.json.encode(document(app.url_map.iter_rules(), OPERATIONS))
    return body, hashlib.blake2b(body, digest_size=12).hexdigest()
