"""The SQL database: one engine a process, one transaction a piece of work."""

from __future__ import annotations

import math
import os
import re
import sqlite3
import threading
import time
from _queue import SimpleQueue  # in C: gevent exchanges only the one in ``queue``
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Engine, Row, Select, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from backend.app.concurrency import NativePool, is_cooperative
from backend.app.epochs import Epoch, NoEpoch
from backend.app.errors import InvalidRequest, StorageFull, StorageUnavailable
from backend.app.storage.turns import WritersTurns

T = TypeVar("T")

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # With WAL, NORMAL loses nothing when a process dies; a power cut may take the last moments.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=20",  # whoever waits longer for another writer waits outside: see _run
    "PRAGMA cache_size=-2000",  # a connection; the file is mapped, which all processes share
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
)
_WRITES = "likeopt_writes"
_CHANGES_ACCESS = "likeopt_changes_access"
# Collections' versions too: with them, whoever remembers what a user may search knows its state.
# Of sessions only their end: a new one is known to nobody, and when one was last seen opens no door.
_ACCESS_STATEMENT = re.compile(
    r"\s*(?:(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(?:users|members|collections|api_keys)"
    r"|DELETE\s+FROM\s+\"?sessions)\b",
    re.I,
)
_LOCK_SECONDS = 10.0  # how long a writer waits for others
_LOCK_PAUSE_SECONDS = 0.01


