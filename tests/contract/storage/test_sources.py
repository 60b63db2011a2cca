"""What a stored answer goes on showing of its sources once they are shared no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.app.domain.accounts import Access, User
from backend.app.domain.chat import Citation, Conversation, Message, Source
from backend.app.storage.interfaces import Page
from tests.contract.storage.world import World


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def bob(world: World) -> User:
    return world.person("bob")


@pytest.fixture
def shared(world: World, ann: User, bob: User) -> str:
    collection_id = world.collection(ann)
    world.collections.put_member(ann.id, collection_id, bob.email, Access.READER)
    return collection_id


@pytest.fixture
def talk(world: World, bob: User) -> Conversation:
    return world.conversations.create(bob.id, "Bread", ())


def answered(world: World, talk: Conversation, *sources: Source) -> Message:
    citations = tuple(Citation(source.n, source.passage_id, "Knead", 0, 5) for source in sources)
    return world.exchange(talk, "How long?", "Ten minutes [1].", sources=sources, citations=citations)[1]


def source(n: int, document_id: str, collection_id: str) -> Source:
    return Source(n, document_id, "Bread", 3, "Dough", 7, "Knead the dough.", 10, 26, 0.5, collection_id)


def shown(world: World, user: User, talk: Conversation) -> Message:
    return world.conversations.messages(user.id, talk.id, Page())[0][1]


def test_who_is_taken_out_reads_the_passages_no_longer(
    world: World, ann: User, bob: User, shared: str, talk: Conversation
) -> None:
    theirs = source(1, world.indexed(ann).id, shared)
    own = source(2, "d" * 32, world.collections.create(bob.id, "Own").id)
    answer = answered(world, talk, theirs, own)
    assert shown(world, bob, talk) == answer
    world.collections.remove_member(ann.id, shared, bob.id)
    blank = Source(1, theirs.document_id, "", None, None, 7, "", 0, 0, 0.5, shared, withdrawn=True)
    expected = replace(answer, sources=(blank, own), citations=answer.citations[1:])
    assert shown(world, bob, talk) == expected
    assert world.conversations.message(bob.id, answer.id) == expected
    assert world.conversations.rate(bob.id, answer.id, 1, None) == replace(expected, feedback=1)
    world.collections.put_member(ann.id, shared, bob.email, Access.READER)
    assert shown(world, bob, talk) == replace(answer, feedback=1), "nothing was lost by that"


def test_what_was_deleted_stays_proven_to_those_who_might_still_read_it(
    world: World, ann: User, bob: User, shared: str, talk: Conversation
) -> None:
    document = world.indexed(ann)
    answer = answered(world, talk, source(1, document.id, shared))
    world.documents.delete(ann.id, document.id)
    assert shown(world, bob, talk) == answer
    world.collections.remove_member(ann.id, shared, bob.id)
    assert shown(world, bob, talk).sources[0].withdrawn


def test_answers_of_older_versions_are_judged_by_the_document(
    world: World, ann: User, bob: User, shared: str, talk: Conversation
) -> None:
    document = world.indexed(ann)
    answer = answered(world, talk, source(1, document.id, ""))
    assert shown(world, bob, talk) == answer
    world.documents.delete(ann.id, document.id)
    assert shown(world, bob, talk).sources[0].withdrawn, "whose it was cannot be told any more"
