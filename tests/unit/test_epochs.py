from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from backend.app.epochs import NoEpoch, SharedEpoch

ROOT = Path(__file__).parents[2]


def advance(path: Path, times: int) -> None:
    epoch = SharedEpoch(path)
    for _ in range(times):
        epoch.advance()


def test_every_advance_is_seen_by_whoever_has_the_file(tmp_path: Path) -> None:
    one, other = SharedEpoch(tmp_path / "run" / "access"), SharedEpoch(tmp_path / "run" / "access")
    first = one.current()
    assert first == other.current()
    other.advance()
    assert one.current() == other.current() != first


def test_an_epoch_goes_on_where_it_stood(tmp_path: Path) -> None:
    first = SharedEpoch(tmp_path / "access").current()
    assert first is not None
    advance(tmp_path / "access", 3)
    assert SharedEpoch(tmp_path / "access").current() == first + 3


def test_the_numbers_of_two_files_do_not_meet(tmp_path: Path) -> None:
    assert SharedEpoch(tmp_path / "access").current() != SharedEpoch(tmp_path / "sessions").current()


def test_advances_of_several_processes_are_all_counted(tmp_path: Path) -> None:
    path = tmp_path / "access"
    mine = SharedEpoch(path)
    first = mine.current()
    assert first is not None
    program = "import sys; from tests.unit.test_epochs import advance, Path; advance(Path(sys.argv[1]), 200)"
    others = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in others] == [0, 0, 0]
    assert mine.current() == first + 600


def test_without_a_folder_nothing_is_said_to_be_unchanged(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with capture_logs() as logs:
        epoch = SharedEpoch(tmp_path / "file" / "access")
        epoch.advance()
        assert epoch.current() is None
    assert [entry["event"] for entry in logs] == ["epoch_unavailable"]


@pytest.mark.parametrize("advances", [0, 2])
def test_where_others_change_things_unseen_there_is_no_epoch(advances: int) -> None:
    epoch = NoEpoch()
    for _ in range(advances):
        epoch.advance()
    assert epoch.current() is None
