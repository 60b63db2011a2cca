"""The one shape of answers that are neither a stream nor a file."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from flask import Response, g, request

from backend.app.errors import AppError, InvalidKey

_ENCODER = msgspec.json.Encoder()


def answer(data: Any = None, status: int = 200, message: str | None = None, **beside: Any) -> Response:
    """Return one thing; ``beside`` are further keys next to ``data``."""
    names = picked_fields()
    if names and isinstance(data, dict):
        data = _picked(data, names)
    return _response({"success": True, "message": message, "data": data, **beside}, status)


def listing(items: Sequence[Mapping[str, object]], next_cursor: str | None = None, **beside: Any) -> Response:
    """Return a list, or a part of one that goes on at ``next_cursor``."""
    names = picked_fields()
    data = [_picked(item, names) for item in items] if names else items
    return _response(_listed(data, next_cursor, beside), 200)


def encoded_listing(items: Sequence[Mapping[str, object]], **beside: Any) -> bytes:
    """Return a whole list as it is sent."""
    return _ENCODER.encode(_listed(items, None, beside))


def _listed(items: Sequence[Mapping[str, object]], next_cursor: str | None, beside: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "message": None, "data": items, "count": len(items), "next_cursor": next_cursor, **beside}


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
    return refusal(error, body, status)


def refusal(error: AppError, body: dict[str, Any], status: int | None = None) -> Response:
    """Return an error in any shape, with the header fields that belong to it."""
    response = _json(body, status or error.status)
    if response.status_code == 401:  # which says how to sign in (RFC 9110, section 15.5.2)
        wrong = ', error="invalid_token"' if isinstance(error, InvalidKey) else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="Like-Opt"{wrong}'
    if error.retryable or response.status_code == 429:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _response(body: dict[str, Any], status: int) -> Response:
    response = _json(body, status)
    if status == 200 and request.method in ("GET", "HEAD"):
        return with_tag(response, hashlib.blake2b(response.get_data(), digest_size=12).hexdigest())
    return response


def with_tag(response: Response, tag: str) -> Response:
    """Name the version of what is answered; whoever has it already is told so by a 304."""
    response.set_etag(tag, weak=True)  # weak: compression changes the bytes, not what they say
    response.headers["Cache-Control"] = "private, no-cache"
    if "HTTP_IF_NONE_MATCH" in request.environ:
        response.make_conditional(request)
    return response


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(_ENCODER.encode(body), status, mimetype="application/json")


def picked_fields() -> frozenset[str]:
    """Return what ``?fields=a,b`` names; nothing where all are wanted."""
    wanted = request.args.get("fields") if request.method == "GET" else None
    return frozenset(name.strip() for name in wanted.split(",")) if wanted else frozenset()


def _picked(item: Mapping[str, object], names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in item.items() if name in names}
