"""The data that each schema's version left behind: brought back to life, and looked through after an upgrade."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine

from backend.app import wiring
from backend.app.config import Settings
from backend.app.factory import build_app
from backend.app.storage.files import DiskFiles
from tests.integration.api.calls import Caller
from tests.upgrades.make import EMAIL, PASSWORD, QUESTION, TEXTS
from tests.upgrades.rows import FOLDER, Rows, dumped, load, tables, upgrade

KEPT = sorted(path.stem for path in FOLDER.glob("*.json"))


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    engine = create_engine(settings.sqlalchemy_url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def revive(settings: Settings, revision: str) -> Rows:
    """Make database and files as they were at a schema; return all rows, of which every table has one."""
    kept: Rows = json.loads((FOLDER / f"{revision}.json").read_text("utf-8"))
    with connected(settings) as connection:
        upgrade(connection, revision)
        load(connection, kept)
        rows = dumped(connection)
        assert [table.name for table in tables(connection) if not rows[table.name]] == [], "a table without a row"
    files = DiskFiles(settings.files_dir)
    for row in kept["documents"]:
        path = files.path(row["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXTS[row["filename"]], "utf-8")
    return rows


def lost(before: Rows, after: Rows, changed: frozenset[tuple[str, str]] = frozenset()) -> list[str]:
    """Return what was in rows before and is not any more; tables and columns may be added.

    ``changed`` names what is changed on purpose: (table, column).
    """
    found = []
    for table, rows in before.items():
        known = [key for key in rows[0] if (table, key) not in changed]
        now = [{key: row[key] for key in known if key in row} for row in after.get(table, [])]
        found += [f"{table}: {row}" for row in rows if {key: row[key] for key in known} not in now]
        found += [f"{table} has {len(now)} rows instead of {len(rows)}"] * (len(now) != len(rows))
    return found


def check_app(settings: Settings) -> None:
    """Start the app on it, sign in, and read what people had."""
    app = build_app(settings)
    parts = app.extensions["likeopt_parts"]
    for collection_id in parts.indexing.collection_ids():
        wiring.reindexing_service(parts, "tests").restore_words(collection_id)
    keeper = Caller(app)
    assert keeper.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).status == 200
    _check_documents(keeper)
    _check_conversation(keeper)
    parts.close()


def _check_documents(keeper: Caller) -> None:
    documents = {document["filename"]: document for document in keeper.get("/documents").data}
    assert {name: document["status"] for name, document in documents.items()} == dict.fromkeys(TEXTS, "ready")
    for name, text in TEXTS.items():
        assert keeper.get(f"/documents/{documents[name]['id']}/content").body == text.encode()
        passages = keeper.get(f"/documents/{documents[name]['id']}/passages").data
        assert passages[0]["text"] in text
    found = keeper.get("/search?q=ferry+pier&mode=bm25").data
    assert found[0]["document_id"] == documents["harbour.txt"]["id"]


def _check_conversation(keeper: Caller) -> None:
    (conversation,) = keeper.get("/conversations").data
    question, answer = keeper.get(f"/conversations/{conversation['id']}/messages").data
    assert question["text"] == QUESTION
    assert "seven in the morning" in answer["text"]
    assert answer["citations"] != []
