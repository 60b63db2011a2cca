"""PostgreSQL: dumps by pg_dump, of the very snapshot that was looked at, and pg_restore."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, MetaData, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from backend.app.domain.backup import DocumentFile
from backend.app.errors import BackupDamaged, BackupFailed, RestoreRefused, StorageUnavailable
from backend.app.storage.backup.interfaces import Snapshot, Told
from backend.app.storage.backup.rows import DOCUMENTS, after_restoring

_CONNECT_SECONDS = 10
_SERVICE = "likeopt"


class PostgresqlSource:
    kind = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    @contextlib.contextmanager
    def take(self) -> Iterator[Snapshot]:
        """Begin a transaction that only reads; pg_dump will see what it sees."""
        with _connected(self._url, isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            if not inspect(connection).has_table("alembic_version"):
                raise BackupFailed("There is nothing to back up: the database has no tables of Like-Opt.")
            yield PostgresqlSnapshot(connection, self._url)


class PostgresqlSnapshot:
    def __init__(self, connection: Connection, url: URL) -> None:
        self._connection = connection
        self._url = url
        self._name = str(connection.scalar(text("SELECT pg_export_snapshot()")))

    @property
    def revision(self) -> str:
        return str(self._connection.scalar(text("SELECT version_num FROM alembic_version")))

    def tables(self) -> dict[str, int]:
        return _tables(self._connection)

    def documents(self) -> list[DocumentFile]:
        return [DocumentFile(*row) for row in self._connection.execute(text(DOCUMENTS))]

    def size(self) -> int:
        return int(self._connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)

    def write(self, target: Path, told: Told) -> None:
        program = _program("pg_dump", _major(self._connection))
        # Not compressed by itself: everything in a backup is.
        options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={self._name}"]
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        failure = _run([program, *options, f"--file={target}"], self._url)
        if failure:
            raise BackupFailed(f"pg_dump failed: {failure}")
        told(1.0)


class PostgresqlTarget:
    """An empty PostgreSQL database."""

    kind = "postgresql"

    def __init__(
        self, url: str, migrate: Callable[[], None], is_known: Callable[[str], bool], now: Callable[[], float]
    ) -> None:
        self._url = make_url(url)
        self._migrate = migrate
        self._is_known = is_known
        self._now = now

    def check_empty(self) -> None:
        with _connected(self._url) as connection:
            _program("pg_restore", _major(connection))  # better said before than after a long look through the file
            found = inspect(connection).get_table_names()
        if found:
            raise RestoreRefused(
                f"The database has tables already ({', '.join(sorted(found)[:3])} ...). Give it an empty one by DATABASE_URL."
            )

    def knows(self, revision: str) -> bool:
        return self._is_known(revision)

    def load(self, dump: Path, tables: Mapping[str, int]) -> list[DocumentFile]:
        """Bring the dump in by one transaction; what fails after it takes the tables away again."""
        with _connected(self._url) as connection:
            program = _program("pg_restore", _major(connection))
        options = [
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--dbname=service={_SERVICE}",
        ]
        failure = _run([program, *options, str(dump)], self._url)
        if failure:
            raise BackupDamaged(f"pg_restore could not bring its database in: {failure}")
        try:
            with _connected(self._url) as connection, connection.begin():
                if _tables(connection) != dict(tables):
                    raise BackupDamaged("Its tables do not have the rows that it says they have.")
                documents = [DocumentFile(*row) for row in connection.execute(text(DOCUMENTS))]
            self._migrate()
            with _connected(self._url) as connection, connection.begin():
                for statement, parameters in after_restoring(self.kind, self._now()):
                    connection.execute(text(statement), parameters)
        except BaseException:
            self.undo()
            raise
        return documents

    def finish(self, staging: Path) -> None:
        """It is in place: whoever serves it waits for the files, by the lock on the data folder."""

    def undo(self) -> None:
        with _connected(self._url) as connection, connection.begin():
            found = MetaData()
            found.reflect(connection)
            found.drop_all(connection)


@contextlib.contextmanager
def _connected(url: URL, **options: object) -> Iterator[Connection]:
    engine = _engine(url)
    try:
        with engine.connect().execution_options(**options) as connection:
            yield connection
    except DatabaseError as error:
        reason = " ".join(str(error.orig).split())
        name = url.render_as_string(hide_password=True)
        raise StorageUnavailable(f"The database {name} cannot be reached: {reason}") from error
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_SECONDS})


def _tables(connection: Connection) -> dict[str, int]:
    names = sorted(inspect(connection).get_table_names())
    quote = connection.dialect.identifier_preparer.quote
    return {name: connection.scalar(text(f"SELECT count(*) FROM {quote(name)}")) or 0 for name in names}  # noqa: S608


def _major(connection: Connection) -> int:
    return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def _program(name: str, server: int) -> str:
    """Return the newest of PostgreSQL's own programs; it may not be older than the server.

    Raises:
        BackupFailed: there is none, or only an older one.
    """
    found = {place: _version(place) for place in _places(name)}
    if not found:
        raise BackupFailed(f"{name} is not installed. Install PostgreSQL's client programs, version {server} or newer.")
    best = max(found, key=lambda place: found[place])
    if found[best] < server:
        raise BackupFailed(
            f"{best} is of version {found[best]}, and the server of version {server}. Install PostgreSQL's client programs of version {server} or newer."
        )
    return best


def _places(name: str) -> list[str]:
    """Return what the path names, and where Debian keeps each version's."""
    on_path = shutil.which(name)
    return [*([on_path] if on_path else []), *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]


def _version(program: str) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def _run(command: Sequence[str], url: URL) -> str:
    """Run a program of PostgreSQL's; return why it failed, or nothing.

    The address goes in a file that only this account can read: everybody sees arguments.
    """
    with tempfile.NamedTemporaryFile("w", prefix="likeopt-pg-", encoding="utf-8") as service:  # mode 600
        service.write(f"[{_SERVICE}]\n" + "".join(f"{key}={value}\n" for key, value in _parameters(url).items()))
        service.flush()
        ours = {"PGSERVICEFILE": service.name, "PGSERVICE": _SERVICE, "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS)}
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "USER")}
        done = subprocess.run(command, env=kept | ours, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return " ".join(said[:3]) or f"exit code {done.returncode}"


def _parameters(url: URL) -> dict[str, str]:
    """Return what libpq calls the parts of an address."""
    _, given = url.get_dialect()().create_connect_args(url)
    return {key: str(value) for key, value in given.items() if key != "context" and "\n" not in str(value)}
