"""How long an answer took: in its headers and in the metrics."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from backend.app.monitoring.interfaces import Metrics

log = structlog.get_logger(__name__)

_SLOW_SECONDS = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_timing(app: Flask, metrics: Metrics) -> None:
    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.counted_active = True
        metrics.request_began()

    @app.after_request
    def mark(response: Response) -> Response:
        now = time.perf_counter()
        seconds = now - g.get("started", now)  # a request that failed before it began took no time
        response.headers["X-Response-Time"] = f"{seconds:.3f}s"
        stages = [f"app;dur={seconds * 1000:.1f}"]
        stages += [f"{name.removesuffix('_ms')};dur={value:.1f}" for name, value in g.get("stages", {}).items()]
        response.headers["Server-Timing"] = ", ".join(stages)
        # The route's pattern, never the raw path, nor a method somebody invented: labels stay few
        # and hold nobody's text.
        route = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.method in _METHODS else "other"
        metrics.observe_request(method, route, response.status_code, seconds)
        if seconds > _SLOW_SECONDS:
            log.warning("slow_request", route=route, seconds=round(seconds, 3), stages=g.get("stages", {}))
        return response

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if g.pop("counted_active", False):
            metrics.request_ended()
