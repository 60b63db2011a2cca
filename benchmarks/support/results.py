"""The figures of the last run, kept beside the code: what the next run is compared with.

A benchmark that was killed, or not run, keeps its older figures with their date. So do figures that only a full
run makes, until the next full run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.support.figures import Figure, Result, Series, figure_from

_SAME_MACHINE = ("Processor", "Memory")


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark's run; without a result where it failed or was killed, and ``outcome`` says which."""

    name: str
    seconds: float
    outcome: str = "ok"
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure with the date of its run, and its value in the run before, None where there is none to compare."""

    figure: Figure
    date: str
    full: bool = False
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one benchmark. ``outcome`` is that of its last run, at ``date``, of the code at ``version``."""

    date: str
    seconds: float
    outcome: str
    figures: Sequence[Kept] = ()
    series: Sequence[Series] = ()
    notes: Sequence[str] = ()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    date: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)


def merged(before: Results, runs: Sequence[Run], date: str, machine: Mapping[str, str], full: bool) -> Results:
    """Return the results after these runs."""
    alike = all(before.machine.get(key) == machine.get(key) for key in _SAME_MACHINE)
    entries = dict(before.entries)
    for run in runs:
        older = entries.get(run.name)
        entries[run.name] = replace(_merged_entry(older, run, date, full, alike), version=machine.get("Version", ""))
    return Results(date, dict(machine), dict(sorted(entries.items())))


def _merged_entry(older: Entry | None, run: Run, date: str, full: bool, alike: bool) -> Entry:
    old = older or Entry(date, 0.0, "")
    if run.result is None:
        return Entry(date, run.seconds, run.outcome, old.figures, old.series, old.notes)
    values = {kept.figure.key: kept.figure.value for kept in old.figures} if alike else {}
    new = [Kept(figure, date, full, values.get(figure.key)) for figure in run.result.figures]
    keys = {kept.figure.key for kept in new}
    stays = [] if full else [kept for kept in old.figures if kept.full and kept.figure.key not in keys]
    titles = {series.title for series in run.result.series}
    # The series go with them: which were a full run's, is not written down, but no other would be missing now.
    pictures = [series for series in old.series if stays and series.title not in titles]
    return Entry(
        date, run.seconds, run.outcome, [*new, *stays], [*run.result.series, *pictures], list(run.result.notes)
    )


def read(path: Path) -> Results:
    """Return what was kept, nothing where there is no such file."""
    if not path.exists():
        return Results()
    found = json.loads(path.read_text("utf-8"))
    entries = {name: _entry(entry) for name, entry in found["entries"].items()}
    return Results(found["date"], found["machine"], entries)


def write(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), ensure_ascii=False, indent=1) + "\n", "utf-8")


def _entry(found: Mapping[str, Any]) -> Entry:
    figures = [
        Kept(figure_from(kept["figure"]), kept["date"], kept["full"], kept["before"]) for kept in found["figures"]
    ]
    series = [Series(**one) for one in found["series"]]
    version = found.get("version", "")  # older files name none
    return Entry(found["date"], found["seconds"], found["outcome"], figures, series, found["notes"], version)
