"""Files that are there whole or not at all, and folders that vanish."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from backend.app.errors import BackupFailed, StorageFull
from backend.app.storage.backup import target
from backend.app.storage.backup.held import held_files
from backend.app.storage.backup.scratch import scratch, sweep
from backend.app.storage.backup.target import dated_name, forget_old, whole_file, working_folder
from backend.app.storage.files import DiskFiles

ONE, OTHER = "1" * 32, "2" * 32


def put(files: DiskFiles, document_id: str, text: str) -> None:
    files.path(document_id).parent.mkdir(parents=True, exist_ok=True)
    files.path(document_id).write_text(text)
    files.write_text(document_id, text.upper())


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "backup"

    def break_off() -> None:
        with working_folder(tmp_path) as folder, whole_file(file, folder, force=False) as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []
    with working_folder(tmp_path) as folder, whole_file(file, folder, force=False) as out:
        out.write(b"whole")
        assert not file.exists()
    assert file.read_bytes() == b"whole"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "backup"

    def be_late() -> None:
        with working_folder(tmp_path) as folder, whole_file(file, folder, force=False) as out:
            out.write(b"mine")
            file.write_bytes(b"somebody's")

    with pytest.raises(BackupFailed, match="--force"):
        be_late()
    assert file.read_bytes() == b"somebody's"
    with working_folder(tmp_path) as folder, whole_file(file, folder, force=True) as out:
        out.write(b"mine")
    assert file.read_bytes() == b"mine"


def test_a_disk_without_enough_space_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(StorageFull, match=r"may need 1,000,000,000 MB.*No backup was made"):
        target.check_space(tmp_path, 10**15)


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT"])
def test_a_disk_that_fills_up_is_told_and_leaves_nothing(tmp_path: Path, code: str) -> None:
    import errno

    with pytest.raises(StorageFull, match="is full"), working_folder(tmp_path):
        raise OSError(getattr(errno, code), "as the disk says it")
    assert list(tmp_path.iterdir()) == []


def test_the_newest_are_kept_and_other_files_left_alone(tmp_path: Path) -> None:
    names = [dated_name(f"2026-11-{day:02}T03:00:00Z") for day in (1, 2, 3, 10)]
    for name in (*names, "like-opt-mine.tar.gz", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in forget_old(tmp_path, 2)] == names[:2]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[2:], "like-opt-mine.tar.gz", "notes.txt"])
    assert forget_old(tmp_path, 2) == ()


def test_a_folder_in_use_is_not_swept_and_one_of_a_killed_process_is(tmp_path: Path) -> None:
    with scratch(tmp_path, "held-") as used:
        left = tmp_path / "held-left"
        left.mkdir()
        (left / ".lock").touch()
        (left / "file").touch()
        sweep(tmp_path, "held-")
        assert [path.name for path in tmp_path.iterdir()] == [used.name]
    assert list(tmp_path.iterdir()) == []


def test_held_files_outlive_their_deletion_and_their_replacement(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    put(files, ONE, "one")
    put(files, OTHER, "other")
    with held_files(tmp_path) as held:
        assert held.hold([ONE, OTHER, "3" * 32]) == ["3" * 32]
        files.remove(ONE)
        files.write_text(OTHER, "read anew")
        assert held.hold([ONE, OTHER]) == [], "what is held stays held"
        assert (held.path(ONE).read_text(), held.text_path(ONE).read_text()) == ("one", "ONE")
        assert held.text_path(OTHER).read_text() == "OTHER"
        assert held.size([ONE, OTHER, "3" * 32]) == len("oneONEotherOTHER")
        assert files.stored().others == frozenset(), "they are not among the documents' files"
    assert not files.path(ONE).exists()
    assert files.text_path(OTHER).read_text() == "read anew"
    assert [path for path in tmp_path.iterdir() if path.name.startswith("held")] == []


def test_what_a_killed_backup_held_goes_with_other_leftovers(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    put(files, ONE, "one")
    left = tmp_path / "held-left"
    left.mkdir()
    (left / ".lock").touch()
    os.link(files.path(ONE), left / ONE)
    with held_files(tmp_path) as held:
        left.mkdir(exist_ok=True)
        (left / ".lock").touch()
        held.hold([ONE])
        files.remove_abandoned()
        assert held.path(ONE).exists(), "what is in use stays"
    assert not left.exists()
    assert files.path(ONE).exists()


def test_where_files_have_one_name_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    files = DiskFiles(tmp_path)
    put(files, ONE, "one")
    monkeypatch.setattr(os, "link", refuse)
    with held_files(tmp_path) as held:
        assert held.hold([ONE, OTHER]) == [OTHER]
        shutil.rmtree(files.path(ONE).parent)
        assert held.path(ONE).read_text() == "one"
