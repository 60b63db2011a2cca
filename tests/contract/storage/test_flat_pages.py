"""Pages of long lists: the plan of each query walks an index, and touches little more than it returns.

No time is measured. SQLite counts the steps of its virtual machine, PostgreSQL the blocks it reads.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from backend.app.config import Secret, Settings
from backend.app.domain.documents import DocumentStatus
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.interfaces import DocumentFilter, Page
from backend.app.storage.migration import migrate
from tests.contract.storage.world import World
from tests.services.postgresql import PostgreSQL

ROWS = 100_000
LIMIT = 50
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MOST_STEPS = 10_000  # a list that is sorted or walked through takes ten for each of its rows
MOST_BLOCKS = 200
BIG = ("conversations", "documents", "messages", "passages", "jobs")

COLUMNS = {
    "conversations": "id, user_id, title, pinned, collection_ids, created_at, updated_at",
    "documents": "id, collection_id, title, filename, media_type, sha256, bytes, status, progress, passages, created_at",
    "passages": 'document_id, collection_id, ordinal, text, start, "end"',
    "messages": "id, conversation_id, place, speaker, text, status, sources, citations, degraded, cached, timings, created_at",
    "jobs": "id, document_id, status, progress, attempts, created_at, finished_at",
}
VALUES = {
    "conversations": "{id}, '{user}', 'Bread', n % 1000 = 0, '[]', {at}, {at}",
    "documents": "{id}, CASE n % 3 WHEN 0 THEN '{theirs}' WHEN 1 THEN '{first}' ELSE '{second}' END, 'Bread', 'bread.txt', 'text/plain', {id}, 1,"
    " CASE n % 100 WHEN 0 THEN 'failed' ELSE 'ready' END, 1.0, 0, {at}",
    "passages": "'{one}', '{first}', n, 'Knead.', n, n + 6",
    "messages": "{id}, '{one}', {id}, 'user', 'How?', 'complete', '[]', '[]', '[]', n < 0, '{{}}', {at}",
    "jobs": "{id}, {id}, 'ready', 1.0, 1, {at}, CASE n % 100 WHEN 0 THEN NULL ELSE {at} END",
}
SERIES = {
    "sqlite": f"(WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {ROWS}) SELECT n FROM counted)",
    "postgresql": f"generate_series(1, {ROWS}) AS n",
}
ID = {"sqlite": "printf('%032x', n)", "postgresql": "lpad(to_hex(n), 32, '0')"}
AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', strftime('%s', '2026-01-01') + n, 'unixepoch')",
    "postgresql": "timestamptz '2026-01-01 00:00Z' + n * interval '1 second'",
}
ONE = f"{1:032x}"


@dataclass
class Grown:
    """A database with 100,000 rows in each table. Of the documents Ann sees two thirds, in two collections."""

    database: Database
    world: World
    ann: str
    first: str

    def lists(self) -> dict[str, Callable[[Page], object]]:
        documents, conversations, ann = self.world.documents, self.world.conversations, self.ann
        failed = DocumentStatus.FAILED
        return {
            "conversations": lambda page: conversations.page(ann, None, page),
            "messages": lambda page: conversations.messages(ann, ONE, page),
            "passages": lambda page: documents.passages(ann, ONE, page),
            "documents": lambda page: documents.page(ann, DocumentFilter(), page),
            "documents of a collection": lambda page: documents.page(
                ann, DocumentFilter(collection_id=self.first), page
            ),
            "failed documents": lambda page: documents.page(ann, DocumentFilter(statuses=(failed,)), page),
        }

    def queries(self, call: Callable[[], object]) -> list[tuple[str, Any]]:
        """Return the queries that a call makes, with their parameters."""
        found: list[tuple[str, Any]] = []

        def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
            if statement.startswith("SELECT"):
                found.append((statement, parameters))

        event.listen(self.database.engine, "before_cursor_execute", note)
        call()
        event.remove(self.database.engine, "before_cursor_execute", note)
        assert found
        return found

    def plan(self, statement: str, parameters: Any) -> list[str]:
        """Return a query's plan: SQLite's lines, or PostgreSQL's kinds of nodes with their tables."""
        with self.database.engine.connect() as connection:
            if self.database.is_sqlite:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                return [row[-1] for row in rows]
            return [
                f"{node['Node Type']} {node.get('Relation Name', '')}".strip()
                for node in _nodes(self._explained(statement, parameters))
            ]

    def cost(self, statement: str, parameters: Any) -> float:
        """Return how much a query does, as a part of what it may."""
        if not self.database.is_sqlite:
            top = self._explained(statement, parameters)
            return (top["Shared Hit Blocks"] + top["Shared Read Blocks"]) / MOST_BLOCKS
        counted = 0

        def count() -> None:
            nonlocal counted
            counted += 1

        with self.database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.set_progress_handler(count, 10)
            try:
                connection.exec_driver_sql(statement, parameters).fetchall()
            finally:
                raw.set_progress_handler(None, 10)
        return 10 * counted / MOST_STEPS

    def _explained(self, statement: str, parameters: Any) -> dict[str, Any]:
        with self.database.engine.connect() as connection:
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
            (found,) = connection.exec_driver_sql(explained, parameters).one()
        plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("grown")
        shutil.copy(request.getfixturevalue("_sqlite_file"), folder / "likeopt.db")
        settings = Settings(data_dir=folder)
    else:
        server: PostgreSQL = request.getfixturevalue("_postgresql")
        settings = Settings(database_url=Secret(server.database()))
        migrate(settings)
    database = Database(settings.sqlalchemy_url)
    world = World(database)
    ann, ben = world.person("ann"), world.person("ben")
    first, second = world.collection(ann), world.collections.create(ann.id, "Second").id
    names = {
        **{"id": ID[request.param], "at": AT[request.param], "user": ann.id, "one": ONE},
        **{"first": first, "second": second, "theirs": world.collection(ben)},
    }

    def fill(session: Session) -> None:
        for table, columns in COLUMNS.items():
            values = VALUES[table].format(**names)
            session.execute(text(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {SERIES[request.param]}"))

    database.write(fill)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    yield Grown(database, world, ann.id, first)
    database.close()


def cursor(name: str, n: int) -> str | None:
    """Return a cursor that stands behind a list's row ``n``; none at the beginning."""
    if name == "conversations":
        return cursors.encode(False, BEGINNING + timedelta(seconds=n), f"{n:032x}")
    return cursors.encode(n if name == "passages" else f"{n:032x}")


LISTS = ("conversations", "messages", "passages", "documents", "documents of a collection", "failed documents")
PLACES = {"first": None, "middle": ROWS // 2, "near the end": 8000, "near the beginning": ROWS - 8000}


@pytest.mark.parametrize("name", LISTS)
def test_every_page_comes_out_of_an_index_and_costs_the_same(grown: Grown, name: str) -> None:
    lister = grown.lists()[name]
    for place, n in PLACES.items():
        page = Page(LIMIT, None if n is None else cursor(name, n))
        items, after = lister(page)  # type: ignore[misc]  # each list is a pair
        assert (len(items), after is not None) == (LIMIT, True)
        for statement, parameters in grown.queries(lambda page=page: lister(page)):  # type: ignore[misc]
            plan = grown.plan(statement, parameters)
            check_indexed(plan)
            assert grown.cost(statement, parameters) <= 1, (place, plan)
            if name not in ("documents", "failed documents"):
                check_unsorted(plan)


def test_documents_of_several_collections_are_sorted_only_as_far_as_a_page_needs(grown: Grown) -> None:
    """The one list that no index has in its order: the costs above are of the sort too, and this is why."""
    query, _jobs = grown.queries(lambda: grown.lists()["documents"](Page(LIMIT)))
    plan = grown.plan(*query)
    assert len([line for line in plan if "TEMP B-TREE" in line or line == "Sort"]) == 1
    if grown.database.is_sqlite:
        assert any("ix_documents_list (collection_id=? AND id>?" in line for line in plan), "only the newest of each"
    else:
        assert plan.count("Limit") == 2, "one for each collection, and one for all"


def test_waiting_jobs_come_out_of_an_index_among_those_that_have_ended(grown: Grown) -> None:
    (query,) = grown.queries(grown.world.indexing.pending)
    plan = grown.plan(*query)
    check_indexed(plan)
    assert any("ix_jobs_open" in line for line in plan) if grown.database.is_sqlite else "Seq Scan jobs" not in plan
    if grown.database.is_sqlite:
        check_unsorted(plan)


def test_a_query_without_an_index_would_be_noticed(grown: Grown) -> None:
    (query,) = grown.queries(lambda: grown.database.read(lambda s: s.execute(text(BY_TITLE)).all()))
    plan = grown.plan(*query)
    with pytest.raises(AssertionError):
        check_indexed(plan)
    with pytest.raises(AssertionError):
        check_unsorted(plan)
    assert grown.cost(*query) > 1


BY_TITLE = f"SELECT id FROM documents ORDER BY title LIMIT {LIMIT}"


def check_indexed(plan: list[str]) -> None:
    """Fail where a table with many rows is walked through."""
    assert not [line for line in plan if line.split()[0] == "SCAN" and line.split()[1] in BIG], plan
    assert not [line for line in plan if "Seq Scan" in line and line.endswith(BIG)], plan


def check_unsorted(plan: list[str]) -> None:
    assert not [line for line in plan if "TEMP B-TREE" in line or "Sort" in line], plan
