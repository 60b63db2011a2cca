"""What sampling needs of its surroundings: who samples, since when, and how the machine is."""

from __future__ import annotations

import os
from collections import namedtuple
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from backend.app.errors import StorageUnavailable
from backend.app.monitoring.baseline import Baseline
from backend.app.monitoring.election import Election
from backend.app.monitoring.server_state import GAUGES, ServerState
from tests.fakes.child import run_python

# --- since when -------------------------------------------------------------------------------


def test_a_baseline_is_found_by_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    Baseline().save({"requests": 3, "response|sum": 0.5})
    assert Baseline().load() == {"requests": 3, "response|sum": 0.5}
    assert [path.name for path in tmp_path.iterdir()] == ["sampled.msgpack"], "and none that a scrape would read"


@pytest.mark.parametrize("content", [None, b"", b"\x00half of it"])
def test_a_baseline_that_is_missing_or_damaged_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    if content is not None:
        (tmp_path / "sampled.msgpack").write_bytes(content)
    assert Baseline().load() == {}


def test_a_process_that_counts_for_itself_alone_keeps_its_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    baseline = Baseline()
    assert baseline.load() == {}
    baseline.save({"requests": 3})
    assert baseline.load() == {"requests": 3}


# --- who --------------------------------------------------------------------------------------


def test_one_is_elected_and_another_one_when_it_withdraws(tmp_path: Path) -> None:
    first, second = (Election(tmp_path / "new" / "lock") for _ in range(2))
    assert [first.won(), second.won(), first.won()] == [True, False, True]
    first.withdraw()
    assert [second.won(), first.won()] == [True, False]
    second.withdraw()


def test_another_process_is_elected_when_the_first_is_killed(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from backend.app.monitoring.election import Election

        election = Election(Path({str(tmp_path / "lock")!r}))
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(tell, b"1" if election.won() else b"0")
            signal.pause()
        assert os.read(ready, 1) == b"1"
        assert not election.won()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert election.won()
        if os.fork() == 0:
            os._exit(1 if election.won() else 0)  # what the parent won is not the child's
        assert os.waitpid(-1, 0)[1] == 0
        print("held")
    """
    done = run_python(program, environ=dict(os.environ))
    assert (done.stdout.strip(), done.stderr) == ("held", "")


# --- the machine ------------------------------------------------------------------------------


def test_the_machine_and_the_queue_are_told(tmp_path: Path) -> None:
    found = ServerState(tmp_path / "not" / "there yet", lambda: (3, 7.5)).read()
    assert set(found) == set(GAUGES)
    assert (found["queue_length"], found["queue_oldest"]) == (3, 7.5)
    assert 0 < found["disk_free"] <= found["disk_total"]
    assert 0 < found["machine_memory_available"] <= found["machine_memory_total"]


def test_the_processors_use_is_that_since_the_last_look_whoever_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = SimpleNamespace(user=60.0, idle=35.0, iowait=5.0, guest=0.0)

    def seconds() -> Any:
        return namedtuple("Times", vars(times))(**vars(times))

    now = [0.0]
    monkeypatch.setattr(psutil, "cpu_times", seconds)
    state = ServerState(tmp_path, lambda: (0, 0.0), clock=lambda: now[0])
    assert state.read()["machine_cpu"] == 60.0
    looks = []
    for user, idle in ((63.0, 36.0), (63.0, 40.0)):
        times.user, times.idle, now[0] = user, idle, now[0] + 10
        # Under gevent each request is a thread to the library: what it remembers of one, no other finds.
        with ThreadPoolExecutor(1) as thread:
            looks.append(thread.submit(state.read).result()["machine_cpu"])
    assert looks == [75.0, 0.0]


def test_whoever_asks_while_another_one_looks_for_the_first_time_is_told_everything(tmp_path: Path) -> None:
    told: list[Mapping[str, float]] = []

    def queue() -> tuple[int, float]:
        if len(asked) == 0:
            asked.append("once")
            told.append(state.read())  # as another greenlet does while this one waits for the database
        return 2, 1.0

    asked: list[str] = []
    state = ServerState(tmp_path, queue)
    state.read()
    assert set(told[0]) == set(GAUGES)


def test_a_queue_that_cannot_be_asked_leaves_the_rest(tmp_path: Path) -> None:
    def away() -> tuple[int, float]:
        raise StorageUnavailable

    with capture_logs() as logs:
        found = ServerState(tmp_path, away).read()
    assert set(GAUGES) - set(found) == {"queue_length", "queue_oldest"}
    assert [entry["event"] for entry in logs] == ["queue_not_measured"]


def test_whoever_asks_often_is_told_what_was_found_a_moment_ago(tmp_path: Path) -> None:
    asked: list[float] = []
    now = [50.0]

    def queue() -> tuple[int, float]:
        asked.append(now[0])
        return 0, 0.0

    state = ServerState(tmp_path, queue, clock=lambda: now[0])
    for moment in (50.0, 51.0, 52.9, 53.0, 60.0):
        now[0] = moment
        state.read()
    assert asked == [50.0, 53.0, 60.0]
