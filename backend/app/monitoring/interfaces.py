"""What the server counts and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from backend.app.domain.performance import Totals


class CacheEvents(Protocol):
    """What the cache tells of itself. ``layer`` and ``region`` are names of the code, never keys."""

    def cache_hit(self, layer: str, region: str) -> None: ...
    def cache_miss(self, region: str) -> None: ...
    def cache_stale(self, region: str) -> None: ...
    def cache_error(self, layer: str) -> None: ...
    def cache_computed(self, region: str, seconds: float) -> None: ...
    def breaker_changed(self, name: str, state: str) -> None:
        """Note a breaker's new state: ``closed``, ``half_open`` or ``open``."""


class Metrics(CacheEvents, Protocol):
    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None: ...
    def request_began(self) -> None: ...
    def request_ended(self) -> None: ...
    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        """Times of one question's stages: ``{"bm25_ms": 0.4, ...}``."""

    def count_degraded(self, part: str) -> None: ...
    def count_citations(self, verified: int, dropped: int) -> None: ...
    def count_error(self, where: str) -> None: ...
    def count_refused(self, limit: str) -> None:
        """Count a request that was beyond the limit of this name."""

    def observe_job(self, outcome: str, seconds: float) -> None: ...
    def observe_web_vital(self, name: str, value: float, device: str = "desktop") -> None: ...
    def observe_page(self, page: str, seconds: float) -> None: ...
    def observe_call(self, call: str, seconds: float) -> None: ...
    def render(self, state: Mapping[str, float] | None = None) -> tuple[bytes, str]:
        """Return the Prometheus text of all workers, with ``state`` added, and its content type."""

    def totals(self) -> Totals:
        """Return what all workers have counted, as plain numbers."""

    def sample_process(self) -> None:
        """Note this process's own memory and processor time, for all to see."""

    def forget_dead(self) -> None:
        """Take processes that have ended out of what is now, and keep what they had counted."""
