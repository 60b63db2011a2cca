"""Figures about the running server: sums that can be added up, and what is read from them.

Counts are kept by name in one flat mapping, so that two moments can be subtracted and two periods
added without knowing what they count:

    requests, errors                    answers, and those with a status of 500 or more
    response|0.05, response|sum         histogram of response times: values up to 50 ms, and their sum
    stage.NAME|..., vital.NAME.DEVICE|... the same of stages and Web Vitals
    hit.LAYER, miss, stale, cache_error what the cache was asked

A histogram's counts are those of each bucket alone, named by its upper bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Counts = Mapping[str, float]

# How long a step is, in seconds, and how many seconds steps of that length are kept.
STEPS: Mapping[int, int] = {10: 3600, 60: 24 * 3600, 600: 7 * 24 * 3600}


@dataclass(frozen=True, slots=True)
class Totals:
    """What all processes of this server have counted since it started, and how they are now."""

    counts: Counts
    gauges: Counts


@dataclass(frozen=True, slots=True)
class Step:
    """What one instance counted from ``at`` (seconds since 1970) on; gauges are sums over ``looks``."""

    at: int
    counts: Counts = field(default_factory=dict)
    gauges: Counts = field(default_factory=dict)
    looks: int = 0
    instance: str = ""

    def plus(self, other: Step) -> Step:
        return Step(
            self.at, added(self.counts, other.counts), added(self.gauges, other.gauges),
            self.looks + other.looks, self.instance,
        )  # fmt: skip


def added(*all_counts: Counts) -> Counts:
    total: dict[str, float] = {}
    for counts in all_counts:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def difference(now: Counts, before: Counts) -> Counts:
    """Return what was counted since ``before``, without zeros; all of ``now`` where it began anew since.

    Counters only grow. One that is smaller than it was, or gone, tells that the server was started
    again: everything was counted since then.
    """
    began_anew = any(now.get(name, -1.0) < count for name, count in before.items() if not name.endswith("|sum"))
    start: Counts = {} if began_anew else before
    changes = ((name, count - start.get(name, 0)) for name, count in now.items())
    return {name: change for name, change in changes if change > 0}


def mean_gauges(steps: Sequence[Step]) -> Counts:
    """Return each gauge's mean over all looks of all instances."""
    looks = sum(step.looks for step in steps)
    return {name: value / looks for name, value in added(*(step.gauges for step in steps)).items() if looks}


def summed_gauges(steps: Sequence[Step]) -> Counts:
    """Return each gauge's mean in each instance, added up over the instances."""
    instances: dict[str, list[Step]] = {}
    for step in steps:
        instances.setdefault(step.instance, []).append(step)
    return added(*map(mean_gauges, instances.values()))


class Figures:
    """Counts, sorted by what they are of."""

    def __init__(self, counts: Counts) -> None:
        self._plain: dict[str, float] = {}
        self._buckets: dict[str, dict[str, float]] = {}
        for key, count in counts.items():
            name, bar, bound = key.partition("|")
            if bar:
                self._buckets.setdefault(name, {})[bound] = count
            else:
                self._plain[name] = count

    def count(self, name: str) -> float:
        return self._plain.get(name, 0)

    def histogram(self, bounds: Sequence[float], *names: str) -> Histogram:
        """Return the histogram of a name, or of several together."""
        found = [self._buckets[name] for name in names if name in self._buckets]
        return Histogram(found[0] if len(found) == 1 else added(*found), bounds)

    def names(self, kind: str) -> list[str]:
        """Return the names of ``kind`` among counts: of «stage», the stages."""
        prefix = f"{kind}."
        found = (*self._plain, *self._buckets)
        return sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix))


class Histogram:
    """``buckets`` hold how many values each took, by its upper bound, and their «sum»; ``bounds``, ascending, are all
    upper bounds that there can be."""

    def __init__(self, buckets: Counts, bounds: Sequence[float]) -> None:
        self._sum = buckets.get("sum", 0.0)
        self._buckets = sorted((float(bound), count) for bound, count in buckets.items() if bound != "sum")
        self._bounds = bounds
        self.count = sum(count for _, count in self._buckets)

    @property
    def mean(self) -> float | None:
        return self._sum / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """Return the value that ``share`` of all values reach, as Prometheus's histogram_quantile does.

        Within a bucket values are taken to lie evenly; what lies above the last bound is told as that.
        """
        wanted, below = share * self.count, 0.0
        for upper, count in self._buckets:
            if below + count >= wanted and count:
                if upper == float("inf"):
                    return self._bounds[-1]
                lower = max((bound for bound in self._bounds if bound < upper), default=0.0)
                return lower + (upper - lower) * (wanted - below) / count
            below += count
        return None
