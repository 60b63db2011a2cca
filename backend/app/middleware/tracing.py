"""A span for each request, until its answer has ended."""

from __future__ import annotations

from functools import partial

import structlog
from flask import Flask, Response, g, request

from backend.app.monitoring.tracing import Tracing


def init_tracing(app: Flask, tracing: Tracing, *, trusts_callers: bool) -> None:
    """``trusts_callers``: a proxy in front says which trace a request belongs to."""

    @app.before_request
    def begin() -> None:
        # The route's pattern, never the raw path: names of spans are few, and hold nobody's text.
        route = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.url_rule else "_OTHER"
        attributes = {"http.request.method": method, "http.route": route, "likeopt.request_id": g.get("request_id", "")}
        headers = {name.lower(): value for name, value in request.headers.items()} if trusts_callers else None
        g.trace = tracing.begin(f"{method} {route}", attributes, headers)
        structlog.contextvars.bind_contextvars(trace_id=g.trace.id)

    @app.after_request
    def mark(response: Response) -> Response:
        if "trace" in g:
            g.trace_status = response.status_code
            if response.mimetype == "text/event-stream":
                response.call_on_close(partial(tracing.end, g.pop("trace"), response.status_code))
        return response

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if "trace" in g:
            tracing.end(g.pop("trace"), g.get("trace_status", 500))
