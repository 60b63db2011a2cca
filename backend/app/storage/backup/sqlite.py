"""SQLite: snapshots by its backup API, and files that take their place."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from backend.app.domain.backup import DocumentFile
from backend.app.errors import BackupDamaged, BackupFailed, RestoreRefused, StorageFull, StorageUnavailable
from backend.app.storage.backup.interfaces import Snapshot, Told
from backend.app.storage.backup.rows import DOCUMENTS, after_restoring

_PAGES = 2000  # copied between two words on how far it is
_BUSY_SECONDS = 30.0
_UNREADABLE = (sqlite3.Error, UnicodeError)  # a damaged file may damage SQLite's own message


class SqliteSource:
    kind = "sqlite"

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextlib.contextmanager
    def take(self) -> Iterator[Snapshot]:
        """Begin a transaction that only reads: what others write from now on is not in it."""
        if not self._file.is_file():
            raise BackupFailed(f"There is nothing to back up: {self._file} is not there.")
        try:
            with closing(_reading(self._file)) as connection:
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # here it begins
                yield SqliteSnapshot(connection)
        except _UNREADABLE as error:
            raise _translated(error, self._file) from error


class SqliteSnapshot:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def revision(self) -> str:
        return _revision(self._connection)

    def tables(self) -> dict[str, int]:
        return _tables(self._connection)

    def documents(self) -> list[DocumentFile]:
        return [DocumentFile(*row) for row in self._connection.execute(DOCUMENTS)]

    def size(self) -> int:
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (size,) = self._connection.execute("PRAGMA page_size").fetchone()
        return int(pages) * int(size)

    def write(self, target: Path, told: Told) -> None:
        """Copy the database page by page, and look whether the copy is sound.

        Raises:
            BackupFailed: the database is damaged.
        """

        def progress(status: int, remaining: int, total: int) -> None:
            told(1 - remaining / total if total else 1.0)

        _create(target)
        with closing(sqlite3.connect(target)) as copy:
            # Within the transaction that has begun: a write of others does not have it begin anew.
            self._connection.backup(copy, pages=_PAGES, progress=progress)
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file, without a -wal beside it
            found = _complaint(copy)
        if found:
            raise BackupFailed(
                f"The database is damaged ({found}), and a copy of it would be too. Restore an older backup."
            )


class SqliteTarget:
    """A data folder without a database. A dump is made ready beside its place, and then renamed."""

    kind = "sqlite"

    def __init__(
        self, file: Path, migrate: Callable[[Path], None], is_known: Callable[[str], bool], now: Callable[[], float]
    ) -> None:
        """``migrate`` brings the database of a folder to this version's tables."""
        self._file = file
        self._migrate = migrate
        self._is_known = is_known
        self._now = now

    def check_empty(self) -> None:
        if self._file.exists():
            raise RestoreRefused(
                f"{self._file} is there already. Restore into an empty folder: name one by --data-dir."
            )

    def knows(self, revision: str) -> bool:
        return self._is_known(revision)

    def load(self, dump: Path, tables: Mapping[str, int]) -> list[DocumentFile]:
        ready = dump.with_name(self._file.name)
        dump.rename(ready)
        try:
            with closing(sqlite3.connect(ready, timeout=_BUSY_SECONDS)) as database:
                database.execute("PRAGMA trusted_schema=OFF")
                _check(database, tables)
                documents = [DocumentFile(*row) for row in database.execute(DOCUMENTS)]
        except _UNREADABLE as error:
            raise BackupDamaged(f"The database in it cannot be read: {error}.") from error
        self._migrate(ready.parent)
        with closing(sqlite3.connect(ready)) as database:
            with database:
                for statement, parameters in after_restoring(self.kind, self._now()):
                    database.execute(statement, parameters)
            # All of it into the one file that is renamed.
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return documents

    def finish(self, staging: Path) -> None:
        ready = staging / self._file.name
        _sync(ready)
        ready.replace(self._file)
        _sync(self._file.parent)

    def undo(self) -> None:
        for end in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)


def _reading(file: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(file))}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _revision(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _tables(connection: sqlite3.Connection) -> dict[str, int]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    names = [str(name) for (name,) in connection.execute(query)]
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {name: connection.execute(f"SELECT count(*) FROM {quoted[name]}").fetchone()[0] for name in names}  # noqa: S608


def _complaint(connection: sqlite3.Connection) -> str:
    """Return what SQLite finds wrong with a database, or nothing."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else " ".join(str(found).split())


def _check(database: sqlite3.Connection, tables: Mapping[str, int]) -> None:
    if found := _complaint(database):
        raise BackupDamaged(f"The database in it is damaged: {found}.")
    # We make none, and they would run when we read or write.
    query = "SELECT type || ' ' || name FROM sqlite_master WHERE type NOT IN ('table', 'index') LIMIT 1"
    if (foreign := database.execute(query).fetchone()) is not None:
        raise BackupDamaged(f"The database in it was not made by Like-Opt alone: it has a {foreign[0]}.")
    if _tables(database) != dict(tables):
        raise BackupDamaged("Its tables do not have the rows that it says they have.")


def _translated(error: Exception, file: Path) -> Exception:
    reason = str(error)
    if isinstance(error, UnicodeError) or "not a database" in reason or "malformed" in reason:
        return BackupFailed(f"{file} is damaged ({reason}), and a copy of it would be too. Restore an older backup.")
    if "no such table" in reason:
        return BackupFailed(f"{file} holds no tables of Like-Opt: {reason}.")
    return StorageFull() if "is full" in reason else StorageUnavailable(f"{file} cannot be read: {reason}.")
