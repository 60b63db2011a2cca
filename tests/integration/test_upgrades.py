"""Every schema there has been comes up to this version with all that is in it, and the app starts on it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from backend.app.config import Secret, Settings
from backend.app.storage.migration import is_current, migrate
from backend.app.version import __version__
from tests.upgrades.kept import KEPT, check_app, connected, lost, revive
from tests.upgrades.make import make
from tests.upgrades.rows import REVISIONS, Rows, dumped, fill, upgrade

# What a migration changes in rows that are there, on purpose: (table, column).
CHANGED: frozenset[tuple[str, str]] = frozenset()

# Those that have no kept data yet, which go the same way below; of PostgreSQL the longest way up, and the shortest.
EVERY = [("sqlite", revision) for revision in REVISIONS if revision not in KEPT]
EVERY += [("postgresql", REVISIONS[0]), ("postgresql", REVISIONS[-2])]


@pytest.mark.parametrize(("kind", "revision"), EVERY)
def test_a_row_in_every_table_of_every_schema_survives_all_migrations_after_it(
    kind: str, revision: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Also of schemas that come later: the rows are made from their columns."""
    url = request.getfixturevalue("postgresql_url") if kind == "postgresql" else ""
    settings = Settings(data_dir=tmp_path, database_url=Secret(url))
    with connected(settings) as connection:
        upgrade(connection, revision)
        fill(connection)
        before = dumped(connection)
    migrate(settings)
    with connected(settings) as connection:
        assert lost(before, dumped(connection), CHANGED) == []
    assert is_current(settings)


@pytest.mark.parametrize("revision", KEPT)
def test_what_people_had_at_each_schema_is_there_when_the_app_starts_on_it(revision: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url=Secret("none"), chroma_url="http://127.0.0.1:9", ollama_url="")
    before = revive(settings, revision)
    migrate(settings)
    with connected(settings) as connection:
        assert lost(before, dumped(connection), CHANGED) == []
    check_app(settings)


def test_a_migration_that_forgets_something_is_noticed() -> None:
    before: Rows = {"users": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}], "jobs": [{"id": "j"}]}
    after: Rows = {"users": [{"id": "a", "name": "", "new": 1}], "jobs": [{"id": "j", "new": None}]}
    assert len(lost(before, after)) == 3
    assert len(lost(before, {})) == 5
    assert lost(before, before) == []


def test_a_release_keeps_the_data_of_all_its_schemas(tmp_path: Path) -> None:
    """Of a schema that no release has had, the data are made when it is released."""
    changes = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text("utf-8")
    is_released = re.search(rf"^## \[{re.escape(__version__)}\]", changes, re.MULTILINE) is not None
    wanted: list[str] = REVISIONS if is_released else REVISIONS[: REVISIONS.index(KEPT[-1]) + 1]
    assert wanted == KEPT, "python -m tests.upgrades.make"


def test_data_of_every_schema_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chroma_url: str) -> None:
    monkeypatch.setattr("tests.upgrades.make.FOLDER", tmp_path)
    made: list[Path] = make(chroma_url)
    assert [path.stem for path in made] == REVISIONS
    for path in made:
        rows: dict[str, Any] = json.loads(path.read_text("utf-8"))
        assert [table for table, found in rows.items() if not found] == []
    assert make(chroma_url) == []
