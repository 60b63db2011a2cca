"""Traces by OpenTelemetry: a span for each request, within it the search's stages and the model.

Nothing of OpenTelemetry is imported unless an address for the spans is set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from backend.app.monitoring.prometheus import PrometheusMetrics
from backend.app.version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

log = structlog.get_logger(__name__)

_EXPORT_SECONDS = 5.0
# After which other stages a stage of a search begins. Fusion and what follows are placed from the end.
_BEGUN = ("wait", "analyse")
_AFTER = {"wait": (), "analyse": ("wait",), "bm25": _BEGUN, "embed": _BEGUN, "vector": (*_BEGUN, "embed")}
_LAST = ("passages", "fuse")


@dataclass(slots=True)
class Trace:
    """One request's span, and what happened in it so far (nanoseconds since 1970)."""

    span: Span
    searched: int = 0
    first_token: int = 0
    answered: bool = False

    @property
    def id(self) -> str:
        return f"{self.span.get_span_context().trace_id:032x}"


# One object for the whole request: whatever runs elsewhere for it has a copy of the context.
_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


class Tracing:
    """Makes spans and sends them, in the background, to an OTLP/HTTP address.

    Raises:
        ImportError: the packages of the extra «otel» are missing.
    """

    def __init__(self, endpoint: str) -> None:
        # Here, so that workers share what is imported; their threads are started after the fork.
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401

        self._endpoint = endpoint.rstrip("/") + "/v1/traces"
        self._provider: TracerProvider | None = None
        self._pid = 0

    def begin(self, name: str, attributes: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Trace:
        """Begin a request's span; ``headers`` are those of a caller whose trace is gone on with."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(dict(headers)) if headers else None
        trace = Trace(self._tracer().start_span(name, parent, SpanKind.SERVER, dict(attributes)))
        _current.set(trace)
        return trace

    def end(self, trace: Trace, status: int) -> None:
        from opentelemetry.trace import StatusCode

        if trace.first_token and not trace.answered:
            self._model(trace, time.time_ns(), complete=False)
        trace.span.set_attribute("http.response.status_code", status)
        if status >= 500:
            trace.span.set_status(StatusCode.ERROR)
        trace.span.end()

    def stages(self, milliseconds: Mapping[str, float]) -> None:
        """Make spans of stages that have just ended, for the request that is being answered."""
        trace, now = _current.get(), time.time_ns()
        if trace is None:
            return
        if "total_ms" in milliseconds:
            self._search(trace, {name.removesuffix("_ms"): value for name, value in milliseconds.items()}, now)
            trace.searched = now
        if "first_token_ms" in milliseconds:
            trace.first_token = now
        if "answer_ms" in milliseconds:
            trace.answered = True
            self._model(trace, now, complete=True)

    def flush(self) -> None:
        """Send what waits to be sent."""
        if self._provider is not None:
            self._provider.force_flush(int(_EXPORT_SECONDS * 1000))

    def close(self) -> None:
        if self._provider is not None and self._pid == os.getpid():
            self._provider.shutdown()
        self._provider = None

    def _search(self, trace: Trace, took: Mapping[str, float], now: int) -> None:
        """Place the stages by what is known of their order: only their lengths were measured."""
        start = now - _nanoseconds(took["total"])
        retrieval = self._span("retrieval", trace.span, start, now)
        for name, before in _AFTER.items():
            if name in took:
                began = start + sum(_nanoseconds(took.get(other, 0)) for other in before)
                self._span(name, retrieval, began, min(now, began + _nanoseconds(took[name])))
        end = now
        for name in _LAST:
            if name in took:
                began = max(start, end - _nanoseconds(took[name]))
                self._span(name, retrieval, began, end)
                end = began

    def _model(self, trace: Trace, now: int, *, complete: bool) -> None:
        start = trace.searched or trace.first_token or now
        model = self._begun("model", trace.span, start, complete=complete)
        if trace.first_token:
            model.add_event("first_token", timestamp=trace.first_token)
        model.end(now)

    def _span(self, name: str, parent: Span, start: int, end: int) -> Span:
        span = self._begun(name, parent, start)
        span.end(end)
        return span

    def _begun(self, name: str, parent: Span, start: int, **attributes: bool) -> Span:
        from opentelemetry.trace import set_span_in_context

        return self._tracer().start_span(name, set_span_in_context(parent), attributes=attributes, start_time=start)

    def _tracer(self) -> Tracer:
        if self._provider is None or self._pid != os.getpid():
            self._provider, self._pid = self._new_provider(), os.getpid()
        return self._provider.get_tracer("like-opt", __version__)

    def _new_provider(self) -> TracerProvider:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.version": __version__})
        if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
            # Neither OTEL_SERVICE_NAME nor OTEL_RESOURCE_ATTRIBUTES names it.
            resource = resource.merge(Resource({"service.name": "like-opt"}))
        provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(endpoint=self._endpoint, timeout=_EXPORT_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return provider


class TracedMetrics(PrometheusMetrics):
    """Makes spans of the stages that it is told."""

    def __init__(self, tracing: Tracing) -> None:
        super().__init__()
        self._tracing = tracing

    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        super().observe_stages(milliseconds)
        self._tracing.stages(milliseconds)


def tracing_to(endpoint: str) -> Tracing | None:
    """Return what traces, or None where no address is set or the packages for it are missing."""
    if not endpoint:
        return None
    try:
        return Tracing(endpoint)
    except ImportError as error:
        log.warning(
            "tracing_unavailable",
            missing=error.name,
            hint="OTEL_EXPORTER_OTLP_ENDPOINT is set. Install the extra «otel» (in a clone: "
            ".venv/bin/pip install -r requirements-otel.txt), or unset it.",
        )
        return None


def _nanoseconds(milliseconds: float) -> int:
    return int(milliseconds * 1_000_000)
