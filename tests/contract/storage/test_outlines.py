from __future__ import annotations

import pytest

from backend.app.domain.accounts import User
from backend.app.storage.repositories.outlines import SqlOutlines
from tests.contract.storage.world import World


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def outlines(world: World) -> SqlOutlines:
    return SqlOutlines(world.database)


def test_searchable_documents_come_the_newest_first(world: World, outlines: SqlOutlines, ann: User) -> None:
    first, second = world.indexed(ann, name="빵.txt"), world.indexed(ann, ["one"], "salt.txt")
    world.upload(ann, "waiting.txt")
    found = outlines.documents([first.collection_id], 10)
    assert [(one.id, one.title, one.filename) for one in found] == [
        (second.id, "salt", "salt.txt"),
        (first.id, "빵", "빵.txt"),
    ]
    assert [one.id for one in outlines.documents([first.collection_id], 1)] == [second.id]
    assert {one.collection_id for one in found} == {first.collection_id}


def test_only_the_collections_asked_for_are_listed(world: World, outlines: SqlOutlines, ann: User) -> None:
    world.indexed(ann)
    other = world.collections.create(ann.id, "Other").id
    assert outlines.documents([other], 10) == outlines.documents([], 10) == []


def test_passages_come_in_their_order_without_texts(world: World, outlines: SqlOutlines, ann: User) -> None:
    document = world.indexed(ann, ["one", "three", "five 하나"])
    stored = world.indexing.stored_passages(document.id)
    assert [(step.passage_id, step.heading, step.chars) for step in outlines.steps(document.id)] == [
        (passage.id, passage.heading, len(passage.text)) for passage in stored
    ]
    assert outlines.steps("0" * 32) == []
