"""The database under gevent and after a fork, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from backend.app.storage.database import Database

BEGINNING = """
import sys
from sqlalchemy import text
from backend.app.storage.database import Database

ADD = "INSERT INTO removals (collection_id, created_at) VALUES ('c', '2026-01-01 00:00:00+00:00')"
database = Database(sys.argv[1])

def count():
    return database.read(lambda session: session.scalar(text("SELECT count(*) FROM removals")))

def add(_=None):
    database.write(lambda session: session.execute(text(ADD)) and None)
"""


def run(script: str, database: Database, *, before: str = "") -> str:
    url = database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", before + BEGINNING + textwrap.dedent(script), url],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


# Before the fork: gevent watches for a child too late to see one that ends at once.
GEVENT = "from gevent import get_hub, monkey; monkey.patch_all(); get_hub().loop.install_sigchld()\n"


def test_a_fork_does_not_share_connections(database: Database) -> None:
    script = """
        import os
        count()
        inherited = id(database.engine)
        child = os.fork()
        if child == 0:
            try:
                assert id(database.engine) != inherited
                add()
                assert count() == 1
                os._exit(0)
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        add()
        print(count())
        database.close()
    """
    assert run(script, database) == "2"


def test_greenlets_write_at_once_and_see_errors(database: Database) -> None:
    script = """
        from gevent.pool import Pool
        from backend.app.errors import InvalidRequest

        Pool(20).map(add, range(40))
        print(count())
        try:
            database.read(lambda session: session.scalar(text("SELECT :v").bindparams(v="\\ud800")))
        except InvalidRequest:
            print("refused")
        database.close()
    """
    assert run(script, database, before=GEVENT).split() == ["40", "refused"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_long_query_of_sqlite_does_not_hold_up_other_greenlets(database: Database) -> None:
    script = """
        import gevent
        from sqlalchemy import event

        went_on = []
        sleep = gevent.monkey.get_original("time", "sleep")

        def long_query():
            for _ in range(3000):
                if went_on:
                    return 1
                sleep(0.01)
            return 0

        @event.listens_for(database.engine, "connect")
        def prepare(connection, record):
            connection.create_function("long_query", 0, long_query)

        asking = gevent.spawn(database.read, lambda session: session.scalar(text("SELECT long_query()")))
        gevent.sleep(0)
        went_on.append(True)
        print(asking.get())
        database.close()
    """
    assert run(script, database, before=GEVENT) == "1"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_native_threads_of_other_pools_may_ask_sqlite_too(database: Database) -> None:
    script = """
        from gevent.pool import Pool
        from backend.app.concurrency import NativePool

        others = NativePool(4)

        def ask(number):
            return others.run(count) if number % 2 else add()

        Pool(20).map(ask, range(80))
        print(count())
        database.close()
    """
    assert run(script, database, before=GEVENT) == "40"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_waits_to_write_does_not_hold_up_who_reads(database: Database) -> None:
    script = """
        import gevent, sqlite3

        count()
        other = sqlite3.connect(database.engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = [gevent.spawn(add) for _ in range(3)]
        gevent.sleep(0.1)
        print(count(), any(greenlet.ready() for greenlet in writing))
        other.execute("COMMIT")
        gevent.joinall(writing, raise_error=True)
        print(count())
        other.close()
        database.close()
    """
    assert run(script, database, before=GEVENT).split() == ["0", "False", "3"]
