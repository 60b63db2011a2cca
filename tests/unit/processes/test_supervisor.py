from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from backend.app.processes.child import Child, Process
from backend.app.processes.logs import Journal
from backend.app.processes.supervisor import StartFailed, Supervisor
from backend.app.refusal import Refusal


@dataclass
class FakeProcess:
    child: Child
    world: World
    pid: int
    code: int | None = None
    stubborn: bool = False

    def exit_code(self) -> int | None:
        return self.code

    def send(self, signal_number: int) -> None:
        self.world.events.append(f"{signal.Signals(signal_number).name} {self.child.name}")
        if not self.stubborn:
            self.code = -signal_number

    def kill_session(self) -> None:
        if self.code is None:
            self.world.events.append(f"kill {self.child.name}")
        self.code = self.code if self.code is not None else -9


@dataclass
class FakeProbe:
    answers: bool = True

    def ready(self) -> bool:
        return self.answers

    def reset(self) -> None:
        pass


@dataclass
class World:
    """A clock, processes and signals under the test's control."""

    now: float = 0.0
    events: list[str] = field(default_factory=list)
    started: list[FakeProcess] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)
    journal: io.StringIO = field(default_factory=io.StringIO)

    def wait(self, seconds: float) -> Iterable[int]:
        self.now += seconds
        arrived, self.signals = self.signals, []
        return arrived

    def run(self, child: Child, log_file: Path) -> Process:
        self.events.append(f"start {child.name}")
        process = FakeProcess(child, self, pid=1000 + len(self.started))
        self.started.append(process)
        return cast(Process, process)

    def supervise(self, children: list[Child], folder: Path) -> Supervisor:
        return Supervisor(
            children,
            folder,
            Journal(form="json", stream=self.journal),
            wait=self.wait,
            clock=lambda: self.now,
            run=self.run,
        )

    def running(self, name: str) -> FakeProcess:
        return next(process for process in reversed(self.started) if process.child.name == name)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.getvalue().splitlines()]


def child(name: str, **options: Any) -> Child:
    return Child(name=name, argv=(name,), environ={}, cwd=Path("/"), **options)


@pytest.fixture
def world() -> World:
    return World()


def test_what_waits_for_nobody_starts_together_and_the_rest_when_those_are_ready(world: World, tmp_path: Path) -> None:
    slow = FakeProbe(answers=False)
    supervisor = world.supervise([child("store", probe=slow), child("web"), child("late", after=("store",))], tmp_path)
    assert not supervisor.step()
    assert world.events == ["start store", "start web"]
    slow.answers = True
    supervisor.step()
    assert world.events[-1] == "start late"
    assert supervisor.step()


def test_work_that_is_done_once_is_awaited_and_not_repeated(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("migrate", once=True), child("web", after=("migrate",))], tmp_path)
    supervisor.step()
    world.running("migrate").code = 0
    assert supervisor.wait_until_ready(10)
    supervisor.step()
    assert world.events == ["start migrate", "start web"]


def test_work_that_fails_ends_the_start_with_the_end_of_its_log(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("migrate", once=True)], tmp_path)
    (tmp_path / "migrate.log").write_text("no such revision\n")
    supervisor.step()
    world.running("migrate").code = 1
    with pytest.raises(StartFailed, match=r"migrate ended with exit code 1[^$]*no such revision"):
        supervisor.step()


def test_a_start_that_takes_too_long_names_who_was_late(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("valkey"), child("web", probe=FakeProbe(answers=False))], tmp_path)
    with pytest.raises(StartFailed, match="web was not ready after 5 seconds"):
        supervisor.wait_until_ready(5)


def test_a_signal_ends_the_wait_for_the_start(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("web", probe=FakeProbe(answers=False))], tmp_path)
    world.signals = [signal.SIGTERM]
    assert not supervisor.wait_until_ready(5, unless=lambda arrived: signal.SIGTERM in arrived)


def test_a_store_that_has_refused_a_write_is_ended_once_and_trusted_anew(world: World, tmp_path: Path) -> None:
    refusal = Refusal(tmp_path / "refusal")
    refusal.note()  # by who wrote to it in the life before
    supervisor = world.supervise([child("store", refusal=refusal), child("web")], tmp_path)
    assert supervisor.wait_until_ready(5)
    assert not refusal.is_recent(), "it was just started"
    Refusal(tmp_path / "refusal").note()  # by a process that is gone in the next moment
    started = world.now
    for _ in range(2):
        supervisor.rest()
        supervisor.step()
    assert world.events == ["start store", "start web", "kill store", "start store"]
    assert world.now - started < 5, "nobody waits for half a minute"
    assert not refusal.is_recent()
    assert [entry["event"] for entry in world.log() if entry["level"] == "error"] == ["process_stuck", "process_ended"]


