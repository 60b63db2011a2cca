"""Figures that a test sets, and steps that are kept in memory."""

from __future__ import annotations

from dataclasses import replace

from backend.app.domain.performance import STEPS, Counts, Step, Totals
from backend.app.errors import StorageUnavailable
from backend.app.monitoring.null import NullMetrics


class SetMetrics(NullMetrics):
    def __init__(self) -> None:
        self.counts: Counts = {}
        self.gauges: Counts = {}
        self.sampled = 0

    def totals(self) -> Totals:
        return Totals(dict(self.counts), dict(self.gauges))

    def sample_process(self) -> None:
        self.sampled += 1


class KeptSteps:
    """Behaves as SQL does; ``away`` makes it fail."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int, str], Step] = {}
        self.away = False

    def add(self, instance: str, step: Step) -> None:
        if self.away:
            raise StorageUnavailable
        for seconds in STEPS:
            at = step.at - step.at % seconds
            known = self.rows.get((seconds, at, instance), Step(at, instance=instance))
            self.rows[seconds, at, instance] = known.plus(step)

    def between(self, seconds: int, since: float, until: float) -> list[Step]:
        found = [(key[1], step) for key, step in self.rows.items() if key[0] == seconds and since <= key[1] < until]
        return [replace(step) for _, step in sorted(found, key=lambda item: item[0])]


class KeptBaseline:
    def __init__(self) -> None:
        self.counts: Counts = {}

    def load(self) -> Counts:
        return self.counts

    def save(self, counts: Counts) -> None:
        self.counts = counts
