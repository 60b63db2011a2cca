"""Refuses unsafe requests that another site makes a browser send.

Browsers say where a request comes from (Sec-Fetch-Site; older ones Origin), and pages cannot
forge it, so there is no token to carry around. A program that sends neither is no browser and
carries nobody's cookies by accident. Nor does a request with an API key: its cookies are not
looked at (api/credentials.py), and no other site can make a browser send the key.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from backend.app.errors import CrossSiteRequest
from backend.app.security.api_keys import bearer_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def init_csrf(app: Flask) -> None:
    @app.before_request
    def check() -> None:
        if request.method not in _SAFE and not _has_key() and not _is_same_site():
            raise CrossSiteRequest


def _has_key() -> bool:
    return bearer_of(request.headers.get("Authorization")) is not None


def _is_same_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # no address at all
        return False
