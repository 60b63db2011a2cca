"""The one shape of answers that are neither a stream nor a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response, request

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


def failure(*, status: int, error: str, error_code: str, message: str, request_id: str, details: Any = None) -> Response:
    body = {"success": False, "message": message, "error": error, "error_code": error_code, "request_id": request_id}
    if details:
        body["details"] = details
    return _json(body, status)


def _response(body: dict[str, Any], status: int) -> Response:
    response = _json(body, status)
    if request.method == "GET" and status == 200:
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
