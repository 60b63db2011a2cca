from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus
from backend.app.storage.database import Database
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories import passages
from tests.contract.storage.world import World, chunks


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


def ids(world: World, document_id: str) -> list[int]:
    return [passage.id for passage in world.indexing.stored_passages(document_id)]


def test_a_passage_is_shown_with_its_documents_title(world: World, ann: User) -> None:
    document = world.indexed(ann, ["one", "two"], "빵.txt")
    stored = world.indexing.stored_passages(document.id)
    found = world.passages.visible([stored[1].id, 999_999, -1], [document.collection_id, "0" * 32])
    assert found == {stored[1].id: (stored[1], "빵")}


def test_without_ids_or_collections_nothing_is_shown(world: World, ann: User) -> None:
    document = world.indexed(ann)
    assert world.passages.visible([], [document.collection_id]) == {}
    assert world.passages.visible(ids(world, document.id), []) == {}


def test_only_the_collections_asked_for_are_shown(world: World, ann: User) -> None:
    other = world.collections.create(ann.id, "Other")
    first = world.indexed(ann)
    second = world.indexed(ann, collection_id=other.id)
    both = ids(world, first.id) + ids(world, second.id)
    assert list(world.passages.visible(both, [other.id])) == ids(world, second.id)
    assert set(world.passages.visible(both, [first.collection_id, other.id])) == set(both)


def test_a_passage_is_shown_from_searchable_on_and_not_before_or_after(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    stored = [p.id for p in world.indexing.extracted(task, "Bread", None, chunks(["one"]))]

    def shown() -> bool:
        listed = [p.id for batch in world.passages.of_collection(document.collection_id) for p in batch]
        visible = list(world.passages.visible(stored, [document.collection_id]))
        assert listed == visible
        return visible == stored

    assert not shown()
    world.indexing.searchable(task)
    assert shown()
    world.indexing.ready(task)
    assert shown()
    world.documents.delete(ann.id, document.id)
    assert not shown()


def test_what_failed_after_it_was_searchable_is_hidden(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    stored = [p.id for p in world.indexing.extracted(task, "Bread", None, chunks(["one"]))]
    world.indexing.searchable(task)
    world.indexing.end(task, DocumentStatus.FAILED, None)
    assert world.passages.visible(stored, [document.collection_id]) == {}


def test_many_ids_at_once_are_no_trouble(world: World, ann: User) -> None:
    document = world.indexed(ann, ["text"] * 1200)
    asked = ids(world, document.id)
    assert len(world.passages.visible(asked, [document.collection_id])) == 1200


def test_a_collection_comes_in_batches_whole_and_in_order(
    world: World, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "_BATCH", 4)
    documents = [world.indexed(ann, name=f"{n}.txt") for n in range(3)]
    world.indexed(ann, collection_id=world.collections.create(ann.id, "Other").id)
    batches = list(world.passages.of_collection(documents[0].collection_id))
    assert [len(batch) for batch in batches] == [4, 4, 1]
    assert [p.id for batch in batches for p in batch] == [id for d in documents for id in ids(world, d.id)]
    assert list(world.passages.of_collection("0" * 32)) == []


def test_the_neighbourhood_of_a_passage_is_shown(world: World, ann: User) -> None:
    document = world.indexed(ann, [str(n) for n in range(10)])
    every = ids(world, document.id)

    def around(position: int, limit: int = 4) -> list[str]:
        found, cursor = world.documents.passages(ann.id, document.id, Page(limit), around=every[position])
        assert cursor is None
        return [passage.text for passage in found]

    assert around(5) == ["3", "4", "5", "6"]
    assert around(0) == ["0", "1", "2", "3"]
    assert around(9) == ["7", "8", "9"]
    assert around(5, 1) == ["5"]


def test_around_a_passage_of_another_document_or_of_none_is_nothing(world: World, ann: User) -> None:
    first, second = world.indexed(ann, name="a.txt"), world.indexed(ann, name="b.txt")
    assert world.documents.passages(ann.id, first.id, Page(), around=ids(world, second.id)[0]) == ([], None)
    assert world.documents.passages(ann.id, first.id, Page(), around=999_999) == ([], None)


def test_passages_are_looked_up_by_their_ids_not_among_all_of_their_collection(
    world: World, ann: User, database: Database
) -> None:
    # So many that their ids are worth an index to PostgreSQL too, which has to be told how many there are.
    document = world.indexed(ann, [f"passage {number}" for number in range(2_000)])
    stored = ids(world, document.id)[:2]
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    world.passages.visible(stored, [document.collection_id])
    event.remove(database.engine, "before_cursor_execute", note)
    ((statement, parameters),) = [entry for entry in asked if "passages" in entry[0]]

    def plan(session: Session) -> str:
        if not database.is_sqlite:
            session.execute(text("ANALYZE passages"))
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        rows = session.connection().exec_driver_sql(explain + statement, parameters)
        return "\n".join(str(row) for row in rows)

    assert ("INTEGER PRIMARY KEY" if database.is_sqlite else "passages_pkey") in database.read(plan)
