"""Metrics that remember what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from backend.app.monitoring.null import NullMetrics


class CountingMetrics(NullMetrics):
    def __init__(self) -> None:
        self.stages: list[dict[str, float]] = []
        self.degraded: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.jobs: list[str] = []
        self.citations = (0, 0)

    def observe_stages(self, milliseconds: Mapping[str, float]) -> None:
        self.stages.append(dict(milliseconds))

    def count_degraded(self, part: str) -> None:
        self.degraded[part] += 1

    def count_citations(self, verified: int, dropped: int) -> None:
        self.citations = (self.citations[0] + verified, self.citations[1] + dropped)

    def count_error(self, where: str) -> None:
        self.errors[where] += 1

    def count_refused(self, limit: str) -> None:
        self.refused[limit] += 1

    def observe_job(self, outcome: str, seconds: float) -> None:
        self.jobs.append(outcome)
