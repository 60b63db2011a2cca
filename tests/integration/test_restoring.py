"""Backups of every schema there has been go into this version, and one that is broken off leaves nothing."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.app.config import Secret, Settings
from backend.app.storage.migration import is_current
from backend.app.wiring.backing_up import backup_service, restore_service
from tests.integration.library import migrated
from tests.services.command import CommandLine
from tests.services.likeopt import eventually
from tests.services.postgresql import PostgreSQL
from tests.upgrades.kept import KEPT, check_app, connected, lost, revive
from tests.upgrades.rows import dumped

# What restoring changes on purpose, so that nothing that has ended since comes back to life.
ENDED = frozenset(
    {("collections", "version"), ("sessions", "id"), ("password_resets", "expires_at"), ("invitations", "expires_at")}
)


def silent(done: float, total: float, name: str) -> None:
    return None


def restore(settings: Settings, file: Path, told: Callable[[float, float, str], None] = silent) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with file.open("rb") as source:
        restore_service(settings).restore(source, file, file.stat().st_size, told)


def interrupting(moment: int) -> Callable[[float, float, str], None]:
    """Return a listener at whose so-manieth word somebody presses Ctrl-C."""
    pieces = itertools.count()

    def told(done: float, total: float, name: str) -> None:
        if next(pieces) == moment:
            raise KeyboardInterrupt

    return told


def files(settings: Settings) -> dict[str, bytes]:
    folder = settings.files_dir
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("kind", "revision"), [*(("sqlite", revision) for revision in KEPT), ("postgresql", KEPT[0])])
def test_a_backup_of_an_older_schema_is_brought_to_this_versions_tables_with_all_that_is_in_it(
    kind: str, revision: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def place(name: str) -> Settings:
        url = ""
        if kind == "postgresql":
            server = request.getfixturevalue("_postgresql")
            assert isinstance(server, PostgreSQL)
            url = server.database()
        nowhere = {"redis_url": Secret("none"), "chroma_url": "http://127.0.0.1:9", "ollama_url": ""}
        return Settings(data_dir=tmp_path / name, database_url=Secret(url)).with_(**nowhere)

    old, new, file = place("old"), place("new"), tmp_path / "backup"
    old.data_dir.mkdir()
    before = revive(old, revision)
    made = backup_service(old).make(file, silent)
    assert (made.header.revision, made.header.documents, made.lost, made.damaged) == (revision, 2, (), ())
    restore(new, file)
    assert is_current(new)
    with connected(new) as connection:
        assert lost(before, dumped(connection), ENDED) == []
    assert files(new) == files(old) != {}
    if revision == KEPT[0]:
        check_app(new)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    with migrated(Settings(data_dir=tmp_path / "data", redis_url=Secret("none"))) as library:
        for number in range(3):  # more than any pipe or buffer holds, however well it is compressed
            library.put(f"{number}.txt", f"Text number {number}: {os.urandom(500_000).hex()}")
        backup_service(library.settings).make(tmp_path / "backup", silent)
    return tmp_path / "backup"


def test_one_that_is_interrupted_at_any_of_its_pieces_leaves_nothing(saved: Path, tmp_path: Path) -> None:
    other, told = Settings(data_dir=tmp_path / "other"), list[str]()
    restore(Settings(data_dir=tmp_path / "whole"), saved, lambda done, total, name: told.append(name))
    assert len(told) >= 4, "the database and each of the files"
    for moment in range(len(told)):
        with pytest.raises(KeyboardInterrupt):
            restore(other, saved, interrupting(moment))
        assert list(other.data_dir.rglob("*")) == []
    restore(other, saved)
    assert files(other) != {}


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_in_the_middle_leaves_nothing_in_its_place(
    saved: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    likeopt = CommandLine(tmp_path / "other")
    content = saved.read_bytes()
    with likeopt.start("restore", "-", stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        running.stdin.buffer.write(content[: len(content) // 2])
        running.stdin.flush()
        eventually(lambda: any(likeopt.data_dir.glob("restoring-*/*.sqlite3")), "it unpacks the database")
        running.send_signal(kind)
        _, said = running.communicate()
    if kind is signal.SIGINT:
        assert (running.returncode, said.strip()) == (130, "Interrupted. Nothing was restored.")
        assert list(likeopt.data_dir.glob("restoring-*")) == []
    assert not (likeopt.data_dir / "likeopt.db").exists()
    assert not (likeopt.data_dir / "files").exists()
    restore(Settings(data_dir=likeopt.data_dir), saved)
    assert list(likeopt.data_dir.glob("restoring-*")) == [], "the next one has swept it up"
    assert len(list((likeopt.data_dir / "files").glob("??/*"))) == 3
