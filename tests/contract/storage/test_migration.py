from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from backend.app.config import Secret, Settings
from backend.app.errors import ConfigError, StorageUnavailable
from backend.app.processes import migrations
from backend.app.storage.migration import SCRIPTS, configuration, migrate
from backend.app.storage.models import Base

NEWEST = ScriptDirectory(str(SCRIPTS)).get_current_head()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path / "new" / "folder")
    return Settings(database_url=Secret(request.getfixturevalue("postgresql_url")))


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    engine = create_engine(settings.sqlalchemy_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_the_result_is_what_the_models_say(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_column_too_few_would_be_noticed(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        connection.execute(text("ALTER TABLE messages DROP COLUMN timings"))
        context = MigrationContext.configure(connection)
        assert [difference[0] for difference in compare_metadata(context, Base.metadata)] == ["add_column"]


def test_indexes_and_cascades_are_those_of_the_models(settings: Settings, tmp_path: Path) -> None:
    migrate(settings)
    models = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    Base.metadata.create_all(models)
    with connected(settings) as connection, models.connect() as expected:
        migrated, modelled = inspect(connection), inspect(expected)
        for table in Base.metadata.tables:
            assert _indexes(migrated, table) == _indexes(modelled, table)
            assert _foreign_keys(migrated, table) == _foreign_keys(modelled, table)
    models.dispose()


def test_sqlite_never_gives_a_passage_the_id_of_another(tmp_path: Path) -> None:
    migrate(Settings(data_dir=tmp_path))
    with closing(sqlite3.connect(tmp_path / "likeopt.db")) as database:
        (statement,) = database.execute("select sql from sqlite_master where name = 'passages'").fetchone()
    assert "AUTOINCREMENT" in statement


def test_sqlite_is_left_ready_for_many_readers_beside_a_writer(tmp_path: Path) -> None:
    migrate(Settings(data_dir=tmp_path))
    with closing(sqlite3.connect(tmp_path / "likeopt.db")) as database:
        assert database.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_second_time_changes_nothing(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        connection.execute(text("INSERT INTO removals (collection_id, created_at) VALUES ('c', '2026-01-01 00:00:00')"))
    migrate(settings)
    with connected(settings) as connection:
        assert connection.scalar(text("SELECT count(*) FROM removals")) == 1


def test_down_and_up_again(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        command.downgrade(configuration(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate(settings)
    with connected(settings) as connection:
        assert set(Base.metadata.tables) < set(inspect(connection).get_table_names())


def test_collections_of_before_are_searched_by_the_embedder_of_before(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        command.downgrade(configuration(connection), "0004")
        row = "INSERT INTO collections (id, name, version, created_at) VALUES ('c', 'Old', 7, '2026-01-01 00:00:00')"
        connection.execute(text(row))
    migrate(settings)
    with connected(settings) as connection:
        assert connection.execute(text("SELECT embedding, version FROM collections")).all() == [("use", 7)]


def test_several_at_once_do_not_meet(settings: Settings) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(settings)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with connected(settings) as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [NEWEST]


def test_one_that_fails_half_way_leaves_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("half-way")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(RuntimeError, match="half-way"):
            migrate(settings)
    with connected(settings) as connection:
        assert inspect(connection).get_table_names() == []
    migrate(settings)


def test_a_newer_database_is_refused_and_left_as_it_is(settings: Settings) -> None:
    migrate(settings)
    with connected(settings) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=rf"made by a newer version.*9999.*{NEWEST}"):
        migrate(settings)
    with connected(settings) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_tables_of_somebody_else_are_refused(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with connected(settings) as connection:
        connection.execute(text("CREATE TABLE users (name text)"))
    with pytest.raises(ConfigError, match=r"did not make \(users\)"):
        migrate(settings)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "likeopt.db").write_text("no database at all, but long enough to be read as one" * 200)
    with pytest.raises(ConfigError, match="file is not a database"):
        migrate(Settings(data_dir=tmp_path))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match="cannot be made: Not a directory"):
        migrate(Settings(data_dir=tmp_path / "file" / "data"))


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(StorageUnavailable, match=r"127\.0\.0\.1:1/likeopt cannot be reached") as refused:
        migrate(Settings(database_url=Secret("postgresql://me:hidden@127.0.0.1:1/likeopt")))
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["no address", "mysql://me:hidden@db/likeopt"])
def test_other_databases_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"PostgreSQL|postgresql") as refused:
        migrate(Settings(database_url=Secret(url)))
    assert "hidden" not in str(refused.value)


def test_the_quick_look_at_start_agrees(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert migrations.needed(settings)
    migrate(settings)
    assert not migrations.needed(settings)


def _indexes(inspector: object, table: str) -> dict[str, list[str]]:
    found = inspector.get_indexes(table)  # type: ignore[attr-defined]
    # PostgreSQL lists the index of a unique constraint too.
    return {index["name"]: index["column_names"] for index in found if not index.get("duplicates_constraint")}


def _foreign_keys(inspector: object, table: str) -> set[tuple[str, str, str]]:
    found = inspector.get_foreign_keys(table)  # type: ignore[attr-defined]
    return {(key["constrained_columns"][0], key["referred_table"], key["options"]["ondelete"]) for key in found}
