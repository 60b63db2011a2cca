"""Backups of both databases: what is in them is one moment, and what is restored is the same."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from backend.app.config import Secret, Settings
from backend.app.domain.accounts import Role
from backend.app.domain.backup import Backup
from backend.app.errors import AppError, BackupDamaged, BackupFailed, RestoreRefused
from backend.app.services.backup import look_through
from backend.app.storage.backup import held as holding
from backend.app.wiring.backing_up import backup_service, restore_service
from tests.integration.library import Library, migrated
from tests.services.postgresql import PostgreSQL


def silent(done: float, total: float, name: str) -> None:
    return None


# What restoring changes on purpose: see rows.py.
ENDED = {"collections": "version", "sessions": "id", "password_resets": "expires_at", "invitations": "expires_at"}


class Place:
    """A data folder, with a database of one kind."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def backup(self, file: Path) -> Backup:
        return backup_service(self.settings).make(file, silent)

    def restore(self, file: Path) -> Backup:
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source:
            return restore_service(self.settings).restore(source, file, file.stat().st_size, silent)

    def rows(self) -> dict[str, list[Any]]:
        """Return all rows of all tables, besides what restoring raises on purpose."""
        engine = create_engine(self.settings.sqlalchemy_url)
        with engine.connect() as connection:
            found = {}
            for table in inspect(connection).get_table_names():
                rows = [dict(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()]
                for row in rows:
                    row.pop(ENDED.get(table, ""), None)
                found[table] = sorted(map(repr, rows))
        engine.dispose()
        return found

    def files(self) -> dict[str, bytes]:
        folder = self.settings.files_dir
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("??/*")}

    def is_untouched(self) -> bool:
        engine = create_engine(self.settings.sqlalchemy_url)
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
        engine.dispose()
        (self.settings.data_dir / "likeopt.db").unlink(missing_ok=True)  # that looking has made
        return not tables and not [path for path in self.settings.data_dir.rglob("*") if path.is_file()]


def fill(library: Library) -> None:
    for number in range(3):
        library.put(f"문서 {number}.txt", f"Text number {number}, 한글 텍스트.")
    library.services.accounts.create_by_operator("a@example.org", "a long password", "가나다", administrator=True)
    keeper = library.services.accounts.operator()
    library.services.sessions.begin(keeper, "a cookie", agent="a browser")
    library.services.invitations.make(keeper, email=None, role=Role.MEMBER)
    library.services.people.reset_link(keeper.id)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def places(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    """Make places, each of its own, in which nothing is."""

    def make() -> Place:
        settings = Settings(data_dir=tmp_path_factory.mktemp(kind) / "data", redis_url=Secret("none"))
        if kind == "postgresql":
            server = request.getfixturevalue("_postgresql")
            assert isinstance(server, PostgreSQL)
            settings = settings.with_(database_url=Secret(server.database()))
        return Place(settings)

    return make


@pytest.fixture(scope="module")
def first(places: Callable[[], Place]) -> Place:
    """A place with three documents and two people."""
    place = places()
    with migrated(place.settings) as library:
        fill(library)
    return place


@pytest.fixture(scope="module")
def saved(first: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "backup"
    made = first.backup(file)
    assert (made.header.documents, made.lost, made.damaged) == (3, (), ())
    return file


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Place, Library]]:
    """A place that a test may spoil."""
    place = Place(Settings(data_dir=tmp_path / "data", redis_url=Secret("none")))
    with migrated(place.settings) as library:
        fill(library)
        yield place, library


def test_all_rows_and_files_come_back(saved: Path, first: Place, places: Callable[[], Place], tmp_path: Path) -> None:
    other = places()
    other.restore(saved)
    assert other.rows() == first.rows()
    assert other.files() == first.files() != {}
    with migrated(first.settings) as library, migrated(other.settings) as restored:
        assert restored.services.accounts.operator().email == library.services.accounts.operator().email
        restored.put("new.txt", "The restored database can be written to.")
        # Whatever has ended since the backup does not come back to life.
        (session,) = library.services.sessions.of(library.services.accounts.operator())
        assert library.services.sessions.user_of(session.id) is not None
        assert restored.services.sessions.user_of(session.id) is None
        assert library.services.sessions.by_secret("a cookie") == session
        assert restored.services.sessions.by_secret("a cookie") is None
        (before_it,), (after_it,) = library.services.invitations.list(), restored.services.invitations.list()
        assert library.services.invitations.is_open(before_it)
        assert not restored.services.invitations.is_open(after_it)
        # What a Redis that outlived the database remembers of a version is not taken for what is restored.
        before = library.services.collections.default(library.user).version
        assert restored.services.collections.default(restored.user).version > before + 1000


