"""What administrators see of the server: its speed in the last minutes, hours and days."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.app.concurrency import NativePool
from backend.app.domain.performance import Figures, Step, added, difference, mean_gauges, summed_gauges
from backend.app.errors import InvalidRequest
from backend.app.monitoring.buckets import DEVICES, PAGE_SECONDS, REQUEST_SECONDS, STAGE_SECONDS, VITALS
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.sampling import Baseline
from backend.app.storage.interfaces import Performance


@dataclass(frozen=True, slots=True)
class _Range:
    seconds: int
    step: int  # which of the kept steps are read
    point: int  # how many seconds one point of the series stands for: no series has more than 120

    @property
    def points(self) -> int:
        return self.seconds // self.point


_RANGES: Mapping[str, _Range] = {
    "5m": _Range(300, 10, 10),
    "1h": _Range(3600, 10, 30),
    "24h": _Range(24 * 3600, 60, 720),
    "7d": _Range(7 * 24 * 3600, 600, 5400),
}
DEFAULT_RANGE = "1h"


class PerformanceService:
    """Adds up what was sampled, of all instances on this database, and what was counted here since."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        state: Callable[[], Mapping[str, float]],
        performance: Performance,
        baseline: Baseline,
        pool: NativePool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._state = state
        self._performance = performance
        self._baseline = baseline
        self._pool = pool
        self._clock = clock

    def exposition(self) -> tuple[bytes, str]:
        """Return the Prometheus text of all workers, with the queue and the machine, and its content type."""
        return self._metrics.render(self._state())

    def show(self, name: str = DEFAULT_RANGE) -> dict[str, Any]:
        """Return totals of a range and a series of at most 120 points, oldest first.

        Raises:
            InvalidRequest: there is no such range.
        """
        chosen = _RANGES.get(name)
        if chosen is None:
            raise InvalidRequest(f"`range` is one of {', '.join(_RANGES)}.")
        now = self._clock()
        first = (int(now) // chosen.point - chosen.points + 1) * chosen.point
        latest = self._latest(now)
        steps = [*self._performance.between(chosen.step, first, now + 1), latest]
        current = {**latest.gauges, **self._state()}
        return {
            "range": name,
            "from": first,
            "to": round(now, 3),
            "point_seconds": chosen.point,
            "memory": current.pop("memory", 0),
            "cpu": current.pop("cpu", 0),
            "active": current.pop("active", 0),
            "system": current,
            # A day of a busy server is half a million numbers: nobody else should wait for them.
            **self._pool.run(_added_up, steps, first, chosen, now),
        }

    def _latest(self, now: float) -> Step:
        """Return what was counted on this machine since the last sample."""
        self._metrics.sample_process()
        totals = self._metrics.totals()
        return Step(int(now), difference(totals.counts, self._baseline.load()), totals.gauges, looks=1)


def _added_up(steps: Sequence[Step], first: int, chosen: _Range, now: float) -> dict[str, Any]:
    by_point: list[list[Step]] = [[] for _ in range(chosen.points)]
    for step in steps:
        by_point[min((step.at - first) // chosen.point, chosen.points - 1)].append(step)
    counts = [added(*(step.counts for step in found)) for found in by_point]
    total = Figures(added(*counts))
    return {
        **_summary(total, max(1.0, now - max(first, min(step.at for step in steps)))),
        "web_vitals": _web_vitals(total),
        "pages": {name: _in_browsers(total, f"page.{name}") for name in total.names("page")},
        "calls": {name: _in_browsers(total, f"call.{name}") for name in total.names("call")},
        "series": [
            _point(first + number * chosen.point, Figures(counts[number]), found, chosen.point, now)
            for number, found in enumerate(by_point)
        ],
    }


def _point(at: int, figures: Figures, steps: Sequence[Step], length: int, now: float) -> dict[str, Any]:
    processes, machine = summed_gauges(steps), mean_gauges(steps)  # instances may share a machine, and do a queue
    names = sorted({found.partition(".")[0] for found in figures.names("vital")} & VITALS.keys())
    vitals = {name: {device: _vital(figures, name, device) for device in DEVICES} for name in names}
    return {
        "at": at,
        **_summary(figures, min(length, max(1.0, now - at))),
        "memory": _rounded(processes.get("memory")),
        "cpu": _rounded(processes.get("cpu")),
        "active": _rounded(processes.get("active")),
        "machine_cpu": _rounded(machine.get("machine_cpu")),
        "queue_length": _rounded(machine.get("queue_length")),
        "queue_oldest": _rounded(machine.get("queue_oldest")),
        "web_vitals": {
            name: {device: vital["p75"] for device, vital in devices.items()} for name, devices in vitals.items()
        },
        # Of how many visits: one slow page at night is no reason to call anybody.
        "web_vitals_count": {
            name: {device: vital["count"] for device, vital in devices.items()} for name, devices in vitals.items()
        },
    }


def _summary(figures: Figures, seconds: float) -> dict[str, Any]:
    response = figures.histogram(REQUEST_SECONDS, "response")
    requests, errors = figures.count("requests"), figures.count("errors")
    return {
        "requests": requests,
        "errors": errors,
        "throughput": round(requests / seconds, 3),
        "error_rate": errors / requests if requests else None,
        "response": {
            "average_ms": _milliseconds(response.mean),
            **{f"p{share}_ms": _milliseconds(response.quantile(share / 100)) for share in (50, 95, 99)},
        },
        "cache": _cache(figures),
        "stages": {name: _stage(figures, name) for name in figures.names("stage")},
    }


def _stage(figures: Figures, name: str) -> dict[str, Any]:
    stage = figures.histogram(STAGE_SECONDS, f"stage.{name}")
    return {
        "count": stage.count,
        "p50_ms": _milliseconds(stage.quantile(0.5)),
        "p95_ms": _milliseconds(stage.quantile(0.95)),
    }


def _in_browsers(figures: Figures, name: str) -> dict[str, Any]:
    found = figures.histogram(PAGE_SECONDS, name)
    return {
        "count": found.count,
        "p75_ms": _milliseconds(found.quantile(0.75)),
        "p95_ms": _milliseconds(found.quantile(0.95)),
    }


def _cache(figures: Figures) -> dict[str, Any]:
    """Return how often the cache had an answer. A layer's rate is its share of all that was asked for."""
    hits = {name: figures.count(f"hit.{name}") for name in figures.names("hit")}
    found, misses = sum(hits.values()), figures.count("miss")
    asked = found + misses
    return {
        "hits": found,
        "misses": misses,
        "stale": figures.count("stale"),
        "errors": figures.count("cache_error"),
        "hit_rate": found / asked if asked else None,
        "layers": {name: {"hits": count, "hit_rate": count / asked} for name, count in hits.items()},
    }


def _web_vitals(figures: Figures) -> dict[str, Any]:
    return {
        name: {**_vital(figures, name, *DEVICES), **{device: _vital(figures, name, device) for device in DEVICES}}
        for name in VITALS
    }


def _vital(figures: Figures, name: str, *devices: str) -> dict[str, Any]:
    found = figures.histogram(VITALS[name], *(f"vital.{name}.{device}" for device in devices))
    return {"count": found.count, "p75": _rounded(found.quantile(0.75), 4)}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
