"""Whether a process still runs, by its name."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from backend.app.processes.owners import has_ended, owner
from tests.fakes.child import output_of

NAME = "from backend.app.processes.owners import owner; print(owner(), flush=True)"


def test_this_process_has_not_ended_and_keeps_its_name() -> None:
    assert owner() == owner()
    assert not has_ended(owner())


def test_one_that_runs_is_known_by_others_until_it_ends() -> None:
    command = [sys.executable, "-c", f"{NAME}; input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not has_ended(name)
        process.kill()
        process.wait()
        assert has_ended(name)


def test_one_that_was_killed_has_ended_before_its_parent_has_noticed() -> None:
    command = [sys.executable, "-c", f"{NAME}; input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        assert has_ended(name)


def test_a_fork_has_a_name_of_its_own() -> None:
    program = """
    import os
    from backend.app.processes.owners import has_ended, owner
    before = owner()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    print(owner() == before, not has_ended(owner()), flush=True)
    """
    assert output_of(program).splitlines() == ["False True", "True True"]


def test_a_number_that_was_given_again_is_another_process() -> None:
    host, pid, _ = owner().split("/")
    assert has_ended(f"{host}/{pid}/another")
    assert has_ended(f"{host}/none/of these")


def test_of_other_machines_nothing_is_known() -> None:
    assert not has_ended(f"elsewhere/{output_of(NAME).split('/', 1)[1]}")


def test_setting_the_clock_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the time since the start and the time of day psutil makes another moment then."""
    name = owner()
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: 1.0)
    assert not has_ended(name)
