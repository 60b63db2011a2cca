"""How long an answer took: in its headers, in the metrics and in the log, where only the slow ones stand by default."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import structlog
from flask import Flask, Response, g, request

from backend.app.monitoring.interfaces import Metrics
from backend.app.monitoring.stages import begin_stages

log = structlog.get_logger(__name__)

_SLOW_SECONDS = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STREAM = "text/event-stream"


def init_timing(app: Flask, metrics: Metrics) -> None:
    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.noted_stages = begin_stages()
        g.counted_active = True
        metrics.request_began()

    @app.after_request
    def mark(response: Response) -> Response:
        now = time.perf_counter()
        started = g.get("started", now)  # a request that failed before it began took no time
        seconds = now - started
        response.headers.add("X-Response-Time", f"{seconds:.3f}s")
        own = g.get("stages", {})
        stages = [f"app;dur={seconds * 1000:.1f}"]
        stages += [f"{name.removesuffix('_ms')};dur={value:.1f}" for name, value in own.items()]
        response.headers.add("Server-Timing", ", ".join(stages))
        # The route's pattern, never the raw path, nor a method somebody invented: labels stay few
        # and hold nobody's text.
        route = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.method in _METHODS else "other"
        metrics.observe_request(method, route, response.status_code, seconds)
        noted = g.get("noted_stages", {})
        if response.headers.get("Content-Type", "").partition(";")[0] != _STREAM:
            _log(method, route, response.status_code, seconds, {**noted, **own})
        elif g.pop("counted_active", False):
            # It goes on for long after this; what it is judged by is when it begins to tell something.
            response.call_on_close(metrics.request_ended)
            response.response = _Awaited(
                response.response,
                g.get("has_come", _at_once),
                partial(_log_begun, method, route, response.status_code, started, noted),
            )
        return response

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        if g.pop("counted_active", False):
            metrics.request_ended()


class _Awaited:
    """Passes a stream's blocks on, and tells once when the first has come for which ``has_come`` is true, or the end."""

    def __init__(self, blocks: Iterable[Any], has_come: Callable[[], bool], arrived: Callable[[], None]) -> None:
        self._blocks = blocks
        self._iterator = iter(blocks)
        self._has_come = has_come
        self._arrived: Callable[[], None] | None = arrived

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        block = next(self._iterator)
        if self._arrived is not None and self._has_come():
            self._tell()
        return block

    def close(self) -> None:
        self._tell()
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()

    def _tell(self) -> None:
        if self._arrived is not None:
            self._arrived()
            self._arrived = None


def _at_once() -> bool:
    return True


def _log_begun(method: str, route: str, status: int, started: float, stages: Mapping[str, float]) -> None:
    _log(method, route, status, time.perf_counter() - started, stages)


def _log(method: str, route: str, status: int, seconds: float, stages: Mapping[str, float]) -> None:
    if seconds > _SLOW_SECONDS:
        log.warning("slow_request", route=route, seconds=round(seconds, 3), stages=dict(stages))
    else:
        log.debug("request", method=method, route=route, status=status, seconds=round(seconds, 3), stages=dict(stages))
