"""The figures of the last run, kept beside the code: what the next run is compared with.

Like is compared with like: a full run with the full one before, a short one with the short one, over the same texts
and on the same machine, whatever was run in between. A benchmark that was killed, or not run, keeps its older figures with their date. So do figures that only a full
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
    """A figure with the date of its run, and its value in the run before of its kind, None where there is none."""

    figure: Figure
    date: str
    full: bool = False
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one benchmark. ``outcome`` is that of its last run, at ``date``, of the code at ``version``.

    ``last`` has the values of the last run of each kind, by the kind and the figures' keys.
    """

    date: str
    seconds: float
    outcome: str
    figures: Sequence[Kept] = ()
    series: Sequence[Series] = ()
    notes: Sequence[str] = ()
    version: str = ""
    last: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Results:
    date: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)


def merged(
    before: Results, runs: Sequence[Run], date: str, machine: Mapping[str, str], full: bool, data: str = ""
) -> Results:
    """Return the results after these runs; ``data`` names the texts they were made over."""
    entries = dict(before.entries)
    for run in runs:
        older = entries.get(run.name)
        # Older files do not say over which texts; what follows such a run is taken to be of its kind once.
        kinds = (kind(machine, full, data), kind(machine, full, None))
        entries[run.name] = replace(_merged_entry(older, run, date, full, kinds), version=machine.get("Version", ""))
    return Results(date, dict(machine), dict(sorted(entries.items())))


def kind(machine: Mapping[str, str], full: bool, data: str | None) -> str:
    """Name all that two runs must have in common to be compared; ``data`` is None where nobody knows it any more."""
    texts = [] if data is None else [f"over {data or 'the documentation'}"]
    return "; ".join(["full" if full else "short", *texts, *(machine.get(key, "") for key in _SAME_MACHINE)])


def _merged_entry(older: Entry | None, run: Run, date: str, full: bool, kinds: tuple[str, str]) -> Entry:
    old = older or Entry(date, 0.0, "")
    if run.result is None:
        return replace(old, date=date, seconds=run.seconds, outcome=run.outcome)
    own, unnamed = kinds
    values = old.last.get(own, old.last.get(unnamed, {}))
    new = [Kept(figure, date, full, values.get(figure.key)) for figure in run.result.figures]
    keys = {kept.figure.key for kept in new}
    stays = [] if full else [kept for kept in old.figures if kept.full and kept.figure.key not in keys]
    titles = {series.title for series in run.result.series}
    # The series go with them: which were a full run's, is not written down, but no other would be missing now.
    pictures = [series for series in old.series if stays and series.title not in titles]
    last = {name: of_kind for name, of_kind in old.last.items() if name != unnamed}
    last[own] = {figure.key: figure.value for figure in run.result.figures}
    return Entry(
        date,
        run.seconds,
        run.outcome,
        [*new, *stays],
        [*run.result.series, *pictures],
        list(run.result.notes),
        last=last,
    )


def read(path: Path) -> Results:
    """Return what was kept, nothing where there is no such file."""
    if not path.exists():
        return Results()
    found = json.loads(path.read_text("utf-8"))
    entries = {name: _entry(entry, found["machine"]) for name, entry in found["entries"].items()}
    return Results(found["date"], found["machine"], entries)


def write(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), ensure_ascii=False, indent=1) + "\n", "utf-8")


def _entry(found: Mapping[str, Any], machine: Mapping[str, str]) -> Entry:
    figures = [
        Kept(figure_from(kept["figure"]), kept["date"], kept["full"], kept["before"]) for kept in found["figures"]
    ]
    series = [Series(**one) for one in found["series"]]
    version = found.get("version", "")  # older files name none
    last = found.get("last")
    if last is None:  # nor do they keep these
        last = {
            kind(machine, full, None): {kept.figure.key: kept.figure.value for kept in figures if kept.full == full}
            for full in {kept.full for kept in figures}
        }
    return Entry(found["date"], found["seconds"], found["outcome"], figures, series, found["notes"], version, last)
