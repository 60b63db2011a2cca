from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.app.config import Settings
from backend.app.processes.data_lock import AlreadyRunning, RunningServices, hold, running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def test_nothing_runs_on_a_new_folder(settings: Settings) -> None:
    assert running(settings) is None


def test_others_find_what_runs_until_it_ends(settings: Settings) -> None:
    services = RunningServices(pid=os.getpid(), command="serve", http="http://127.0.0.1:5000", chroma_url="http://c")
    with hold(settings, "serve") as lock:
        lock.publish(services)
        assert running(settings) == services
    assert running(settings) is None


def test_the_second_is_refused_and_told_who_is_there(settings: Settings) -> None:
    with hold(settings, "serve") as lock:
        lock.publish(RunningServices(pid=os.getpid(), command="serve", http="http://127.0.0.1:5000"))
        with (
            pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\).* at http://127\.0\.0\.1:5000"),
            hold(settings, "ingest"),
        ):
            pass
        assert running(settings) is not None, "the refused one must not remove the file"


def test_what_a_killed_server_left_behind_is_no_obstacle_and_no_proof(settings: Settings) -> None:
    with hold(settings, "serve") as lock:
        lock.publish(RunningServices(pid=os.getpid(), command="serve"))
        left = (settings.run_dir / "services.json").read_text()
    (settings.run_dir / "services.json").write_text(left)
    assert running(settings) is None
    with hold(settings, "serve"):
        pass


def test_only_the_owner_may_read_the_addresses(settings: Settings) -> None:
    with hold(settings, "serve"):
        assert (settings.run_dir / "services.json").stat().st_mode & 0o777 == 0o600
        assert settings.run_dir.stat().st_mode & 0o777 == 0o700


def test_the_lock_stays_while_a_child_holds_the_descriptor(settings: Settings) -> None:
    with hold(settings, "serve") as lock:
        inherited = os.dup(lock.descriptor)  # as an inherited one, it shares the open file
    try:
        assert running(settings) is None, "locked, but nobody says what runs"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("backend.app.processes.data_lock.PATIENCE_SECONDS", 0.1)
            with pytest.raises(AlreadyRunning, match="left behind"), hold(settings, "serve"):
                pass
    finally:
        os.close(inherited)
    with hold(settings, "serve"):
        pass
