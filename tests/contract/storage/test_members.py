from __future__ import annotations

from functools import partial

import pytest

from backend.app.domain.accounts import Access, User
from backend.app.errors import CollectionNotFound, Conflict, DocumentNotFound, Forbidden, UserNotFound
from tests.contract.storage.world import World, at_once, new_document


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def bob(world: World) -> User:
    return world.person("bob")


def share(world: World, owner: User, other: User, access: Access) -> str:
    collection_id = world.collection(owner)
    member = world.collections.put_member(owner.id, collection_id, other.email, access)
    assert (member.user_id, member.email, member.name, member.access) == (other.id, other.email, other.name, access)
    return collection_id


@pytest.mark.parametrize("access", list(Access))
def test_every_member_sees_all_of_it(world: World, ann: User, bob: User, access: Access) -> None:
    document = world.indexed(ann)
    shared = share(world, ann, bob, access)
    assert world.collections.get(bob.id, shared).access is access
    assert world.documents.get(bob.id, document.id) == document
    members = world.collections.members(bob.id, shared)
    assert [(member.email, member.access) for member in members] == [
        ("ann@example.com", Access.OWNER),
        ("bob@example.com", access),
    ]


def test_a_reader_changes_nothing(world: World, ann: User, bob: User) -> None:
    document, job = world.upload(ann)
    shared = share(world, ann, bob, Access.READER)
    for act in (
        partial(world.documents.add, bob.id, new_document(shared, "b.txt")),
        partial(world.documents.delete, bob.id, document.id),
        partial(world.documents.retry, bob.id, document.id),
        partial(world.jobs.request_cancel, bob.id, job.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert world.documents.get(ann.id, document.id) == document
    assert world.jobs.get(bob.id, job.id) == job
    assert world.rows()["documents"] == 1


def test_an_editor_changes_documents(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.EDITOR)
    document, job = world.upload(bob, collection_id=shared)
    assert world.documents.get(ann.id, document.id) == document
    assert world.jobs.request_cancel(bob.id, job.id).cancel_requested
    assert world.documents.retry(bob.id, document.id).id != job.id
    world.documents.delete(bob.id, document.id)
    assert world.rows()["documents"] == 0


@pytest.mark.parametrize("access", [Access.READER, Access.EDITOR])
def test_only_an_owner_changes_the_collection(world: World, ann: User, bob: User, access: Access) -> None:
    shared = share(world, ann, bob, access)
    for act in (
        partial(world.collections.rename, bob.id, shared, "Mine"),
        partial(world.collections.delete, bob.id, shared),
        partial(world.collections.put_member, bob.id, shared, bob.email, Access.OWNER),
        partial(world.collections.remove_member, bob.id, shared, ann.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert world.collections.get(ann.id, shared).name == "Documents"
    assert world.collections.get(bob.id, shared).access is access


def test_a_second_owner_may_do_all(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.OWNER)
    assert world.collections.rename(bob.id, shared, "Ours").name == "Ours"
    world.collections.put_member(bob.id, shared, ann.email, Access.READER)
    world.collections.delete(bob.id, shared)
    with pytest.raises(CollectionNotFound):
        world.collections.get(ann.id, shared)


def test_access_can_be_changed(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.READER)
    share(world, ann, bob, Access.EDITOR)
    assert world.collections.get(bob.id, shared).access is Access.EDITOR
    assert len(world.collections.members(ann.id, shared)) == 2


def test_who_is_removed_sees_nothing_any_more(world: World, ann: User, bob: User) -> None:
    document = world.indexed(ann)
    shared = share(world, ann, bob, Access.EDITOR)
    world.collections.remove_member(ann.id, shared, bob.id)
    with pytest.raises(CollectionNotFound):
        world.collections.get(bob.id, shared)
    with pytest.raises(DocumentNotFound):
        world.documents.get(bob.id, document.id)


def test_everybody_may_leave(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.READER)
    world.collections.remove_member(bob.id, shared, bob.id)
    assert [member.user_id for member in world.collections.members(ann.id, shared)] == [ann.id]


def test_the_last_owner_neither_leaves_nor_steps_down(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.EDITOR)
    with pytest.raises(Conflict, match="needs an owner"):
        world.collections.remove_member(ann.id, shared, ann.id)
    with pytest.raises(Conflict, match="needs an owner"):
        world.collections.put_member(ann.id, shared, ann.email, Access.EDITOR)
    assert world.collections.get(ann.id, shared).access is Access.OWNER


def test_of_two_owners_that_leave_at_once_one_stays(world: World, ann: User, bob: User) -> None:
    shared = share(world, ann, bob, Access.OWNER)
    outcomes = at_once(
        partial(world.collections.remove_member, ann.id, shared, ann.id),
        partial(world.collections.remove_member, bob.id, shared, bob.id),
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert sum(outcome is None for outcome in outcomes) == 1


def test_a_member_put_twice_at_once_is_one(world: World, ann: User, bob: User) -> None:
    shared = world.collection(ann)
    outcomes = at_once(
        *(partial(world.collections.put_member, ann.id, shared, bob.email, Access.READER) for _ in range(4))
    )
    assert [getattr(outcome, "user_id", outcome) for outcome in outcomes] == [bob.id] * 4
    assert len(world.collections.members(ann.id, shared)) == 2


def test_who_is_not_a_member_cannot_be_removed(world: World, ann: User, bob: User) -> None:
    with pytest.raises(UserNotFound):
        world.collections.remove_member(ann.id, world.collection(ann), bob.id)


def test_who_has_no_account_cannot_be_a_member(world: World, ann: User) -> None:
    with pytest.raises(UserNotFound):
        world.collections.put_member(ann.id, world.collection(ann), "nobody@example.com", Access.READER)


def test_the_operators_placeholder_cannot_be_a_member(world: World) -> None:
    operator = world.users.operator()
    with pytest.raises(UserNotFound):
        world.collections.put_member(operator.id, world.collection(operator), operator.email, Access.READER)