class Database:
    """Runs pieces of work in transactions, without holding up other greenlets.

    psycopg waits cooperatively and stays in the greenlet. SQLite's C calls would stop a whole
    gevent worker, so its work goes to native threads, what reads to one and what writes, which may
    have to wait for other processes, to another. They work in turns: SQLAlchemy takes locks for
    each session and query, which under gevent are gevent's, and two native threads that meet in
    one of those wait for ever (with four threads no run of 40 writes came to its end). Little is
    lost, as most of the work is Python's. Work must not ask the database for another transaction.
    """

    def __init__(self, url: str, access: Epoch | None = None) -> None:
        """``access`` advances with every change of who may see what, by whatever statement."""
        self._url = make_url(url)
        self._access = access or NoEpoch()
        self._pool = NativePool(1)
        self._engine: Engine | None = None
        self._reader: tuple[Engine, Engine] | None = None
        self._pid = 0
        self._opening = threading.Lock()
        self._writers = WritersTurns(_file(self._url.database) if self.is_sqlite else None)
        self._turn: SimpleQueue[None] = SimpleQueue()
        self._turn.put(None)
        self._next: SimpleQueue[None] = SimpleQueue()
        self._next.put(None)

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        with self._opening:
            # Connections must not be shared over a fork, not even to close them.
            if self._engine is None or self._pid != os.getpid():
                self._engine, self._pid = self._create_engine(), os.getpid()
            return self._engine

    def read(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction that only reads.

        Raises:
            StorageUnavailable, StorageFull: the database is away, or the disk full.
            InvalidRequest: a value that no database can hold, such as a NUL in a text.
        """
        return self._run(partial(self._transact, work, False), writes=False)

    def rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Return what one statement reads, in a transaction of its own.

        For what is asked at every search: a session would cost more than the statement.

        Raises:
            StorageUnavailable, StorageFull, InvalidRequest: as ``read``.
        """
        return self._run(partial(self._select, statement, parameters), writes=False)

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction and commit it; what it raises rolls it back.

        Raises:
            StorageUnavailable, StorageFull, InvalidRequest: as ``read``.
        """
        return self._run(partial(self._transact, work, True), writes=True)

    def ping(self) -> None:
        self.read(lambda session: session.execute(text("SELECT 1")))

    def close(self) -> None:
        if self.is_sqlite:
            self._pool.run(self._dispose)
        else:
            self._dispose()

    def _run(self, attempt: Callable[[], T], *, writes: bool) -> T:
        if not self.is_sqlite:
            return attempt()
        give_up = math.inf
        while True:
            try:
                if writes:
                    return self._writers.run(attempt, _LOCK_SECONDS)
                return self._pool.run(attempt)
            except TimeoutError as error:
                raise StorageUnavailable from error
            except _Locked as error:  # by one who takes no turns, such as a sqlite3 shell
                give_up = min(give_up, time.monotonic() + _LOCK_SECONDS)
                if time.monotonic() >= give_up:
                    raise StorageUnavailable from error
            time.sleep(_LOCK_PAUSE_SECONDS)

    def _transact(self, work: Callable[[Session], T], writes: bool) -> T:
        with _translating(), self._alone(), Session(self.engine, expire_on_commit=False) as session:
            connection = session.connection(execution_options={_WRITES: writes})
            notes = connection.info  # the connection's own, which outlives this transaction
            notes.pop(_CHANGES_ACCESS, None)
            result = work(session)
            if writes:
                session.commit()
                if notes.pop(_CHANGES_ACCESS, False):
                    self._access.advance()
            return result

    def _select(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with _translating(), self._alone(), self._reading().connect() as connection:
            return connection.execute(statement, parameters).all()

    def _reading(self) -> Engine:
        """Return the engine, whose connections and pool these are, with transactions that only read."""
        engine = self.engine
        if self._reader is None or self._reader[0] is not engine:
            self._reader = engine, engine.execution_options(**{_WRITES: False})
        return self._reader[1]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let native threads that ask SQLite wait for their turn, not in SQLAlchemy's locks."""
        if not (self.is_sqlite and is_cooperative()):
            yield
            return
        self._next.get()  # a thread that has just had its turn does not overtake the one that waits
        self._turn.get()
        self._next.put(None)
        try:
            yield
        finally:
            self._turn.put(None)

    def _dispose(self) -> None:
        with self._alone():
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _create_engine(self) -> Engine:
        engine = self._new_engine()
        event.listen(engine, "before_cursor_execute", _note_access)
        return engine

    def _new_engine(self) -> Engine:
        json = {"json_serializer": _to_json, "json_deserializer": msgspec.json.decode}
        if not self.is_sqlite:
            return create_engine(
                self._url,
                **json,
                pool_size=10,
                max_overflow=20,
                pool_timeout=5,
                pool_pre_ping=True,
                connect_args={"connect_timeout": 5},
            )
        if self._url.database:
            try:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageUnavailable from error
        engine = create_engine(self._url, **json, max_overflow=20, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:  # sqlite3's own while a connection is prepared
        raise _translated(error) from error
    except (OverflowError, UnicodeEncodeError) as error:  # from drivers, before they ask the database
        raise _unstorable() from error


def _note_access(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
    if _ACCESS_STATEMENT.match(statement):
        connection.info[_CHANGES_ACCESS] = True


def _file(database: str | None) -> str | None:
    """Return the file that other processes may write to; none is a database in memory."""
    return database if database != ":memory:" else None


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    # sqlite3 begins transactions by its own rules, and only before a write; ours begin at once.
    connection.isolation_level = None
    # SQLite's own knows the letters of ASCII alone.
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma).close()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Any) -> None:
    # IMMEDIATE takes the write lock at the start: a reader that turns writer half-way fails at
    # once instead of waiting its busy_timeout.
    writes = connection.get_execution_options().get(_WRITES, True)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise _Locked from error
        raise


class _Locked(Exception):
    """Another process writes; nothing of the work has been done."""


def _translated(error: Exception) -> Exception:
    """Return what ``error`` means to whoever asked; defects, such as a broken constraint, stay as they are."""
    if "disk is full" in str(error) or "No space left" in str(error):
        return StorageFull()
    if isinstance(error, DataError):
        return _unstorable()
    if isinstance(error, DBAPIError) and not error.connection_invalidated:
        # DatabaseError itself, of no narrower class, is a file that is damaged or no database.
        is_away = isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError
        return StorageUnavailable() if is_away else error
    return StorageUnavailable()


def _unstorable() -> InvalidRequest:
    return InvalidRequest("A value is too long, too large, or holds characters that cannot be stored.")
