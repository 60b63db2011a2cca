"""Builds the Flask app: extensions, middleware, blueprints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_caching import Cache as FlaskCaching
from flask_compress import Compress

from backend.app import wiring
from backend.app.api import mcp, openai, v1
from backend.app.api.context import optional_user, put_services
from backend.app.api.credentials import init_credentials, init_refusals
from backend.app.api.errors import init_errors
from backend.app.api.page import Page
from backend.app.api.uploads import UploadRequest
from backend.app.config import Settings, secret_key
from backend.app.middleware.cors import init_cors
from backend.app.middleware.csrf import init_csrf
from backend.app.middleware.proxies import TrustedProxies, networks_of
from backend.app.middleware.rate_limit import init_rate_limit
from backend.app.middleware.request_id import init_request_id
from backend.app.middleware.security_headers import init_security_headers
from backend.app.middleware.sessions import init_sessions
from backend.app.middleware.timing import init_timing
from backend.app.middleware.tracing import init_tracing

# Never text/event-stream: a compressor would hold tokens back until its buffer is full.
_COMPRESSED = [
    "text/html",
    "text/css",
    "text/plain",
    "text/xml",
    "text/javascript",
    "text/markdown",
    "application/json",
    "application/javascript",
    "application/xml+rss",
    "application/atom+xml",
    "image/svg+xml",
]


def build_app(config: Settings | Mapping[str, Any] | None = None) -> Flask:
    """Return the app; nothing is opened before its first request.

    Raises:
        ConfigError
    """
    from backend.app.monitoring.prometheus import PrometheusMetrics
    from backend.app.monitoring.tracing import TracedMetrics, tracing_to

    settings = config if isinstance(config, Settings) else Settings.load(**(config or {}))
    tracing = tracing_to(settings.otel_endpoint)
    metrics = TracedMetrics(tracing) if tracing else PrometheusMetrics()
    parts = wiring.parts(settings, metrics, caching=True)
    app = Flask(__name__, static_folder=None)
    app.request_class = UploadRequest
    app.url_map.merge_slashes = False  # an address has one spelling; another one is no redirect but a 404
    app.config.update(_flask_config(settings, parts))
    services = wiring.services(parts)
    put_services(app.extensions, services)
    app.extensions["likeopt_parts"] = parts

    # In this order before a request, in the other after it: times and ids cover everything below.
    init_request_id(app)
    init_timing(app, metrics)
    if tracing:
        init_tracing(app, tracing, trusts_callers=settings.trusted_proxies > 0)
        app.extensions["likeopt_tracing"] = tracing
    init_security_headers(app)
    init_cors(app, settings.cors_origins.split())
    init_csrf(app)
    init_credentials(app)
    init_rate_limit(app, parts.caches.allowances, wiring.rates(settings), optional_user, metrics)
    init_refusals(app)
    init_errors(app, metrics)
    Compress(app)
    FlaskCaching(app)
    init_sessions(app, parts.redis, parts.caches.sessions, services.sessions.by_secret, settings.data_dir / "sessions")
    for blueprint in v1.blueprints():
        app.register_blueprint(blueprint, url_prefix=v1.PREFIX + (blueprint.url_prefix or ""))
    app.register_blueprint(openai.blueprint())
    app.register_blueprint(mcp.blueprint())
    app.register_blueprint(Page(wiring.page_folder()).blueprint())
    if settings.trusted_proxies:
        networks = networks_of(settings.proxy_addresses)
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies, networks)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings, parts: wiring.Parts) -> dict[str, Any]:
    return {
        "SECRET_KEY": secret_key(settings),
        # Browsers take a name like this over HTTPS alone, and from this very host: no other one can plant it.
        "SESSION_COOKIE_NAME": "__Host-likeopt_session" if settings.cookie_secure else "likeopt_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.cookie_secure,
        # Only a changed session is stored: most requests cost Redis one read and no write.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "MAX_CONTENT_LENGTH": settings.max_request_bytes,
        "COMPRESS_MIMETYPES": _COMPRESSED,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_LEVEL": 6,
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_MIN_SIZE": 500,
        # Files keep their ranges and their ETag, which compression on the way would break.
        "COMPRESS_STREAMS": False,
        "CACHE_TYPE": "backend.app.cache.responses.ResponseCache",
        "CACHE_DEFAULT_TIMEOUT": 300,
        "LIKEOPT_CACHE": parts.caches.responses,
    }
