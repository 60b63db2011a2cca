"""The SQL database: one engine a process, one transaction a piece of work."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from backend.app.concurrency import NativePool
from backend.app.errors import InvalidRequest, StorageFull, StorageUnavailable

T = TypeVar("T")

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # With WAL, NORMAL loses nothing when a process dies; a power cut may take the last moments.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-8000",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
)


class Database:
    """Runs pieces of work in transactions, without holding up other greenlets.

    SQLite's C calls would stop a whole gevent worker, so its work goes to native threads.
    psycopg waits cooperatively and stays in the greenlet.
    """

    def __init__(self, url: str, threads: int = 4) -> None:
        self._url = make_url(url)
        self._threads = threads
        self._pool = NativePool(threads)
        self._engine: Engine | None = None
        self._pid = 0
        self._opening = threading.Lock()

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
        return self._run(work, writes=False)

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction and commit it; what it raises rolls it back.

        Raises:
            StorageUnavailable, StorageFull, InvalidRequest: as ``read``.
        """
        return self._run(work, writes=True)

    def ping(self) -> None:
        self.read(lambda session: session.execute(text("SELECT 1")))

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _run(self, work: Callable[[Session], T], *, writes: bool) -> T:
        engine = self.engine
        if self.is_sqlite:
            return self._pool.run(self._transact, engine, work, writes)
        return self._transact(engine, work, writes)

    def _transact(self, engine: Engine, work: Callable[[Session], T], writes: bool) -> T:
        try:
            with Session(engine, expire_on_commit=False) as session:
                session.connection(execution_options={"likeopt_writes": writes})
                result = work(session)
                if writes:
                    session.commit()
                return result
        except (DBAPIError, PoolTimeout, sqlite3.Error) as error:  # sqlite3's own while a connection is prepared
            raise _translated(error) from error
        except (OverflowError, UnicodeEncodeError) as error:  # from drivers, before they ask the database
            raise _unstorable() from error

    def _create_engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self._url,
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
        engine = create_engine(
            self._url, pool_size=self._threads, max_overflow=8, connect_args={"check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine


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
    writes = connection.get_execution_options().get("likeopt_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
