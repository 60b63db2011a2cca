"""Metrics by prometheus_client, over all workers (multiprocess mode).

prometheus_client decides at its import whether values live in shared files, by the variable
PROMETHEUS_MULTIPROC_DIR; gunicorn_config.py sets it before anything is imported.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping

import psutil
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SAMPLE_SECONDS = 5.0
_VITALS = {
    "lcp": (100, 250, 500, 1000, 1500, 2500, 4000, 8000),
    "inp": (16, 50, 100, 200, 300, 500, 1000),
    "fid": (16, 50, 100, 200, 300, 500, 1000),
    "cls": (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0),
    "ttfb": (50, 100, 200, 400, 800, 1800, 3000),
    "fcp": (100, 250, 500, 1000, 1800, 3000, 5000),
}


class PrometheusMetrics:
    """One instance a process; in multiprocess mode ``render`` adds all processes up."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests_total", "HTTP requests", ["method", "endpoint", "status"], registry=registry
        )
        self._duration = Histogram(
            "http_request_duration_seconds", "HTTP request duration", ["method", "endpoint"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._active = Gauge(
            "http_active_connections", "Requests being answered", multiprocess_mode="livesum", registry=registry
        )
        self._memory = Gauge(
            "memory_usage_bytes", "Resident memory of the web workers", multiprocess_mode="livesum", registry=registry
        )
        self._cpu = Gauge(
            "cpu_usage_percent", "CPU use of the web workers", multiprocess_mode="livesum", registry=registry
        )
        self._stages = Histogram(
            "likeopt_stage_duration_seconds", "Stages of a question", ["stage"], buckets=_SECONDS, registry=registry
        )
        self._degraded = Counter("likeopt_degraded_total", "Answers without a part", ["part"], registry=registry)
        self._citations = Counter("likeopt_citations_total", "Citations checked", ["outcome"], registry=registry)
        self._errors = Counter("likeopt_errors_total", "Unexpected errors", ["where"], registry=registry)
        self._jobs = Histogram(
            "likeopt_job_duration_seconds", "Indexing jobs", ["outcome"],
            buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800), registry=registry,
        )  # fmt: skip
        self._vitals = {
            name: Histogram(f"web_vitals_{name}", f"Web Vital {name.upper()}", buckets=buckets, registry=registry)
            for name, buckets in _VITALS.items()
        }
        self._process = psutil.Process()
        self._sampled = -math.inf

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._duration.labels(method, route).observe(seconds)

    def request_began(self) -> None:
        self._active.inc()

    def request_ended(self) -> None:
        self._active.dec()
        # Whoever is asked for the metrics knows of the other workers only what they noted themselves.
        if time.monotonic() - self._sampled >= _SAMPLE_SECONDS:
            self._sample_process()

    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        for name, value in milliseconds.items():
            self._stages.labels(name.removesuffix("_ms")).observe(value / 1000)

    def count_degraded(self, part: str) -> None:
        self._degraded.labels(part).inc()

    def count_citations(self, verified: int, dropped: int) -> None:
        self._citations.labels("verified").inc(verified)
        self._citations.labels("dropped").inc(dropped)

    def count_error(self, where: str) -> None:
        self._errors.labels(where).inc()

    def observe_job(self, outcome: str, seconds: float) -> None:
        self._jobs.labels(outcome).observe(seconds)

    def observe_web_vital(self, name: str, value: float) -> None:
        """Note what a page measured; names that are no Web Vital, and values that cannot be, are passed over."""
        if name in self._vitals and math.isfinite(value) and value >= 0:
            self._vitals[name].observe(value)

    def render(self) -> tuple[bytes, str]:
        self._sample_process()
        return generate_latest(self._all_workers()), CONTENT_TYPE_LATEST

    def snapshot(self) -> dict[str, object]:
        self._sample_process()
        metrics = {metric.name: metric for metric in self._all_workers().collect()}
        return {
            "memory": _total(metrics, "memory_usage_bytes"),
            "cpu": _total(metrics, "cpu_usage_percent"),
            "requests": _total(metrics, "http_requests", "http_requests_total"),
            "web_vitals": {
                name: {
                    "count": _total(metrics, f"web_vitals_{name}", f"web_vitals_{name}_count"),
                    "p75": _percentile(metrics.get(f"web_vitals_{name}"), 0.75),
                }
                for name in self._vitals
            },
        }

    def _sample_process(self) -> None:
        self._sampled = time.monotonic()
        if self._process.pid != os.getpid():  # built before the fork
            self._process = psutil.Process()
        self._memory.set(self._process.memory_info().rss)
        self._cpu.set(self._process.cpu_percent())

    def _all_workers(self) -> CollectorRegistry:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


def _total(metrics: Mapping[str, Metric], metric: str, sample: str | None = None) -> float:
    found = metrics.get(metric)
    if found is None:
        return 0.0
    return sum(entry.value for entry in found.samples if entry.name == (sample or metric))


def _percentile(metric: Metric | None, share: float) -> float | None:
    """Return the upper bound of the bucket in which the percentile lies; None without values."""
    buckets: dict[float, float] = {}
    for sample in metric.samples if metric else ():
        if sample.name.endswith("_bucket"):
            bound = float(sample.labels["le"])
            buckets[bound] = buckets.get(bound, 0.0) + sample.value
    total = buckets.get(float("inf"), 0.0)
    if not total:
        return None
    reached = [bound for bound, count in sorted(buckets.items()) if count >= share * total]
    finite = [bound for bound in buckets if bound != float("inf")]
    return min(reached[0], max(finite))
