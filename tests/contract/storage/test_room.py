from __future__ import annotations

import pytest

from backend.app.domain.room import Bounds
from backend.app.errors import QueueFull, QuotaExceeded
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.room import SqlRoom
from tests.contract.storage.world import World, new_document


def test_what_ones_collections_hold_is_counted(world: World) -> None:
    ann, ben = world.person("ann"), world.person("ben")
    room = SqlRoom(world.database)
    assert room.owned(ann.id) == (0, 0)
    first, _ = world.upload(ann, "a.txt")
    second, _ = world.upload(ann, "b.txt")
    assert room.owned(ann.id) == (2, first.bytes + second.bytes)
    assert room.owned(ben.id) == (0, 0)


@pytest.mark.parametrize("server", [False, True])
def test_one_document_too_many_is_refused(world: World, server: bool) -> None:
    ann = world.person("ann")
    bounds = Bounds(server_documents=1) if server else Bounds(owner_documents=1)
    documents = SqlDocuments(world.database, bounds)
    documents.add(ann.id, new_document(world.collection(ann), "a.txt"))
    with pytest.raises(QuotaExceeded):
        documents.add(ann.id, new_document(world.collection(ann), "b.txt"))
    assert SqlRoom(world.database).owned(ann.id)[0] == 1


def test_too_many_bytes_are_refused(world: World) -> None:
    ann = world.person("ann")
    first, _ = world.upload(ann, "a.txt")
    documents = SqlDocuments(world.database, Bounds(owner_bytes=first.bytes))
    with pytest.raises(QuotaExceeded):
        documents.add(ann.id, new_document(world.collection(ann), "b.txt"))


def test_jobs_that_wait_are_bounded_and_those_that_ended_do_not_count(world: World) -> None:
    ann = world.person("ann")
    world.indexed(ann, name="done.txt")
    documents = SqlDocuments(world.database, Bounds(jobs=1))
    documents.add(ann.id, new_document(world.collection(ann), "a.txt"))
    with pytest.raises(QueueFull):
        documents.add(ann.id, new_document(world.collection(ann), "b.txt"))
