"""Every schema there has been comes up to this version with all that is in it, and the app starts on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from backend.app import wiring
from backend.app.config import Secret, Settings
from backend.app.factory import build_app
from backend.app.storage.files import DiskFiles
from backend.app.storage.migration import is_current, migrate
from backend.app.version import __version__
from tests.integration.api.calls import Caller
from tests.upgrades.make import EMAIL, PASSWORD, QUESTION, TEXTS, make
from tests.upgrades.rows import FOLDER, REVISIONS, Rows, dumped, fill, load, tables, upgrade

KEPT = sorted(path.stem for path in FOLDER.glob("*.json"))
# What a migration changes in rows that are there, on purpose: (table, column).
CHANGED: frozenset[tuple[str, str]] = frozenset()


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    engine = create_engine(settings.sqlalchemy_url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def lost(before: Rows, after: Rows) -> list[str]:
    """Return what was in rows before and is not any more; tables and columns may be added."""
    found = []
    for table, rows in before.items():
        known = [key for key in rows[0] if (table, key) not in CHANGED]
        now = [{key: row[key] for key in known if key in row} for row in after.get(table, [])]
        found += [f"{table}: {row}" for row in rows if {key: row[key] for key in known} not in now]
        found += [f"{table} has {len(now)} rows instead of {len(rows)}"] * (len(now) != len(rows))
    return found


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
        assert lost(before, dumped(connection)) == []
    assert is_current(settings)


@pytest.mark.parametrize("revision", KEPT)
def test_what_people_had_at_each_schema_is_there_when_the_app_starts_on_it(revision: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url=Secret("none"), chroma_url="http://127.0.0.1:9", ollama_url="")
    kept: Rows = json.loads((FOLDER / f"{revision}.json").read_text("utf-8"))
    with connected(settings) as connection:
        upgrade(connection, revision)
        load(connection, kept)
        before = dumped(connection)
        assert [table.name for table in tables(connection) if not before[table.name]] == [], "a table without a row"
    with_files(settings, kept)
    migrate(settings)
    with connected(settings) as connection:
        assert lost(before, dumped(connection)) == []
    app = build_app(settings)
    parts = app.extensions["likeopt_parts"]
    for collection_id in parts.indexing.collection_ids():
        wiring.reindexing_service(parts, "tests").restore_words(collection_id)
    keeper = Caller(app)
    assert keeper.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).status == 200
    check_documents(keeper)
    check_conversation(keeper)
    parts.close()


def check_documents(keeper: Caller) -> None:
    documents = {document["filename"]: document for document in keeper.get("/documents").data}
    assert {name: document["status"] for name, document in documents.items()} == dict.fromkeys(TEXTS, "ready")
    for name, text in TEXTS.items():
        assert keeper.get(f"/documents/{documents[name]['id']}/content").body == text.encode()
        passages = keeper.get(f"/documents/{documents[name]['id']}/passages").data
        assert passages[0]["text"] in text
    found = keeper.get("/search?q=ferry+pier&mode=bm25").data
    assert found[0]["document_id"] == documents["harbour.txt"]["id"]


def check_conversation(keeper: Caller) -> None:
    (conversation,) = keeper.get("/conversations").data
    question, answer = keeper.get(f"/conversations/{conversation['id']}/messages").data
    assert question["text"] == QUESTION
    assert "seven in the morning" in answer["text"]
    assert answer["citations"] != []


def with_files(settings: Settings, kept: Rows) -> None:
    files = DiskFiles(settings.files_dir)
    for row in kept["documents"]:
        path = files.path(row["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXTS[row["filename"]], "utf-8")


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


def test_the_data_of_a_schema_are_made_by_the_app_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chroma_url: str
) -> None:
    monkeypatch.setattr("tests.upgrades.make.FOLDER", tmp_path)
    made: list[Path] = make(chroma_url)
    assert [path.stem for path in made] == REVISIONS
    for path in made:
        rows: dict[str, Any] = json.loads(path.read_text("utf-8"))
        assert [table for table, found in rows.items() if not found] == []
    assert make(chroma_url) == []
