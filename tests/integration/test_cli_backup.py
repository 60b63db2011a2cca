"""`likeopt backup` and `likeopt restore` as they speak, in this process and on a folder without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result

from backend.app.__main__ import builders
from backend.app.cli import cli
from backend.app.config import Secret, Settings
from tests.integration.library import migrated


class Run(Protocol):
    def __call__(self, *arguments: str | Path, data: str = "data") -> Result: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    with migrated(Settings(data_dir=tmp_path / "data", redis_url=Secret("none"))) as library:
        library.put("one.txt", "One.")
        library.put("two.txt", "Two.")
    for name in ("DATABASE_URL", "LIKEOPT_DATABASE_URL", "LIKEOPT_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str | Path, data: str = "data") -> Result:
        where = ["--data-dir", str(tmp_path / data)]
        return CliRunner().invoke(cli, [*map(str, arguments), *where], obj=builders(), prog_name="likeopt")

    return invoke


def test_a_backup_says_what_is_in_it_and_what_it_is_restored_to(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    made = run("backup", file)
    assert (made.exit_code, "2 documents with 0 passages" in made.stdout) == (0, True), made.output
    checked = run("backup", "--verify", file, data="nowhere")
    assert (checked.exit_code, "is whole: 2 documents" in checked.stdout) == (0, True), checked.output
    restored = run("restore", "--later", file, data="other")
    assert restored.exit_code == 0, restored.output
    assert "Restored 2 documents" in restored.stdout
    assert "made when `likeopt serve` starts" in restored.stdout
    again = run("restore", "--later", file, data="other")
    assert (again.exit_code, "is not empty: it holds files, likeopt.db" in again.stderr) == (1, True), again.output


def test_a_backup_is_not_overwritten_without_being_told_to(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("dear to somebody")
    refused = run("backup", file)
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    assert file.read_text() == "dear to somebody"
    assert run("backup", "--force", file).exit_code == 0
    assert run("backup", "--verify", file).exit_code == 0


def test_lost_files_are_named_and_end_it_with_3(run: Run, tmp_path: Path) -> None:
    lost, _ = sorted((tmp_path / "data" / "files").glob("??/*"))
    lost.unlink()
    made = run("backup", tmp_path / "backup")
    assert made.exit_code == 3
    assert "1 document had lost their file before" in made.stdout
    assert lost.name in made.stdout
    told = json.loads(run("backup", "--json", "--force", tmp_path / "backup").stdout)
    assert [document["id"] for document in told["lost"]] == [lost.name]


def test_a_folder_keeps_the_newest(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    names = [f"like-opt-2025010{day}T030000Z.tar.gz" for day in (1, 2, 3)]
    for name in names:
        (folder / name).touch()
    made = json.loads(run("backup", "--keep", "2", "--json", folder).stdout)
    assert [Path(path).name for path in made["forgotten"]] == names[:2]
    assert sorted(path.name for path in folder.iterdir()) == [names[2], Path(made["path"]).name]


def test_a_failed_backup_removes_no_older_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "like-opt-20250101T030000Z.tar.gz").touch()
    assert run("backup", "--keep", "1", tmp_path, data="nothing-here").exit_code == 1
    assert (tmp_path / "like-opt-20250101T030000Z.tar.gz").exists()


def test_what_is_damaged_or_missing_is_told_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    run("backup", file)
    file.write_bytes(file.read_bytes()[:-100])
    for arguments in (("backup", "--verify", file), ("restore", file)):
        refused = run(*arguments, data="other")
        assert (refused.exit_code, "damaged: " in refused.stderr) == (1, True), refused.output
    missing = run("restore", tmp_path / "missing", data="other")
    assert "cannot be read: No such file" in missing.stderr
    nothing = run("backup", tmp_path / "none", data="nothing-here")
    assert (nothing.exit_code, "nothing to back up" in nothing.stderr) == (1, True)
    assert not (tmp_path / "none").exists()
    assert run("backup", "--keep", "2", file).exit_code == 2
