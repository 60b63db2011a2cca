"""What came of it all, for people and as JSON."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.footprint import Held


@dataclass(frozen=True)
class Struck:
    """One fault: how long recovery took, and how many requests failed until then."""

    name: str
    recovery_seconds: float
    errors: int


@dataclass
class Outcome:
    seed: int
    struck: list[Struck] = field(default_factory=list)
    seconds: float = 0.0
    people: int = 0
    requests: int = 0
    slowest_seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    degraded: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    before: dict[str, Held] = field(default_factory=dict)
    after: dict[str, Held] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        kinds = {
            name: {"count": len(times), "p50_s": statistics.median(times), "max_s": max(times), "errors": errors}
            for name, times, errors in self._kinds()
        }
        plain = {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}
        both = {"before": self.before, "after": self.after}
        held = {name: {part: asdict(one) for part, one in parts.items()} for name, parts in both.items()}
        return {**plain, **held, "struck": [asdict(one) for one in self.struck], "kinds": kinds}

    def as_text(self) -> str:
        lines = [
            f"{len(self.struck)} faults in {self.seconds:.0f} s, seed {self.seed}; {self.people} people made "
            f"{self.requests:,} requests, of which {sum(self.errors.values()):,} failed; the longest took "
            f"{self.slowest_seconds:.1f} s",
            "",
            "| fault | times | recovery p50 | max | errors |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {name} | {len(times)} | {statistics.median(times):.1f} s | {max(times):.1f} s | {errors} |"
            for name, times, errors in self._kinds()
        ]
        lines += ["", f"errors: {_listed(self.errors)}", f"degraded: {_listed(self.degraded)}"]
        lines += [f"acknowledged, and there: {_listed(self.acknowledged)}", ""]
        lines += ["| part | MB before | after | descriptors before | after |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {name} | {first.megabytes:.0f} | {self.after[name].megabytes:.0f} | {first.open} | "
            f"{self.after[name].open} |"
            for name, first in self.before.items()
            if name in self.after
        ]
        lines += ["", *self.notes]
        lines += [f"wrong: {line}" for line in self.wrong] or ["Nothing is wrong."]
        return "\n".join(lines)

    def _kinds(self) -> Iterator[tuple[str, list[float], int]]:
        kinds: dict[str, list[Struck]] = defaultdict(list)
        for one in self.struck:
            kinds[one.name].append(one)
        for name, found in sorted(kinds.items()):
            yield name, [one.recovery_seconds for one in found], sum(one.errors for one in found)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common()) or "none"
