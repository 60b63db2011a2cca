"""Who writes to SQLite, and when: several processes, and greenlets that share one."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.app.errors import StorageUnavailable
from backend.app.storage import database as module
from backend.app.storage.database import Database
from tests.contract.storage.test_database_processes import BEGINNING, GEVENT, run

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PROCESSES, WRITES = 4, 24
# Every write takes a moment, with the processor free; the hub of each process turns meanwhile.
CROWD = """
import gevent
sleep = gevent.monkey.get_original("time", "sleep")
name, writes = sys.argv[2], int(sys.argv[3])

def work(session):
    session.execute(text(ADD.replace("'c'", repr(name))))
    sleep(0.005)

writing = [gevent.spawn(database.write, work) for _ in range(writes)]
gevent.sleep(0.1)
print("in line", flush=True)
gevent.joinall(writing, raise_error=True)
database.close()
"""
HOLDER = """
def work(session):
    session.execute(text(ADD))
    print("writing", flush=True)
    sys.stdin.read()

database.write(work)
"""
HELD = """
import fcntl, gevent

held = open(database.engine.url.database + "-turn", "w")
fcntl.flock(held, fcntl.LOCK_EX)

def let_go():
    fcntl.flock(held, fcntl.LOCK_UN)
    held.close()
"""


@pytest.fixture
def file(database: Database) -> Path:
    return Path(str(database.engine.url.database))


@contextmanager
def started(script: str, database: Database, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    url = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, url, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as popen:
        try:
            yield popen
        finally:
            popen.kill()


@contextmanager
def turn_held(file: Path, name: str = "turn") -> Iterator[None]:
    """Hold it as a process does; refuse to wait for one that has it."""
    with file.with_name(f"{file.name}-{name}").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def writers(database: Database) -> list[str]:
    rows = text("SELECT collection_id FROM removals ORDER BY id")
    return database.read(lambda session: list(session.scalars(rows)))


def add(database: Database) -> None:
    insert = text("INSERT INTO removals (collection_id, created_at) VALUES ('c', '2026-01-01 00:00:00+00:00')")
    database.write(lambda session: session.execute(insert) and None)


def test_processes_that_write_at_once_take_turns_and_none_fails(database: Database, file: Path) -> None:
    with ExitStack() as stack:
        with turn_held(file):
            crowd = [
                stack.enter_context(started(GEVENT + BEGINNING + CROWD, database, number, WRITES))
                for number in range(PROCESSES)
            ]
            assert [popen.stdout.readline() for popen in crowd if popen.stdout] == ["in line\n"] * PROCESSES
        assert [popen.wait(60) for popen in crowd] == [0] * PROCESSES
    found = writers(database)
    assert Counter(found) == {str(number): WRITES for number in range(PROCESSES)}
    until_one_has_ended = found[: min(_last(found, name) for name in found) + 1]
    assert min(Counter(until_one_has_ended)[str(number)] for number in range(PROCESSES)) >= WRITES // 2


def _last(found: list[str], name: str) -> int:
    return max(place for place, who in enumerate(found) if who == name)


def test_a_process_that_is_killed_in_its_turn_leaves_it_to_others(database: Database, file: Path) -> None:
    with started(BEGINNING + HOLDER, database) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "writing\n"
        with pytest.raises(BlockingIOError), turn_held(file):
            pass
        holder.kill()
        holder.wait()
        with turn_held(file), turn_held(file, "next"):
            pass
    add(database)
    assert writers(database) == ["c"]


def test_a_process_that_waits_lets_another_be_next_when_it_is_killed(database: Database, file: Path) -> None:
    with turn_held(file):
        with started(GEVENT + BEGINNING + CROWD, database, "killed", 3) as waiting:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "in line\n"
            with pytest.raises(BlockingIOError), turn_held(file, "next"):
                pass
        with turn_held(file, "next"):
            pass
    add(database)
    assert writers(database) == ["c"]


def test_a_greenlet_that_is_killed_while_it_waits_writes_nothing_and_leaves_nothing_locked(database: Database) -> None:
    script = """
        first, second = gevent.spawn(add), gevent.spawn(add)
        gevent.sleep(0.1)
        gevent.killall([first, second])
        print(count())
        let_go()
        add()
        print(count())
        for name in ("turn", "next"):
            with open(database.engine.url.database + "-" + name) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        database.close()
    """
    assert run(HELD + textwrap.dedent(script), database, before=GEVENT).split() == ["0", "1"]


def test_who_waits_for_a_turn_does_not_hold_up_who_reads(database: Database) -> None:
    script = """
        writing = [gevent.spawn(add) for _ in range(3)]
        gevent.sleep(0.1)
        print(count(), any(greenlet.ready() for greenlet in writing))
        let_go()
        gevent.joinall(writing, raise_error=True)
        print(count())
        database.close()
    """
    assert run(HELD + textwrap.dedent(script), database, before=GEVENT).split() == ["0", "False", "3"]


def test_a_greenlet_whose_turn_does_not_come_is_told_to_try_again_and_writes_nothing(database: Database) -> None:
    script = """
        from backend.app.errors import StorageUnavailable
        from backend.app.storage import database as module

        module._LOCK_SECONDS = 0.05
        for _ in range(2):
            try:
                add()
            except StorageUnavailable:
                print("refused")
        let_go()
        module._LOCK_SECONDS = 10.0
        add()
        print(count())
        database.close()
    """
    assert run(HELD + textwrap.dedent(script), database, before=GEVENT).split() == ["refused", "refused", "1"]


def test_a_thread_whose_turn_does_not_come_is_told_to_try_again_and_writes_nothing(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.05)
    with turn_held(file), pytest.raises(StorageUnavailable) as refused:
        add(database)
    assert refused.value.retryable
    monkeypatch.undo()
    add(database)
    assert writers(database) == ["c"]


def test_nobody_gives_up_in_a_line_that_moves(database: Database) -> None:
    script = """
        import gevent
        from backend.app.storage import database as module

        module._LOCK_SECONDS = 1.0
        sleep = gevent.monkey.get_original("time", "sleep")

        def slowly(session):
            session.execute(text(ADD))
            sleep(0.05)

        gevent.joinall([gevent.spawn(database.write, slowly) for _ in range(40)], raise_error=True)
        print(count())
        database.close()
    """
    assert run(script, database, before=GEVENT) == "40"


def test_native_threads_of_other_pools_may_write_too(database: Database) -> None:
    script = """
        from gevent.pool import Pool
        from backend.app.concurrency import NativePool

        others = NativePool(4)
        Pool(20).map(lambda number: others.run(add) if number % 2 else add(), range(60))
        print(count())
        database.close()
    """
    assert run(script, database, before=GEVENT) == "60"


def test_a_folder_where_no_turns_can_be_taken_does_without(database: Database, file: Path) -> None:
    file.with_name(f"{file.name}-turn").mkdir()
    add(database)
    assert writers(database) == ["c"]
