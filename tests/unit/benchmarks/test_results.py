"""What is kept of a run, and how the next one is compared with it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.support.figures import Figure, Result, Series
from benchmarks.support.results import Results, Run, merged, read, write

HERE = {"Processor": "Some processor, 2 cores", "Memory": "24 GiB", "Load at the start": "0.1"}
FIRST, SECOND, THIRD = "2026-11-20T10:00", "2026-11-21T10:00", "2026-11-22T10:00"


def ran(name: str, *titles: str, **values: float) -> Run:
    series = [Series(title, "x", "y", [1], {"line": [1]}) for title in titles]
    return Run(name, 10.0, "ok", Result(name, [Figure(key, key, value) for key, value in values.items()], series))


def after(*runs: Run, before: Results | None = None, date: str = FIRST, full: bool = False, data: str = "") -> Results:
    return merged(before or Results(), runs, date, HERE, full, data)


def compared(results: Results, name: str = "start") -> dict[str, float | None]:
    return {kept.figure.key: kept.before for kept in results.entries[name].figures}


def test_a_figure_is_compared_with_its_value_in_the_run_before() -> None:
    first = after(ran("start", ready=2.0))
    assert first.entries["start"].figures[0].before is None
    second = after(ran("start", ready=3.0, memory=5.0), before=first, date=SECOND)
    ready, memory = second.entries["start"].figures
    assert (ready.figure.value, ready.before, ready.date) == (3.0, 2.0, SECOND)
    assert memory.before is None


def test_figures_of_another_machine_are_not_compared() -> None:
    first = after(ran("start", ready=2.0))
    other = merged(first, [ran("start", ready=3.0)], SECOND, HERE | {"Processor": "Another, 8 cores"}, False)
    assert other.entries["start"].figures[0].before is None
    again = merged(first, [ran("start", ready=3.0)], SECOND, HERE | {"Load at the start": "7.5"}, False)
    assert again.entries["start"].figures[0].before == 2.0


def test_what_another_machine_measured_is_not_compared_after_that_one_has_run_something_else() -> None:
    other = HERE | {"Processor": "Another, 8 cores"}
    elsewhere = merged(after(ran("start", ready=2.0)), [ran("memory", total=500.0)], SECOND, other, False)
    assert compared(merged(elsewhere, [ran("start", ready=3.0)], THIRD, other, False)) == {"ready": None}
    assert compared(after(ran("start", ready=3.0), before=elsewhere, date=THIRD)) == {"ready": 2.0}


def test_a_full_run_is_compared_with_the_full_one_before_and_a_short_one_with_the_short_one() -> None:
    short = after(ran("start", ready=2.0))
    full = after(ran("start", ready=20.0), before=short, date=SECOND, full=True)
    assert compared(full) == {"ready": None}
    assert compared(after(ran("start", ready=3.0), before=full, date=THIRD)) == {"ready": 2.0}
    assert compared(after(ran("start", ready=30.0), before=full, date=THIRD, full=True)) == {"ready": 20.0}


def test_runs_over_other_texts_are_not_compared() -> None:
    own = after(ran("start", ready=2.0))
    real = after(ran("start", ready=4.0), before=own, date=SECOND, data="squad, korquad")
    assert compared(real) == {"ready": None}
    assert compared(after(ran("start", ready=5.0), before=real, date=THIRD, data="squad, korquad")) == {"ready": 4.0}
    assert compared(after(ran("start", ready=5.0), before=real, date=THIRD, data="cisi")) == {"ready": None}
    assert compared(after(ran("start", ready=5.0), before=real, date=THIRD)) == {"ready": 2.0}


def test_a_run_that_was_stopped_does_not_stand_between_two_that_are_compared() -> None:
    first = after(ran("start", ready=2.0))
    stopped = after(Run("start", 180.0, "stopped after 180 s, unfinished"), before=first, date=SECOND)
    assert compared(after(ran("start", ready=3.0), before=stopped, date=THIRD)) == {"ready": 2.0}


def test_figures_of_older_files_are_compared_by_length_alone_and_once(tmp_path: Path) -> None:
    """They say of each figure whether it is a full run's, and of none over which texts."""
    path = tmp_path / "latest.json"
    mixed = after(ran("start", soak=9.0), full=True)
    write(after(ran("start", ready=2.0), before=mixed, date=SECOND), path)
    file = json.loads(path.read_text("utf-8"))
    del file["entries"]["start"]["last"]
    path.write_text(json.dumps(file), "utf-8")
    older = read(path)
    again = after(ran("start", ready=3.0, soak=8.0), before=older, date=THIRD, data="squad")
    assert compared(again) == {"ready": 2.0, "soak": None}
    assert compared(after(ran("start", ready=3.0, soak=8.0), before=older, full=True)) == {"ready": None, "soak": 9.0}
    assert compared(after(ran("start", ready=3.0), before=again, date=THIRD, data="cisi"))["ready"] is None


def test_a_benchmark_that_was_stopped_keeps_its_older_figures_with_their_date() -> None:
    first = after(ran("start", "Start", ready=2.0))
    stopped = Run("start", 180.0, "stopped after 180 s, unfinished")
    entry = after(stopped, before=first, date=SECOND).entries["start"]
    assert (entry.outcome, entry.date) == ("stopped after 180 s, unfinished", SECOND)
    assert [(kept.figure.value, kept.date) for kept in entry.figures] == [(2.0, FIRST)]
    assert [series.title for series in entry.series] == ["Start"]


def test_a_benchmark_that_never_came_to_an_end_has_no_figures() -> None:
    entry = after(Run("start", 1.0, "failed with exit code 1")).entries["start"]
    assert (entry.outcome, list(entry.figures)) == ("failed with exit code 1", [])


def test_a_benchmark_that_was_not_run_stays_as_it_is() -> None:
    first = after(ran("start", ready=2.0))
    second = after(ran("memory", total=500.0), before=first, date=SECOND)
    assert second.entries["start"] == first.entries["start"]
    assert list(second.entries) == ["memory", "start"]


def test_figures_that_only_a_full_run_makes_stay_until_the_next_full_run() -> None:
    first = after(ran("memory", "Soak", total=500.0, growth=1.0), full=True)
    second = after(ran("memory", "Requests", total=510.0), before=first, date=SECOND)
    entry = second.entries["memory"]
    assert [(kept.figure.key, kept.date) for kept in entry.figures] == [("total", SECOND), ("growth", FIRST)]
    assert [series.title for series in entry.series] == ["Requests", "Soak"]
    third = after(ran("memory", total=520.0), before=second, date=THIRD, full=True)
    assert [kept.figure.key for kept in third.entries["memory"].figures] == ["total"]


def test_a_figure_that_a_benchmark_no_longer_makes_goes() -> None:
    first = after(ran("start", "Old", ready=2.0, old=1.0))
    entry = after(ran("start", "New", ready=2.0), before=first, date=SECOND).entries["start"]
    assert [kept.figure.key for kept in entry.figures] == ["ready"]
    assert [series.title for series in entry.series] == ["New"]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    assert read(path) == Results()
    first = after(ran("start", "Start", ready=2.0))
    write(after(ran("start", "Start", ready=3.0), before=first, date=SECOND), path)
    found = read(path)
    assert (found.date, found.machine) == (SECOND, HERE)
    assert found.entries["start"].figures[0].before == 2.0
    assert after(ran("start", ready=3.0), before=found, date=THIRD).entries["start"].figures[0].before == 3.0
