"""Metrics of whom nobody watches: the command line and unit tests."""

from __future__ import annotations

from collections.abc import Mapping

from backend.app.domain.performance import Totals


class NullMetrics:
    def cache_hit(self, layer: str, region: str) -> None:
        return None

    def cache_miss(self, region: str) -> None:
        return None

    def cache_stale(self, region: str) -> None:
        return None

    def cache_error(self, layer: str) -> None:
        return None

    def cache_computed(self, region: str, seconds: float) -> None:
        return None

    def breaker_changed(self, name: str, state: str) -> None:
        return None

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        return None

    def request_began(self) -> None:
        return None

    def request_ended(self) -> None:
        return None

    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        return None

    def count_degraded(self, part: str) -> None:
        return None

    def count_citations(self, verified: int, dropped: int) -> None:
        return None

    def count_error(self, where: str) -> None:
        return None

    def count_refused(self, limit: str) -> None:
        return None

    def observe_job(self, outcome: str, seconds: float) -> None:
        return None

    def observe_web_vital(self, name: str, value: float, device: str = "desktop") -> None:
        return None

    def observe_page(self, page: str, seconds: float) -> None:
        return None

    def observe_call(self, call: str, seconds: float) -> None:
        return None

    def render(self, state: Mapping[str, float] | None = None) -> tuple[bytes, str]:
        return b"", "text/plain; version=0.0.4; charset=utf-8"

    def totals(self) -> Totals:
        return Totals({}, {})

    def sample_process(self) -> None:
        return None

    def forget_dead(self) -> None:
        return None
