"""What the cache and the breakers tell of themselves, as metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from backend.app.monitoring.buckets import COMPUTE_SECONDS
from backend.app.monitoring.children import Children


class CacheMetrics:
    """Counters of the cache's layers and regions; they are told of each single look-up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._hits = Children(
            Counter("likeopt_cache_hits_total", "Found in the cache", ["layer", "region"], registry=registry)
        )
        self._misses = Children(
            Counter("likeopt_cache_misses_total", "Found in no layer of the cache", ["region"], registry=registry)
        )
        self._stale = Children(
            Counter("likeopt_cache_stale_total", "Answered by a value past its time", ["region"], registry=registry)
        )
        self._cache_errors = Children(
            Counter("likeopt_cache_errors_total", "Layers that failed to answer", ["layer"], registry=registry)
        )
        self._computed = Children(
            Histogram(
                "likeopt_cache_compute_seconds", "Time to make what the cache did not hold", ["region"],
                buckets=COMPUTE_SECONDS, registry=registry,
            )
        )  # fmt: skip
        self._breakers = Children(
            Gauge(
                "likeopt_breaker_open", "1 while a part is left alone because it failed", ["name"],
                multiprocess_mode="livemax", registry=registry,
            )
        )  # fmt: skip

    def cache_hit(self, layer: str, region: str) -> None:
        self._hits[layer, region].inc()

    def cache_miss(self, region: str) -> None:
        self._misses[region].inc()

    def cache_stale(self, region: str) -> None:
        self._stale[region].inc()

    def cache_error(self, layer: str) -> None:
        self._cache_errors[layer].inc()

    def cache_computed(self, region: str, seconds: float) -> None:
        self._computed[region].observe(seconds)

    def breaker_changed(self, name: str, state: str) -> None:
        """Note that a breaker is ``closed``, ``half_open`` or ``open``.

        One that lets a single try through is still open to everybody else.
        """
        self._breakers[name].set(0 if state == "closed" else 1)
