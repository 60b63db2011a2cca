"""Bring the database to the newest version, or say why it cannot be."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

# Whoever knows the models' tables is to know all of them.
import backend.app.storage.account_models
import backend.app.storage.evaluation_models
import backend.app.storage.folder_models
import backend.app.storage.identity_models
import backend.app.storage.key_models
import backend.migrations
from backend.app.config import Settings
from backend.app.errors import ConfigError, StorageFull, StorageUnavailable
from backend.app.storage.models import Base

SCRIPTS = Path(backend.migrations.__file__).parent

_LOCK_SECONDS = 60.0
_POSTGRESQL_LOCK = 0x6C696B656F7074  # "likeopt": any number, if it is everybody's


def migrate(settings: Settings) -> None:
    """Migrate in one transaction: a migration that fails half-way leaves nothing behind.

    Processes that migrate at the same moment wait for each other, and the later ones find
    nothing left to do.

    Raises:
        ConfigError: the database is newer than this code, or is none of ours.
        StorageUnavailable: it cannot be reached.
    """
    url = _url(settings)
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if url.get_backend_name() == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
            _check(connection, url)
            command.upgrade(configuration(connection), "head")
    except (DatabaseError, sqlite3.Error) as error:
        raise _translated(error, url) from error
    finally:
        engine.dispose()


def is_current(settings: Settings) -> bool:
    """Tell whether the database is at the newest version; nothing is changed.

    Raises:
        ConfigError, StorageUnavailable: as ``migrate``.
    """
    url = _url(settings)
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            _check(connection, url)
            found = MigrationContext.configure(connection).get_current_heads()
    except (DatabaseError, sqlite3.Error) as error:
        raise _translated(error, url) from error
    finally:
        engine.dispose()
    return set(found) == set(ScriptDirectory(str(SCRIPTS)).get_heads())


def knows(revision: str) -> bool:
    """Tell whether tables of this revision can be brought to the newest version."""
    return revision in {found.revision for found in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for ``connection``; there is no alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def _url(settings: Settings) -> URL:
    try:
        url = make_url(settings.sqlalchemy_url)
    except ArgumentError as error:  # its own text would show the password
        raise ConfigError("DATABASE_URL is not an address of a database. Write postgresql://...") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"Databases of the kind {url.get_backend_name()} are not supported. Use PostgreSQL.")
    if url.get_backend_name() == "sqlite" and url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StorageUnavailable(f"The folder of {url.database} cannot be made: {reason}.") from error
    return url


def _engine(url: URL) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    options = {"timeout": _LOCK_SECONDS} if is_sqlite else {"connect_timeout": 10}
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=options)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"The driver {error.name} is missing. Install the package psycopg[binary] beside Like-Opt (in a clone: .venv/bin/pip install -r requirements-postgres.txt)."
        ) from error
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _take_the_write_lock)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # begin transactions when we say so
    # The mode stays with the file. Changing to it fails at once while anybody writes, so it is done
    # before web workers and indexers open the file, all at the same moment.
    with contextlib.suppress(sqlite3.OperationalError):  # another migrates: it has done so
        connection.execute("PRAGMA journal_mode=WAL").close()


def _take_the_write_lock(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check(connection: Connection, url: URL) -> None:
    name = url.render_as_string(hide_password=True)
    script = ScriptDirectory(str(SCRIPTS))
    known = {revision.revision for revision in script.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    unknown = [revision for revision in found if revision not in known]
    if unknown:
        raise ConfigError(
            f"The database {name} was made by a newer version of Like-Opt: it is at {unknown[0]}, and this one "
            f"knows {script.get_current_head()} at most. Install the newer version, or restore an older copy."
        )
    foreign = Base.metadata.tables.keys() & set(inspect(connection).get_table_names())
    if not found and foreign:
        raise ConfigError(
            f"The database {name} holds tables that Like-Opt did not make ({', '.join(sorted(foreign))}). "
            "Give it a database of its own."
        )


def _translated(error: DatabaseError | sqlite3.Error, url: URL) -> Exception:
    name = url.render_as_string(hide_password=True)
    reason = " ".join(str(error.orig if isinstance(error, DatabaseError) else error).split())
    if "file is not a database" in reason or "malformed" in reason:
        return ConfigError(f"{url.database} cannot be used: {reason}. Move it away, or restore a copy of it.")
    if "disk is full" in reason or "No space left" in reason:
        return StorageFull()
    if isinstance(error, (OperationalError, sqlite3.OperationalError)):
        return StorageUnavailable(f"The database {name} cannot be reached: {reason}")
    return error
