"""The one shape of answers that are neither a stream nor a file."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response, g, request

from backend.app.errors import AppError

_ENCODER = msgspec.json.Encoder()


def answer(data: Any = None, status: int = 200, message: str | None = None, **beside: Any) -> Response:
    """Return one thing; ``beside`` are further keys next to ``data``."""
    names = _fields()
    if names and isinstance(data, dict):
        data = _picked(data, names)
    return _response({"success": True, "message": message, "data": data, **beside}, status)


def listing(
    items: Sequence[dict[str, Any]], next_cursor: str | None = None, *, comparable: bool = True, **beside: Any
) -> Response:
    """Return a list; one that is never the same twice is not ``comparable`` and gets no ETag."""
    names = _fields()
    data = [_picked(item, names) for item in items] if names else items
    body = {"success": True, "message": None, "data": data, "count": len(data), "next_cursor": next_cursor, **beside}
    return _response(body, 200, comparable=comparable)


def failure(error: AppError, status: int | None = None, **beside: Any) -> Response:
    """Return an error; ``beside`` are further keys, such as ``details`` on what exactly was wrong."""
    body = {
        "success": False,
        "message": error.message,
        "error": error.error,
        "error_code": error.error_code,
        "request_id": g.setdefault("request_id", secrets.token_hex(8)),  # what fails early has none yet
        **beside,
    }
    response = _json(body, status or error.status)
    if error.retryable:
        response.headers["Retry-After"] = "1"
    return response


def _response(body: dict[str, Any], status: int, *, comparable: bool = True) -> Response:
    response = _json(body, status)
    if comparable and status == 200 and request.method in ("GET", "HEAD"):
        # Weak: compression changes the bytes, not what they say.
        response.set_etag(hashlib.blake2b(response.get_data(), digest_size=12).hexdigest(), weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        if "HTTP_IF_NONE_MATCH" in request.environ:
            response.make_conditional(request)
    return response


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(_ENCODER.encode(body), status, mimetype="application/json")


def _fields() -> frozenset[str]:
    """Return what ``?fields=a,b`` names; nothing where all are wanted."""
    wanted = request.args.get("fields") if request.method == "GET" else None
    return frozenset(name.strip() for name in wanted.split(",")) if wanted else frozenset()


def _picked(item: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name in names}
