"""Metrics by prometheus_client, over all workers (multiprocess mode).

prometheus_client decides at its import whether values live in shared files, by the variable
PROMETHEUS_MULTIPROC_DIR; gunicorn_config.py sets it before anything is imported.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from backend.app.domain.performance import Totals
from backend.app.monitoring.buckets import (
    CALLS,
    DEVICES,
    JOB_SECONDS,
    PAGE_SECONDS,
    PAGES,
    REQUEST_SECONDS,
    STAGE_SECONDS,
    VITALS,
)
from backend.app.monitoring.cache_events import CacheMetrics
from backend.app.monitoring.children import Children
from backend.app.monitoring.dead_workers import merge_dead, reading
from backend.app.monitoring.server_state import GAUGES
from backend.app.monitoring.stages import note_stages
from backend.app.monitoring.totals import TotalsReader

_SAMPLE_SECONDS = 1.0
_MEMORY = Path("/proc/self/smaps_rollup")  # Linux alone has it


class PrometheusMetrics(CacheMetrics):
    """One instance a process; in multiprocess mode ``render`` adds all processes up."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        super().__init__(registry)
        self._requests = Children(
            Counter("http_requests_total", "HTTP requests", ["method", "endpoint", "status"], registry=registry)
        )
        self._duration = Children(
            Histogram(
                "http_request_duration_seconds", "HTTP request duration; of a stream, the time to its headers",
                ["method", "endpoint"], buckets=REQUEST_SECONDS, registry=registry,
            )
        )  # fmt: skip
        self._active = Gauge(
            "http_active_connections", "Requests being answered", multiprocess_mode="livesum", registry=registry
        )
        self._memory = Gauge(
            "memory_usage_bytes",
            "Memory of the web workers; what they share is counted once",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._cpu = Gauge(
            "cpu_usage_percent", "CPU use of the web workers", multiprocess_mode="livesum", registry=registry
        )
        self._stages = Children(
            Histogram(
                "likeopt_stage_duration_seconds", "Stages of a question", ["stage"],
                buckets=STAGE_SECONDS, registry=registry,
            )
        )  # fmt: skip
        self._degraded = Children(
            Counter("likeopt_degraded_total", "Answers without a part", ["part"], registry=registry)
        )
        self._citations = Children(
            Counter("likeopt_citations_total", "Citations checked", ["outcome"], registry=registry)
        )
        self._errors = Children(Counter("likeopt_errors_total", "Unexpected errors", ["where"], registry=registry))
        self._refused = Children(
            Counter("likeopt_refused_total", "Requests beyond a limit", ["limit"], registry=registry)
        )
        self._jobs = Children(
            Histogram(
                "likeopt_job_duration_seconds", "Indexing jobs", ["outcome"], buckets=JOB_SECONDS, registry=registry
            )
        )
        self._vitals = {
            name: Children(
                Histogram(
                    f"web_vitals_{name}", f"Web Vital {name.upper()}", ["device"], buckets=buckets, registry=registry
                )
            )
            for name, buckets in VITALS.items()
        }
        self._pages = Children(
            Histogram(
                "likeopt_page_duration_seconds", "Changes to a page, in browsers", ["page"],
                buckets=PAGE_SECONDS, registry=registry,
            )
        )  # fmt: skip
        self._calls = Children(
            Histogram(
                "likeopt_page_call_duration_seconds", "Answers of the API, as browsers saw them", ["call"],
                buckets=PAGE_SECONDS, registry=registry,
            )
        )  # fmt: skip
        self._process = psutil.Process()
        self._sampled = -math.inf
        self._reader = TotalsReader(registry)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests[method, route, str(status)].inc()
        self._duration[method, route].observe(seconds)

    def request_began(self) -> None:
        self._active.inc()

    def request_ended(self) -> None:
        self._active.dec()

    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        note_stages(milliseconds)
        for name, value in milliseconds.items():
            self._stages[name.removesuffix("_ms")].observe(value / 1000)

    def count_degraded(self, part: str) -> None:
        self._degraded[part].inc()

    def count_citations(self, verified: int, dropped: int) -> None:
        self._citations["verified"].inc(verified)
        self._citations["dropped"].inc(dropped)

    def count_error(self, where: str) -> None:
        self._errors[where].inc()

    def count_refused(self, limit: str) -> None:
        self._refused[limit].inc()

    def observe_job(self, outcome: str, seconds: float) -> None:
        self._jobs[outcome].observe(seconds)

    def observe_web_vital(self, name: str, value: float, device: str = "desktop") -> None:
        """Note what a page measured; names that are no Web Vital, and values that cannot be, are passed over."""
        if name in self._vitals and device in DEVICES and math.isfinite(value) and value >= 0:
            self._vitals[name][device].observe(value)

    def observe_page(self, page: str, seconds: float) -> None:
        if page in PAGES:
            self._pages[page].observe(seconds)

    def observe_call(self, call: str, seconds: float) -> None:
        if call in CALLS:
            self._calls[call].observe(seconds)

    def render(self, state: Mapping[str, float] | None = None) -> tuple[bytes, str]:
        self.sample_process()
        return self._all_workers() + generate_latest(_State(state or {})), CONTENT_TYPE_LATEST

    def totals(self) -> Totals:
        return self._reader.read()

    def sample_process(self) -> None:
        if self._process.pid != os.getpid():  # built before the fork
            self._process = psutil.Process()
        elif time.monotonic() - self._sampled < _SAMPLE_SECONDS:
            return  # within moments the kernel's clock ticks tell nothing about the processor
        self._sampled = time.monotonic()
        self._memory.set(_memory(self._process))
        self._cpu.set(self._process.cpu_percent())

    def forget_dead(self) -> None:
        folder = _shared_folder()
        if folder is not None:
            merge_dead(folder)

    def _all_workers(self) -> bytes:
        folder = _shared_folder()
        if folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
        with reading(folder):
            return generate_latest(registry)


def _memory(process: psutil.Process) -> int:
    """Return the proportional set size, in which what forked workers share is counted once; resident bytes elsewhere."""
    with contextlib.suppress(OSError, ValueError):
        for line in _MEMORY.read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


class _State(CollectorRegistry):
    """Figures that no worker counts: they are read when somebody asks."""

    def __init__(self, values: Mapping[str, float]) -> None:
        super().__init__()
        self._values = values

    def collect(self) -> Iterator[Metric]:
        for name, value in self._values.items():
            if name in GAUGES:
                yield GaugeMetricFamily(*GAUGES[name], value=value)


def _shared_folder() -> Path | None:
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) if folder else None