def test_one_that_ended_by_itself_after_a_refusal_is_not_killed_too(world: World, tmp_path: Path) -> None:
    refusal = Refusal(tmp_path / "refusal")
    supervisor = world.supervise([child("store", refusal=refusal)], tmp_path)
    supervisor.step()
    refusal.note()
    world.running("store").code = 1
    supervisor.step()
    world.now += 1
    supervisor.step()
    assert world.events == ["start store", "start store"]
    assert not refusal.is_recent()


def test_a_signal_of_another_kind_does_not(world: World, tmp_path: Path) -> None:
    probe = FakeProbe(answers=False)
    supervisor = world.supervise([child("web", probe=probe)], tmp_path)
    world.signals = [signal.SIGHUP]

    def answer(arrived: Iterable[int]) -> bool:
        probe.answers = True
        return signal.SIGTERM in arrived

    assert supervisor.wait_until_ready(5, unless=answer)


def test_one_that_keeps_ending_during_the_start_is_given_up(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("web", probe=FakeProbe(answers=False))], tmp_path)
    for _ in range(2):
        supervisor.step()
        world.running("web").code = 3
        supervisor.step()
        world.now += 5
    supervisor.step()
    world.running("web").code = 3
    with pytest.raises(StartFailed, match="web ended with exit code 3"):
        supervisor.step()


def test_a_crash_is_logged_and_restarted_ever_later_up_to_half_a_minute(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("chroma")], tmp_path)
    supervisor.wait_until_ready(5)
    pauses = []
    for _ in range(7):
        world.running("chroma").code = -11
        supervisor.step()
        pauses.append(world.log()[-1]["restart_in_s"])
        world.now += pauses[-1] - 0.01
        supervisor.step()
        assert world.running("chroma").code == -11, "started too early"
        world.now += 0.02
        supervisor.step()
        assert world.running("chroma").code is None
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert world.log()[-1] | {"event": "process_ended", "name": "chroma", "exit_code": -11} == world.log()[-1]


def test_a_minute_of_life_forgives_earlier_crashes(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("chroma")], tmp_path)
    supervisor.wait_until_ready(5)
    for lived in (0, 0, 61):
        world.now += lived
        world.running("chroma").code = 1
        supervisor.step()
        world.now += world.log()[-1]["restart_in_s"]
        supervisor.step()
    assert [entry["restart_in_s"] for entry in world.log()] == [1, 2, 1]


def test_it_sleeps_until_the_next_start_is_due(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("chroma"), child("web")], tmp_path)
    supervisor.wait_until_ready(5)
    world.running("chroma").code = 1
    supervisor.step()
    before = world.now
    supervisor.rest()
    assert world.now == before + 1
    supervisor.step()
    assert world.running("chroma").code is None


def test_stopping_goes_from_the_highest_tier_down(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("valkey", tier=0), child("chroma", tier=0), child("web", tier=2)], tmp_path)
    supervisor.wait_until_ready(5)
    world.events.clear()
    supervisor.stop()
    assert world.events == ["SIGTERM web", "SIGTERM valkey", "SIGTERM chroma"]
    assert supervisor.pids() == {}


def test_what_does_not_stop_in_its_time_is_killed(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("web", stop_seconds=7.0)], tmp_path)
    supervisor.wait_until_ready(5)
    world.running("web").stubborn = True
    before = world.now
    supervisor.stop()
    assert world.events[-1] == "kill web"
    assert 7 <= world.now - before < 8


def test_a_second_signal_ends_all_patience(world: World, tmp_path: Path) -> None:
    supervisor = world.supervise([child("valkey", tier=0, stop_seconds=5), child("web", stop_seconds=1000)], tmp_path)
    supervisor.wait_until_ready(5)
    for process in world.started:
        process.stubborn = True
    world.signals = [signal.SIGINT]
    supervisor.stop(at_once=lambda arrived: signal.SIGINT in arrived)
    assert world.events[-4:] == ["SIGTERM web", "kill web", "SIGTERM valkey", "kill valkey"]
    assert world.now < 1


def test_one_that_cannot_be_started_at_this_moment_is_tried_again_and_the_others_go_on(
    world: World, tmp_path: Path
) -> None:
    """Neither a full disk nor a lack of memory ends what runs."""
    supervisor = world.supervise([child("web"), child("indexer")], tmp_path)
    assert supervisor.wait_until_ready(5)
    run, world.running("indexer").code = world.run, -7

    def no_room(child: Child, log_file: Path) -> Process:
        raise OSError(28, "No space left on device")

    supervisor._run = no_room
    for _ in range(2):
        supervisor.step()
        world.now += 2
    assert world.log()[-1]["error"] == "[Errno 28] No space left on device"
    assert supervisor.pids() == {"web": 1000}
    supervisor._run = run
    world.now += 30
    assert supervisor.step()
    assert world.events[-1] == "start indexer"
