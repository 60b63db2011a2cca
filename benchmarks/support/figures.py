"""What a benchmark found: figures with their aims, and series that show how cost grows.

A benchmark prints both and writes them as JSON; only the report reads that. No figure is asserted: machines vary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

_AIM = re.compile(r"(?P<bound>under|below|at most|<=?|≤|over|above|at least|>=?|≥)\s*(?P<value>[\d,]*\.?\d+)", re.I)
_UPPER = ("under", "below", "at most", "<", "<=", "≤")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. ``aim`` is words that begin with a bound, "under 60" or "at least 0.7", in the figure's unit."""

    key: str
    label: str
    value: float
    unit: str = ""
    aim: str = ""
    better: str = ""  # "lower" or "higher"; empty: as the aim says, else unknown

    @property
    def direction(self) -> str:
        bound = _AIM.search(self.aim)
        if self.better or not bound:
            return self.better
        return "lower" if bound["bound"].lower() in _UPPER else "higher"

    @property
    def met(self) -> bool | None:
        """Tell whether the aim is met; None where there is none that can be read."""
        bound = _AIM.search(self.aim)
        if not bound:
            return None
        limit, word = float(bound["value"].replace(",", "")), bound["bound"].lower()
        if word in _UPPER:
            return self.value <= limit if word in ("at most", "<=", "≤") else self.value < limit
        return self.value >= limit if word in ("at least", ">=", "≥") else self.value > limit

    def line(self) -> str:
        aim = (
            f"   (aim: {self.aim}{'' if self.met is None else ', met' if self.met else ', MISSED'})" if self.aim else ""
        )
        return f"{self.label:<58} {shown(self.value):>9} {self.unit:<5}{aim}".rstrip()


@dataclass(frozen=True, slots=True)
class Series:
    """Lines over one axis; ``log`` draws both axes in powers of ten."""

    title: str
    x_label: str
    y_label: str
    x: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    log: bool = False


@dataclass(slots=True)
class Result:
    """What one benchmark found; ``notes`` are sentences that stand below its table."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, key: str, label: str, value: float, unit: str = "", aim: str = "", better: str = "") -> None:
        """Add a figure, and print it at once: whoever watches need not wait for the end."""
        figure = Figure(key, label, round(value, 4), unit, aim, better)
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_result(path: Path) -> Result:
    """Read what a benchmark wrote.

    Raises:
        ValueError, KeyError, TypeError: it is no such file.
    """
    found = json.loads(path.read_text("utf-8"))
    return Result(
        name=found["name"],
        figures=[figure_from(entry) for entry in found["figures"]],
        series=[Series(**entry) for entry in found.get("series", ())],
        notes=list(found.get("notes", ())),
    )


def figure_from(entry: Mapping[str, Any]) -> Figure:
    """Take what is ours of an entry; a figure may lack its aim, and a report adds more to it."""
    empty = Figure(str(entry["key"]), str(entry["label"]), float(entry["value"]), str(entry.get("unit") or ""))
    return replace(empty, aim=str(entry.get("aim") or ""), better=str(entry.get("better") or ""))


def shown(value: float) -> str:
    """Return a number as people read it: three digits that matter, thousands parted."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    digits = 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0"
