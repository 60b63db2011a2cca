"""The generated parts of docs/performance.md."""

from __future__ import annotations

from benchmarks.support.figures import Figure, Result, Series
from benchmarks.support.report import pictures, written
from benchmarks.support.results import Results, Run, merged

HERE = {"Processor": "Some processor, 2 cores", "Memory": "24 GiB", "Version": "commit abc"}
FIRST, SECOND = "2026-11-20T10:00", "2026-11-21T10:00"
DOCUMENT = """# Performance

Words about the machine.

<!-- figures:machine -->
<!-- /figures:machine -->

## Start

What keeps it small.

<!-- figures:start -->

an old table

<!-- /figures:start -->

More words.
"""


def figures(*found: Figure, name: str = "start") -> Run:
    series = [Series("Start, warm", "passages", "s", [0, 10], {"ready": [1, 2]})]
    return Run(name, 12.3, "ok", Result(name, list(found), series, ["Over real texts."]))


def results(*runs: Run, before: Results | None = None, date: str = FIRST) -> Results:
    return merged(before or Results(), runs, date, HERE, False)


def test_tables_stand_between_their_markers_and_words_around_them_stay() -> None:
    ready = Figure("ready", "ready, old folder", 2.34, "s", "under 5")
    text = written(DOCUMENT, results(figures(ready)))
    assert "an old table" not in text
    assert "| ready, old folder | under 5 s | 2.34 s |  |" in text
    assert "| Processor | Some processor, 2 cores |" in text
    assert "`python benchmarks/start.py`, 12 s, 2026-11-20 10:00, commit abc." in text
    assert "Over real texts." in text
    assert text.startswith("# Performance\n\nWords about the machine.\n")
    assert text.endswith("More words.\n")
    assert "What keeps it small." in text


def test_writing_the_same_again_changes_nothing() -> None:
    found = results(figures(Figure("ready", "ready", 2.34, "s")), figures(Figure("all", "all", 1), name="memory"))
    once = written(DOCUMENT, found)
    assert written(once, found) == once


def test_a_benchmark_without_markers_gets_a_section() -> None:
    text = written(DOCUMENT, results(figures(Figure("p95", "p95", 12.0, "ms"), name="first_token")))
    assert "## First token\n\n<!-- figures:first_token -->" in text
    assert text.endswith("<!-- /figures:first_token -->\n")


def test_a_missed_aim_is_said() -> None:
    rate = Figure("rate", "rate", 900.0, "/s", "at least 1,000")
    assert "| rate | at least 1,000/s | **900/s**, missed |" in written(DOCUMENT, results(figures(rate)))


def test_changes_are_ratios_and_those_for_the_worse_are_bold() -> None:
    keys = {"lower": (10.0, 12.0), "higher": (100.0, 80.0), "": (1.0, 2.0)}
    old = [Figure(f"k{way}", f"k{way}", values[0], better=way) for way, values in keys.items()]
    new = [Figure(f"k{way}", f"k{way}", values[1], better=way) for way, values in keys.items()]
    noise = [Figure("noise", "noise", value, better="lower") for value in (100.0, 105.0)]
    first = results(figures(*old, noise[0]))
    text = written(DOCUMENT, results(figures(*new, noise[1]), before=first, date=SECOND))
    assert "| klower |  | 12 | **× 1.20** |" in text
    assert "| khigher |  | 80 | **× 0.80** |" in text
    assert "| k |  | 2 | × 2.00 |" in text
    assert "| noise |  | 105 | × 1.05 |" in text


def test_figures_older_than_the_run_carry_their_date() -> None:
    first = results(figures(Figure("ready", "ready", 2.0, "s")))
    stopped = Run("start", 180.0, "stopped after 180 s, unfinished")
    text = written(DOCUMENT, results(stopped, before=first, date=SECOND))
    assert "**stopped after 180 s, unfinished**. The figures are those of an earlier run." in text
    assert "| ready |  | 2 s (2026-11-20) |" in text
    other = written(DOCUMENT, results(figures(Figure("all", "all", 1.0), name="memory"), before=first, date=SECOND))
    assert "`python benchmarks/start.py`, 12 s, 2026-11-20 10:00, commit abc." in other, "each tells its own run"
    assert "| ready |  | 2 s |" in other, "which is that of its figures"


def test_every_series_has_a_picture_that_the_report_shows() -> None:
    found = results(figures(Figure("ready", "ready", 2.0, "s")))
    [picture] = pictures(found)
    assert picture.file == "bench-start-start-warm.png"
    assert "![Start, warm: s over passages](images/bench-start-start-warm.png)" in written(DOCUMENT, found)
