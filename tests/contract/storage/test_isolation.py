"""What belongs to one person does not exist for another, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backend.app.domain.accounts import Access, User
from backend.app.domain.chat import Conversation, Message, Speaker
from backend.app.domain.documents import Document, DocumentStatus, Job
from backend.app.errors import (
    CollectionNotFound,
    ConversationNotFound,
    DocumentNotFound,
    JobNotFound,
    MessageNotFound,
    NotFound,
)
from backend.app.storage.interfaces import DocumentFilter, DocumentSort, Page
from tests.contract.storage.world import World, message, new_document


@dataclass
class Hers:
    """All that Ann has, and Bob, who asks for it."""

    world: World
    ann: User
    bob: User
    collection: str
    document: Document
    job: Job
    failed: Document
    conversation: Conversation
    question: Message
    answer: Message


@pytest.fixture
def hers(world: World) -> Hers:
    ann, bob = world.person("ann"), world.person("bob")
    failed, failing = world.upload(ann, "failed.txt")
    world.indexing.end(world.claimed(failing), DocumentStatus.FAILED, None)
    _, job = world.upload(ann, "queued.txt")
    conversation = world.conversation(ann)
    question, answer = world.exchange(conversation, "How long to knead?", "Ten minutes [1].")
    return Hers(world, ann, bob, world.collection(ann), world.indexed(ann), job, failed, conversation, question, answer)


Act = Callable[[Hers, str], object]

REFUSED: list[tuple[str, type[Exception], Act]] = [
    ("collection get", CollectionNotFound, lambda h, u: h.world.collections.get(u, h.collection)),
    ("collection rename", CollectionNotFound, lambda h, u: h.world.collections.rename(u, h.collection, "Mine")),
    ("collection delete", CollectionNotFound, lambda h, u: h.world.collections.delete(u, h.collection)),
    ("members", CollectionNotFound, lambda h, u: h.world.collections.members(u, h.collection)),
    (
        "put member",
        CollectionNotFound,
        lambda h, u: h.world.collections.put_member(u, h.collection, "bob@example.com", Access.OWNER),
    ),
    ("remove member", CollectionNotFound, lambda h, u: h.world.collections.remove_member(u, h.collection, h.ann.id)),
    ("remove oneself", CollectionNotFound, lambda h, u: h.world.collections.remove_member(u, h.collection, u)),
    ("document add", CollectionNotFound, lambda h, u: h.world.documents.add(u, new_document(h.collection, "x.txt"))),
    ("the same document", CollectionNotFound, lambda h, u: h.world.documents.add(u, new_document(h.collection))),
    ("document get", DocumentNotFound, lambda h, u: h.world.documents.get(u, h.document.id)),
    ("document delete", DocumentNotFound, lambda h, u: h.world.documents.delete(u, h.document.id)),
    ("document retry", DocumentNotFound, lambda h, u: h.world.documents.retry(u, h.failed.id)),
    ("passages", DocumentNotFound, lambda h, u: h.world.documents.passages(u, h.document.id, Page())),
    ("passages around", DocumentNotFound, lambda h, u: h.world.documents.passages(u, h.document.id, Page(), 1)),
    ("job get", JobNotFound, lambda h, u: h.world.jobs.get(u, h.job.id)),
    ("job cancel", JobNotFound, lambda h, u: h.world.jobs.request_cancel(u, h.job.id)),
    ("conversation get", ConversationNotFound, lambda h, u: h.world.conversations.get(u, h.conversation.id)),
    (
        "conversation update",
        ConversationNotFound,
        lambda h, u: h.world.conversations.update(u, h.conversation.id, title="Mine", pinned=True),
    ),
    ("conversation delete", ConversationNotFound, lambda h, u: h.world.conversations.delete(u, h.conversation.id)),
    ("messages", ConversationNotFound, lambda h, u: h.world.conversations.messages(u, h.conversation.id, Page())),
    ("message", MessageNotFound, lambda h, u: h.world.conversations.message(u, h.answer.id)),
    ("question of", MessageNotFound, lambda h, u: h.world.conversations.question_of(u, h.answer.id)),
    ("rate", MessageNotFound, lambda h, u: h.world.conversations.rate(u, h.answer.id, 1, "mine")),
]


@pytest.mark.parametrize(("error", "act"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_it_is_not_there_for_another(hers: Hers, error: type[Exception], act: Act) -> None:
    before = everything(hers)
    with pytest.raises(error) as refused:
        act(hers, hers.bob.id)
    assert type(refused.value) is error
    assert everything(hers) == before


@pytest.mark.parametrize("act", [case[2] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_nor_for_nobody(hers: Hers, act: Act) -> None:
    before = everything(hers)
    with pytest.raises(NotFound):
        act(hers, "0" * 32)
    assert everything(hers) == before


def test_lists_hold_nothing_of_it(hers: Hers) -> None:
    world, bob = hers.world, hers.bob.id
    assert hers.collection not in [collection.id for collection in world.collections.visible(bob)]
    for which in (
        DocumentFilter(),
        DocumentFilter(collection_id=hers.collection),
        DocumentFilter(statuses=(DocumentStatus.READY,)),
        *(DocumentFilter(sort=sort) for sort in DocumentSort),
        DocumentFilter(text="notes"),
    ):
        assert world.documents.page(bob, which, Page()) == ([], None)
    assert set(world.documents.counts(bob).values()) == {0}
    for text in (None, "Bread", "knead", "minutes"):
        assert world.conversations.page(bob, text, Page()) == ([], None)


def test_a_search_in_bobs_collections_shows_no_passage_of_anns(hers: Hers) -> None:
    world = hers.world
    ids = [passage.id for passage in world.indexing.stored_passages(hers.document.id)]
    assert world.passages.visible(ids, [world.collection(hers.bob)]) == {}
    assert set(world.passages.visible(ids, [hers.collection])) == set(ids)


def test_bobs_documents_do_not_lead_to_anns_passages(hers: Hers) -> None:
    his = hers.world.indexed(hers.bob, ["mine"])
    (first, *_) = hers.world.indexing.stored_passages(hers.document.id)
    assert hers.world.documents.passages(hers.bob.id, his.id, Page(), around=first.id) == ([], None)


def test_an_answer_replaces_none_of_another_conversation(hers: Hers) -> None:
    conversation = hers.world.conversation(hers.bob)
    answer = message(conversation.id, Speaker.ASSISTANT, "Mine")
    hers.world.conversations.store_exchange(None, answer, replaces=hers.answer.id)
    assert hers.world.conversations.message(hers.ann.id, hers.answer.id) == hers.answer


def test_the_same_content_is_two_documents_of_two_people(hers: Hers) -> None:
    his, _ = hers.world.upload(hers.bob, "notes.txt")
    assert his.sha256 == hers.document.sha256
    assert his.id != hers.document.id


def everything(hers: Hers) -> object:
    """Return all that Ann sees."""
    world, ann = hers.world, hers.ann.id
    return (
        world.collections.visible(ann),
        world.collections.members(ann, hers.collection),
        world.documents.page(ann, DocumentFilter(), Page()),
        world.documents.passages(ann, hers.document.id, Page()),
        world.jobs.get(ann, hers.job.id),
        world.conversations.page(ann, None, Page()),
        world.conversations.messages(ann, hers.conversation.id, Page()),
        world.rows(),
    )
