from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backend.app.config import Secret, Settings
from backend.app.processes.migrations import head, needed


@pytest.fixture
def revisions(tmp_path: Path) -> Path:
    folder = tmp_path / "versions"
    folder.mkdir()
    for name in ("0001_initial.py", "0002_pinned.py", "__init__.py"):
        (folder / name).touch()
    return folder


def database(folder: Path, version: str) -> Settings:
    with closing(sqlite3.connect(folder / "likeopt.db")) as connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values (?)", (version,))
        connection.commit()
    return Settings(data_dir=folder)


def test_the_newest_revision_is_the_highest_number(revisions: Path) -> None:
    assert head(revisions) == "0002"


def test_a_database_at_the_newest_revision_needs_nothing(tmp_path: Path, revisions: Path) -> None:
    assert not needed(database(tmp_path, "0002"), revisions)


def test_an_older_one_does(tmp_path: Path, revisions: Path) -> None:
    assert needed(database(tmp_path, "0001"), revisions)


def test_so_does_a_new_folder(tmp_path: Path, revisions: Path) -> None:
    assert needed(Settings(data_dir=tmp_path), revisions)


def test_so_does_a_file_that_is_no_database(tmp_path: Path, revisions: Path) -> None:
    (tmp_path / "likeopt.db").write_text("no database at all, but long enough to be read as one" * 20)
    assert needed(Settings(data_dir=tmp_path), revisions)


def test_a_database_elsewhere_is_always_asked(tmp_path: Path, revisions: Path) -> None:
    assert needed(Settings(data_dir=tmp_path, database_url=Secret("postgresql://db/likeopt")), revisions)
