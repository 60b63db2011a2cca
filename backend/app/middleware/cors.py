"""Lets pages of origins that the settings name ask the API with an API key: none, unless some are named.

Cookies are left out of it for good (no ``Access-Control-Allow-Credentials``): another site's page
acts for whoever gave it a key, never for who happens to be signed in.
"""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, Response, request

_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match"),
    ("Access-Control-Max-Age", "600"),
)
_EXPOSED = "ETag, Retry-After, X-Request-ID, X-Response-Time, RateLimit"


def init_cors(app: Flask, origins: Collection[str]) -> None:
    """Add nothing at all where no origin is named."""
    if not origins:
        return

    @app.after_request
    def allow(response: Response) -> Response:
        response.vary.add("Origin")  # of who may not, too: caches must not mix the two up
        origin = request.headers.get("Origin")
        if origin not in origins:
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers.extend(_PREFLIGHT)
        else:
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response
