"""Every test that asks for ``database`` runs on SQLite and on a real PostgreSQL, each time on empty tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.app.config import Secret, Settings
from backend.app.storage.database import Database
from backend.app.storage.migration import migrate
from backend.app.storage.models import Base
from tests.contract.storage.world import World
from tests.services.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def _sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate(Settings(data_dir=folder))
    return folder / "likeopt.db"


@pytest.fixture(scope="session")
def _postgresql_database(_postgresql: PostgreSQL) -> Iterator[Database]:
    settings = Settings(database_url=Secret(_postgresql.database()))
    migrate(settings)
    database = Database(settings.sqlalchemy_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_file"), tmp_path / "likeopt.db")
        database = Database(Settings(data_dir=tmp_path).sqlalchemy_url)
        yield database
        database.close()
        return
    shared: Database = request.getfixturevalue("_postgresql_database")
    shared.write(_empty)  # deletes what a test left faster than TRUNCATE makes nine new files
    yield shared


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def _empty(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))
