"""Running the benchmarks: bounds on their time, and what comes of those that fail."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from benchmarks.support import report
from benchmarks.support.figures import Figure, Result, Series
from benchmarks.support.results import Run
from benchmarks.support.run import names, publish, run
from tests.services.likeopt import alive, eventually

GOOD = """
import json, sys
found = {"name": "good", "figures": [{"key": "k", "label": "l", "value": 1.5, "unit": "s"}]}
open(sys.argv[sys.argv.index("--json") + 1], "w").write(json.dumps(found))
"""
ENDLESS = """
import pathlib, signal, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path(__file__).with_suffix(".pid").write_text(str(child.pid))
time.sleep(600)
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "good.py"
    path.write_text(text, "utf-8")
    return path


def is_running(pid: int) -> bool:
    try:
        return bool(alive([psutil.Process(pid)]))
    except psutil.NoSuchProcess:
        return False


def test_a_benchmark_hands_its_figures_on(tmp_path: Path) -> None:
    found = run(script(tmp_path, GOOD))
    assert (found.name, found.outcome) == ("good", "ok")
    assert found.result == Result("good", [Figure("k", "l", 1.5, "s")])


def test_one_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    found = run(script(tmp_path, ENDLESS), seconds=3.0)
    assert (found.outcome, found.result) == ("stopped after 3 s, unfinished", None)
    pid = int((tmp_path / "good.pid").read_text("ascii"))
    eventually(lambda: not is_running(pid), "what it started has ended")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("raise SystemExit(3)", "failed with exit code 3"),
        ("pass", "wrote no figures that can be read (FileNotFoundError)"),
        (GOOD.replace('"figures"', '"other"'), "wrote no figures that can be read (KeyError)"),
    ],
)
def test_one_that_fails_is_said_to_have_failed(tmp_path: Path, text: str, outcome: str) -> None:
    found = run(script(tmp_path, text))
    assert (found.outcome, found.result) == (outcome, None)


def test_figures_pictures_and_report_are_written_and_the_next_run_is_compared(tmp_path: Path) -> None:
    drawn: list[Path] = []
    for date, value in (("2026-11-20T10:00", 2.0), ("2026-11-21T10:00", 3.0)):
        series = [Series("Start", "x", "y", [1], {"line": [1]})]
        one = Run("start", 1.0, "ok", Result("start", [Figure("ready", "ready", value, "s")], series))
        publish([one], date, {"Processor": "one"}, False, tmp_path, lambda series, path: drawn.append(path))
    assert "| ready |  | 3 s | × 1.50 |" in report.document_path(tmp_path).read_text("utf-8")
    assert drawn == [tmp_path / "docs" / "images" / "bench-start-start.png"] * 2


def test_pictures_of_what_is_no_longer_measured_go_and_others_stay(tmp_path: Path) -> None:
    images = report.images_path(tmp_path)
    images.mkdir(parents=True)
    for name in ("bench-gone-start.png", "chat-light.png"):
        (images / name).touch()
    publish([], "2026-11-20T10:00", {}, False, tmp_path, lambda series, path: None)
    assert [path.name for path in images.iterdir()] == ["chat-light.png"]


def test_every_benchmark_is_run() -> None:
    assert {"start", "memory", "serving", "first_token"} <= set(names())
