from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.app.config import Secret, Settings
from backend.app.domain.accounts import Access
from backend.app.errors import CollectionNotFound, InvalidRequest, StorageFull, StorageUnavailable
from backend.app.storage import database as module
from backend.app.storage.database import Database
from backend.app.storage.models import UserRow
from tests.contract.storage.world import World, at_once
from tests.fakes.caches import FakeEpoch

COUNT = "SELECT count(*) FROM removals"
ADD_LARGE = (
    "INSERT INTO collections (id, name, version, created_at) VALUES ('c', hex(zeroblob(1000000)), 0, '2026-01-01')"
)
ADD = "INSERT INTO removals (collection_id, created_at) VALUES ('c', '2026-01-01 00:00:00+00:00')"


def run(statement: str, session: Session) -> Any:
    result = session.execute(text(statement))
    return result.scalar() if result.returns_rows else None


@pytest.fixture
def file(database: Database) -> Path:
    return Path(str(database.engine.url.database))


only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def test_what_is_written_is_read(database: Database) -> None:
    database.write(partial(run, ADD))
    assert database.read(partial(run, COUNT)) == 1


def test_what_raises_is_undone(database: Database) -> None:
    def work(session: Session) -> None:
        run(ADD, session)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        database.write(work)
    assert database.read(partial(run, COUNT)) == 0


def test_reading_keeps_nothing(database: Database) -> None:
    database.read(partial(run, ADD))
    assert database.read(partial(run, COUNT)) == 0


def test_a_broken_constraint_stays_a_defect(world: World) -> None:
    ann = world.person("ann")
    with pytest.raises(IntegrityError):
        world.database.write(lambda session: session.add(UserRow(id=ann.id)))


@pytest.mark.parametrize("value", ["\ud800", 2**70])
def test_a_value_that_does_not_fit_is_a_bad_request(database: Database, value: str | int) -> None:
    column = "name" if isinstance(value, str) else "version"
    query = text(f"UPDATE collections SET {column} = :value").bindparams(value=value)
    with pytest.raises(InvalidRequest):
        database.write(lambda session: session.execute(query) and None)


def test_a_nul_is_kept_or_a_bad_request(world: World) -> None:
    ann = world.person("ann")
    try:
        name = world.collections.create(ann.id, "a\x00b").name
    except InvalidRequest:
        name = "a\x00b"
    assert name == "a\x00b"


def test_closing_twice_and_going_on_is_harmless(database: Database) -> None:
    database.ping()
    database.close()
    database.close()
    database.ping()


def test_many_threads_may_ask_at_once(database: Database) -> None:
    outcomes = at_once(*(partial(database.write, partial(run, ADD)) for _ in range(12)))
    assert outcomes == [None] * 12
    assert at_once(*(partial(database.read, partial(run, COUNT)) for _ in range(12))) == [12] * 12


def test_the_first_question_of_many_opens_one_engine(database: Database) -> None:
    database.close()
    engines = at_once(*(lambda: database.engine for _ in range(8)))
    assert len(set(map(id, engines))) == 1


# --- SQLite ---------------------------------------------------------------------------------


@only_sqlite
def test_sqlite_is_set_up_for_many_readers_and_for_cascades(database: Database) -> None:
    def pragma(name: str) -> object:
        return database.read(partial(run, f"PRAGMA {name}"))

    assert pragma("journal_mode") == "wal"
    assert pragma("foreign_keys") == 1
    assert pragma("synchronous") == 1


@only_sqlite
def test_writers_that_read_first_lose_no_count(world: World) -> None:
    collection_id = world.collection(world.person("ann"))

    def count_up(session: Session) -> None:
        seen = run(f"SELECT version FROM collections WHERE id = '{collection_id}'", session)
        run(f"UPDATE collections SET version = {seen + 1} WHERE id = '{collection_id}'", session)

    def often() -> None:
        for _ in range(10):
            world.database.write(count_up)

    assert at_once(*(often for _ in range(6))) == [None] * 6
    assert world.database.read(partial(run, "SELECT version FROM collections")) == 60


