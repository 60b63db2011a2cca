from __future__ import annotations

from functools import partial

import pytest

from backend.app.domain.accounts import Access
from backend.app.domain.documents import Collection, DocumentStatus
from backend.app.errors import CollectionNotFound, Conflict, NameTaken, UserNotFound
from tests.contract.storage.world import World, at_once


def test_a_new_collection_is_its_makers_and_empty(world: World) -> None:
    ann = world.person("ann")
    made = world.collections.create(ann.id, "레시피")
    assert (made.name, made.access, made.version, made.documents, made.searchable) == ("레시피", Access.OWNER, 0, 0, 0)
    assert world.collections.get(ann.id, made.id) == made
    assert made in world.collections.visible(ann.id)


def test_collections_are_listed_in_the_order_of_their_making(world: World) -> None:
    ann = world.person("ann")
    made = [world.collections.create(ann.id, name).id for name in ("b", "a", "c")]
    assert [collection.id for collection in world.collections.visible(ann.id)][1:] == made


def test_documents_and_those_that_can_be_found_are_counted(world: World) -> None:
    ann = world.person("ann")
    other = world.collections.create(ann.id, "Other")
    world.indexed(ann, name="a.txt")
    world.indexed(ann, name="b.txt")
    world.upload(ann, "c.txt")
    world.upload(ann, "d.txt", other.id)
    counted = [(c.documents, c.searchable) for c in world.collections.visible(ann.id)]
    assert counted == [(3, 2), (1, 0)]


def test_a_name_is_given_once_an_owner(world: World) -> None:
    ann, bob = world.person("ann"), world.person("bob")
    made = world.collections.create(ann.id, "Bread")
    with pytest.raises(NameTaken):
        world.collections.create(ann.id, "Bread")
    with pytest.raises(NameTaken):
        world.collections.rename(ann.id, made.id, "Documents")
    assert world.collections.rename(ann.id, made.id, "Bread").name == "Bread"
    assert world.collections.create(bob.id, "Bread").name == "Bread"


def test_a_name_of_a_collection_that_is_only_shared_is_free(world: World) -> None:
    ann, bob = world.person("ann"), world.person("bob")
    shared = world.collections.create(ann.id, "Bread")
    world.collections.put_member(ann.id, shared.id, bob.email, Access.EDITOR)
    assert world.collections.create(bob.id, "Bread").access is Access.OWNER


def test_a_name_made_twice_at_once_is_made_once(world: World) -> None:
    ann = world.person("ann")
    outcomes = at_once(*(partial(world.collections.create, ann.id, "Bread") for _ in range(4)))
    assert sum(isinstance(outcome, Collection) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 3


def test_renaming_changes_nothing_else(world: World) -> None:
    ann = world.person("ann")
    before = world.collections.create(ann.id, "Bread")
    after = world.collections.rename(ann.id, before.id, "Brot")
    assert (after.id, after.name, after.version) == (before.id, "Brot", before.version)
    assert world.collections.get(ann.id, before.id) == after


def test_nobody_makes_no_collection(world: World) -> None:
    with pytest.raises(UserNotFound):
        world.collections.create("0" * 32, "Bread")


def test_what_does_not_exist_is_not_found(world: World) -> None:
    ann = world.person("ann")
    for act in (
        partial(world.collections.get, ann.id, "0" * 32),
        partial(world.collections.rename, ann.id, "0" * 32, "Name"),
        partial(world.collections.delete, ann.id, "0" * 32),
        partial(world.collections.members, ann.id, "0" * 32),
        partial(world.collections.put_member, ann.id, "0" * 32, ann.email, Access.READER),
        partial(world.collections.remove_member, ann.id, "0" * 32, ann.id),
    ):
        with pytest.raises(CollectionNotFound):
            act()


def test_deleting_tells_which_files_and_index_entries_must_go(world: World) -> None:
    ann = world.person("ann")
    bread = world.collections.create(ann.id, "Bread")
    documents = [world.indexed(ann, name=name, collection_id=bread.id) for name in ("a.txt", "b.txt")]
    queued, job = world.upload(ann, "c.txt", bread.id)
    files = world.collections.delete(ann.id, bread.id)
    assert sorted(files) == sorted([documents[0].id, documents[1].id, queued.id])
    assert [(r.collection_id, r.document_id) for r in world.indexing.removals()] == [(bread.id, None)]
    assert world.indexing.claim(job.id, "indexer") is None
    assert world.indexing.collection_ids() == [world.collection(ann)]


def test_deleting_leaves_no_row_behind(world: World) -> None:
    ann, bob = world.person("ann"), world.person("bob")
    before = world.rows()
    bread = world.collections.create(ann.id, "Bread")
    world.collections.put_member(ann.id, bread.id, bob.email, Access.READER)
    for name in ("a.txt", "b.txt"):
        world.indexed(ann, name=name, collection_id=bread.id)
    world.upload(ann, "c.txt", bread.id)
    world.collections.delete(ann.id, bread.id)
    for removal in world.indexing.removals():
        world.indexing.removed(removal)
    assert world.rows() == before


def test_the_other_collections_documents_stay(world: World) -> None:
    ann = world.person("ann")
    kept = world.indexed(ann)
    bread = world.collections.create(ann.id, "Bread")
    world.indexed(ann, collection_id=bread.id)
    world.collections.delete(ann.id, bread.id)
    assert world.documents.counts(ann.id)[DocumentStatus.READY] == 1
    assert len(world.indexing.stored_passages(kept.id)) == 3


def test_the_last_own_collection_stays(world: World) -> None:
    ann, bob = world.person("ann"), world.person("bob")
    shared = world.collections.create(ann.id, "Shared")
    world.collections.put_member(ann.id, shared.id, bob.email, Access.EDITOR)
    with pytest.raises(Conflict, match="only collection"):
        world.collections.delete(bob.id, world.collection(bob))
    assert len(world.collections.visible(bob.id)) == 2


def test_of_two_collections_deleted_at_once_one_stays(world: World) -> None:
    ann = world.person("ann")
    world.collections.create(ann.id, "Bread")
    ids = [collection.id for collection in world.collections.visible(ann.id)]
    outcomes = at_once(*(partial(world.collections.delete, ann.id, collection_id) for collection_id in ids))
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert len(world.collections.visible(ann.id)) == 1
