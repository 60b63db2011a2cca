"""A disk that is full says nothing about the file that was to be read."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from backend.app.errors import StorageFull
from backend.app.services.ingestion import child_process, reading
from backend.app.services.ingestion.child_process import Bounds, ChildDied, run_child, scratch_folder

BOUNDS = Bounds(2**30, 30, 2**20)


def test_a_child_that_finds_no_room_for_its_answer_says_so(tmp_path: Path) -> None:
    (tmp_path / "answer.partial").symlink_to("/dev/full")
    program = f"from reading.child import _answer; _answer({{'answer': {str(tmp_path / 'answer.json')!r}}}, {{}})"
    folder = Path(str(reading.__file__)).parents[1]
    assert subprocess.run([sys.executable, "-c", program], cwd=folder, check=False).returncode == 28
    assert not (tmp_path / "answer.json").exists()


@pytest.mark.parametrize(("code", "raised"), [(28, StorageFull), (1, ChildDied)])
def test_only_that_child_is_read_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, raised: type[Exception]
) -> None:
    monkeypatch.setattr(child_process, "_START", f"import sys; sys.exit({code})")
    with pytest.raises(raised):
        run_child({"path": __file__}, BOUNDS, tmp_path)


@pytest.mark.parametrize(("number", "raised"), [(errno.ENOSPC, StorageFull), (errno.EACCES, PermissionError)])
def test_no_room_for_a_folder_to_work_in_is_a_full_disk(tmp_path: Path, number: int, raised: type[Exception]) -> None:
    with pytest.raises(raised), scratch_folder("test-", tmp_path):
        raise OSError(number, "said the disk")
    assert list(tmp_path.iterdir()) == []
