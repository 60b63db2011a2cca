"""An id for every request: in the log, in the answer, in the error that a person reports."""

from __future__ import annotations

import re
import secrets

import structlog
from flask import Flask, Response, g, request

_HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")  # what a proxy may hand in; anything else could forge log lines


def init_request_id(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        given = request.headers.get(_HEADER, "")
        g.request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def mark(response: Response) -> Response:
        response.headers.add(_HEADER, request_id())  # unlike setting it, this looks through no others
        return response


def request_id() -> str:
    """Return the current request's id; a request that failed before it got one gets it now."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)
