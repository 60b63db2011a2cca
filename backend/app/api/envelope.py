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
    if isinstance(data, dict):
        data = _picked(data)
    return _response({"success": True, "message": message, "data": data, **beside}, status)


def listing(items: Sequence[dict[str, Any]], next_cursor: str | None = None, **beside: Any) -> Response:
    data = [_picked(item) for item in items]
    body = {"success": True, "message": None, "data": data, "count": len(data), "next_cursor": next_cursor, **beside}
    return _response(body, 200)


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


def _response(body: dict[str, Any], status: int) -> Response:
    response = _json(body, status)
    if request.method in ("GET", "HEAD") and status == 200:
        # Weak: compression changes the bytes, not what they say.
        response.set_etag(hashlib.blake2b(response.get_data(), digest_size=12).hexdigest(), weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
    return response


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(_ENCODER.encode(body), status, mimetype="application/json")


def _picked(item: dict[str, Any]) -> dict[str, Any]:
    """Leave only the fields that ``?fields=a,b`` names."""
    wanted = request.args.get("fields")
    if not wanted or request.method != "GET":
        return item
    names = {name.strip() for name in wanted.split(",")}
    return {name: value for name, value in item.items() if name in names}