def test_a_backup_is_one_moment_while_people_write_and_delete(places: Callable[[], Place], tmp_path: Path) -> None:
    place = places()
    with migrated(place.settings) as library:
        fill(library)
        kept = {document_id for document_id, _ in library.documents()}
    going, failures = threading.Event(), list[BaseException]()

    def write() -> None:
        with migrated(place.settings) as busy:
            number = 0
            while not going.is_set():
                number += 1
                try:
                    document = busy.put(f"{number}.txt", f"Text {number} of those that come and go.")
                    if number % 3:
                        busy.services.documents.delete(busy.user, document.id)
                except BaseException as error:
                    failures.append(error)
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [tmp_path / f"backup-{number}" for number in range(3)]
        for file in backups:
            made = place.backup(file)
            assert (made.lost, made.damaged) == ((), ())
    finally:
        going.set()
        writer.join()
    assert failures == []
    last = places()
    last.restore(backups[-1])  # which compares every file with its row
    with migrated(last.settings) as restored:
        found = {document_id for document_id, _ in restored.documents()}
    assert kept <= found
    assert {name[3:] for name in last.files()} == found


def test_a_document_deleted_after_the_snapshot_is_not_half_in_the_backup(
    small: tuple[Place, Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, library = small
    victim = library.put("victim.txt", "Deleted between the snapshot and the look at the files.")
    hold = holding.HeldFiles.hold

    def delete_first(self: holding.HeldFiles, ids: Any) -> list[str]:
        if (victim.id, victim.status) in library.documents():
            library.services.documents.delete(library.user, victim.id)
        return hold(self, ids)

    monkeypatch.setattr(holding.HeldFiles, "hold", delete_first)
    made = place.backup(tmp_path / "backup")
    assert (made.header.documents, made.lost) == (3, ())
    Place(Settings(data_dir=tmp_path / "other")).restore(tmp_path / "backup")


def test_files_that_had_been_lost_or_changed_are_named_and_the_rest_is_saved(
    small: tuple[Place, Library], tmp_path: Path
) -> None:
    place, library = small
    lost, changed, whole = (document_id for document_id, _ in library.documents())
    library.parts.files.path(lost).unlink()
    library.parts.files.path(changed).write_bytes(b"bits that have turned")
    made = place.backup(tmp_path / "backup")
    assert [document.id for document in made.lost] == [lost]
    assert [document.id for document in made.damaged] == [changed]
    other = Place(Settings(data_dir=tmp_path / "other"))
    other.restore(tmp_path / "backup")
    assert other.rows() == place.rows()
    assert {name[3:] for name in other.files()} == {changed, whole}


def test_nothing_to_back_up_is_told(places: Callable[[], Place], tmp_path: Path) -> None:
    place = places()
    with pytest.raises(BackupFailed, match="nothing to back up"):
        place.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_folder_or_a_database_that_holds_something_is_refused(
    saved: Path, first: Place, kind: str, tmp_path: Path
) -> None:
    before = first.rows(), first.files()
    with pytest.raises(RestoreRefused, match="is not empty: it holds"):
        first.restore(saved)
    elsewhere = Place(first.settings.with_(data_dir=tmp_path / "elsewhere"))
    if kind == "postgresql":
        with pytest.raises(RestoreRefused, match="has tables already"):
            elsewhere.restore(saved)
        assert elsewhere.files() == {}
    assert (first.rows(), first.files()) == before


def changed(file: Path, name: str, change: Any) -> Path:
    """Write a backup anew with one member changed, and sums that fit: whoever forges it can make them too."""
    import hashlib

    with tarfile.open(file, "r:gz") as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    members[name] = change(members[name])
    manifest = json.loads(members["manifest.json"])
    for member, data in members.items():
        if member != "manifest.json":
            manifest["files"][member] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    members["manifest.json"] = json.dumps(manifest).encode()
    forged = file.with_name(f"{file.name}-forged")
    with tarfile.open(forged, "w:gz") as tar:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return forged


def with_header(**changes: Any) -> Any:
    return lambda data: json.dumps(json.loads(data) | changes).encode()


def test_what_does_not_fit_is_refused_and_leaves_nothing(
    saved: Path, places: Callable[[], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = places()
    newer = changed(saved, "like-opt-backup.json", with_header(revision="9999", version="3.0.0"))
    with pytest.raises(RestoreRefused, match=r"newer Like-Opt \(3\.0\.0, tables 9999\)"):
        other.restore(newer)
    assert other.is_untouched()
    with pytest.raises(BackupDamaged, match="do not have the rows"):
        other.restore(changed(saved, "like-opt-backup.json", with_header(tables={"users": 77})))
    assert other.is_untouched()
    whole = saved.read_bytes()
    (tmp_path / "broken").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupDamaged):
        other.restore(tmp_path / "broken")
    assert other.is_untouched()
    with monkeypatch.context() as patch:  # after the database, before the files
        patch.setattr("os.sync", lambda: (_ for _ in ()).throw(OSError("the disk has gone")))
        with pytest.raises(OSError, match="gone"):
            other.restore(saved)
    assert other.is_untouched()
    left = other.settings.data_dir / "restoring-left"  # as by one that was killed
    left.mkdir()
    (left / ".lock").touch()
    other.restore(saved)
    assert not left.exists()


def test_the_other_kind_of_database_is_refused(saved: Path, kind: str, tmp_path: Path, postgresql_url: str) -> None:
    url = Secret("" if kind == "postgresql" else postgresql_url)
    other = Place(Settings(data_dir=tmp_path / "other", database_url=url))
    with pytest.raises(RestoreRefused, match=r"of a database in (SQLite|PostgreSQL), and cannot go into"):
        other.restore(saved)


def test_a_backup_can_be_looked_through_without_a_database(saved: Path) -> None:
    with saved.open("rb") as source:
        assert look_through(source, None, 0, silent).header.documents == 3


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE documents SET id = '../../../../../../etc/passwd' WHERE filename LIKE '% 0.txt'", "no id of ours"),
        ("CREATE TRIGGER t AFTER UPDATE ON collections BEGIN DELETE FROM users; END", "not made by Like-Opt alone"),
        ("CREATE VIEW v AS SELECT * FROM users", "not made by Like-Opt alone"),
        ("UPDATE documents SET sha256 = id", "not the one that its database names"),
    ],
)
def test_a_forged_database_is_refused_though_its_sums_fit(
    small: tuple[Place, Library], tmp_path: Path, statement: str, said: str
) -> None:
    small[0].backup(tmp_path / "backup")

    def forge(data: bytes) -> bytes:
        (tmp_path / "forged.db").write_bytes(data)
        with closing(sqlite3.connect(tmp_path / "forged.db")) as database, database:
            database.execute(statement)
        return (tmp_path / "forged.db").read_bytes()

    other = Place(Settings(data_dir=tmp_path / "other"))
    with pytest.raises(BackupDamaged, match=said):
        other.restore(changed(tmp_path / "backup", "database.sqlite3", forge))
    assert other.is_untouched()


def test_a_damaged_database_is_not_copied_in_place_of_a_good_backup(tmp_path: Path) -> None:
    first = Place(Settings(data_dir=tmp_path / "data", redis_url=Secret("none")))
    with migrated(first.settings) as library:
        for number in range(60):
            library.put(f"{number}.txt", f"Text {number}")
    file = tmp_path / "data" / "likeopt.db"
    data = bytearray(file.read_bytes())
    for place in range(len(data) // 2, len(data), 5000):
        data[place : place + 400] = os.urandom(400)
    file.write_bytes(data)
    with pytest.raises(AppError, match="damaged"):
        first.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_pg_dump_that_is_missing_or_too_old_is_told(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Place(Settings(data_dir=tmp_path / "data", database_url=Secret(postgresql_url)))
    with migrated(first.settings):
        pass
    programs = "backend.app.storage.backup.postgresql._places"
    monkeypatch.setattr(programs, lambda name: [])
    with pytest.raises(BackupFailed, match="pg_dump is not installed"):
        first.backup(tmp_path / "backup")
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    old.chmod(0o755)
    monkeypatch.setattr(programs, lambda name: [str(old)])
    with pytest.raises(BackupFailed, match=r"of version 9, and the server of version \d\d"):
        first.backup(tmp_path / "backup")


def test_the_password_of_the_database_is_not_among_the_arguments(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    seen: list[str] = []
    run = subprocess.run

    def watch(command: Any, **options: Any) -> Any:
        seen.extend([*map(str, command), *options.get("env", {}).values()])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", watch)
    url = postgresql_url.replace("likeopt@", "likeopt:hidden-word@")
    first = Place(Settings(data_dir=tmp_path / "data", database_url=Secret(url)))
    with migrated(first.settings):
        first.backup(tmp_path / "backup")
    assert any("--snapshot=" in argument for argument in seen)
    assert not any("hidden-word" in argument for argument in seen)