@only_sqlite
def test_readers_neither_wait_for_a_writer_nor_see_what_it_has_not_committed(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(ADD)
        assert database.read(partial(run, COUNT)) == 0
        writer.execute("COMMIT")
    assert database.read(partial(run, COUNT)) == 1


@only_sqlite
def test_a_reader_sees_one_moment(database: Database, file: Path) -> None:
    def twice(session: Session) -> tuple[int, int]:
        first = run(COUNT, session)
        with closing(sqlite3.connect(file, isolation_level=None)) as writer:
            writer.execute(ADD)
        return first, run(COUNT, session)

    assert database.read(twice) == (0, 0)


@only_sqlite
def test_a_writer_waits_for_another_process_and_then_writes_once(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, writer.execute, ("COMMIT",)).start()
        database.write(partial(run, ADD))
    assert database.read(partial(run, COUNT)) == 1


@only_sqlite
def test_a_writer_that_waits_too_long_is_told_to_try_again(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable) as refused:
            database.write(partial(run, ADD))
    assert refused.value.retryable
    database.write(partial(run, ADD))
    assert database.read(partial(run, COUNT)) == 1


@only_sqlite
def test_a_full_disk_is_told_and_undone(database: Database) -> None:
    def fill(session: Session) -> None:
        run(ADD, session)
        run(f"PRAGMA max_page_count = {run('PRAGMA page_count', session)}", session)
        run(ADD_LARGE, session)

    with pytest.raises(StorageFull):
        database.write(fill)
    assert database.read(partial(run, COUNT)) == 0


@only_sqlite
def test_a_file_that_is_no_database_or_is_damaged_is_unavailable(database: Database, file: Path) -> None:
    database.close()
    file.write_text("no database at all, but long enough to be read as one" * 500)
    for name in ("-wal", "-shm"):
        file.with_name(file.name + name).unlink(missing_ok=True)
    with pytest.raises(StorageUnavailable):
        database.ping()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(Settings(data_dir=tmp_path / "file" / "data").sqlalchemy_url)
    with pytest.raises(StorageUnavailable):
        database.ping()


# --- PostgreSQL -----------------------------------------------------------------------------


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    database = Database(Settings(database_url=Secret("postgresql://me@127.0.0.1:1/likeopt")).sqlalchemy_url)
    with pytest.raises(StorageUnavailable) as refused:
        database.ping()
    assert refused.value.retryable
    database.close()


@only_postgresql
def test_connections_that_the_server_closed_while_idle_are_made_anew(database: Database) -> None:
    database.ping()
    _end_the_others(database)
    assert database.read(partial(run, COUNT)) == 0


@only_postgresql
def test_a_connection_lost_at_work_is_unavailable_and_undone(database: Database) -> None:
    def work(session: Session) -> None:
        run(ADD, session)
        thread = threading.Thread(target=_end_the_others, args=(database,))
        thread.start()
        thread.join()
        run(ADD, session)

    with pytest.raises(StorageUnavailable):
        database.write(work)
    assert database.read(partial(run, COUNT)) == 0


def _end_the_others(database: Database) -> None:
    other = Database(database.engine.url.render_as_string(hide_password=False))
    other.read(
        partial(
            run,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    )
    other.close()


def test_every_change_of_who_may_see_what_is_told_once_it_is_committed(database: Database) -> None:
    epoch = FakeEpoch()
    watched = Database(database.engine.url.render_as_string(hide_password=False), epoch)
    world = World(watched)
    seen = [epoch.current()]

    def changed() -> bool:
        seen.append(epoch.current())
        return seen[-1] != seen[-2]

    ann, ben = world.person("ann"), world.person("ben")
    assert changed()
    shared = world.collections.create(ann.id, "Shared").id
    assert changed()
    world.collections.put_member(ann.id, shared, ben.email, Access.READER)
    assert changed()
    world.collections.visible(ben.id)
    conversation = world.conversation(ann)
    world.exchange(conversation, "Who?", "Nobody.")
    assert not changed(), "reading and talking change nothing of it"
    world.indexed(ann, collection_id=shared)
    assert changed(), "a document that appears raises its collection's version"
    world.collections.remove_member(ann.id, shared, ben.id)
    assert changed()
    with pytest.raises(CollectionNotFound):
        world.collections.rename(ben.id, shared, "Mine")
    assert not changed(), "what was rolled back has not happened"
    world.collections.delete(ann.id, shared)
    assert changed()
    watched.close()
