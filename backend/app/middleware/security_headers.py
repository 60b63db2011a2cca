"""Headers that keep a browser from doing what we never asked it to do."""

from __future__ import annotations

from flask import Flask, Response, request

# No 'unsafe-inline', no 'unsafe-eval', no other host: what a document or a model says can
# neither run nor call home.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_HTTPS = ("Strict-Transport-Security", "max-age=31536000")
_API_HEADERS = (*_HEADERS, ("Cache-Control", "no-store"))


def init_security_headers(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        # One look at what a handler has set: each `setdefault` would look through all of them.
        present = {name.lower() for name, _ in headers}
        wanted = _API_HEADERS if request.path.startswith(("/api/", "/v1/")) else _HEADERS
        if request.is_secure:
            wanted = (*wanted, _HTTPS)
        headers.extend([(name, value) for name, value in wanted if name.lower() not in present])
        return response
