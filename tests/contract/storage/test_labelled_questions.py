"""Test questions, where their right passages stand, and what is offered, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from backend.app.domain.accounts import Access, User
from backend.app.domain.chat import Citation, Message, Source
from backend.app.domain.documents import Document
from backend.app.domain.evaluation import Judgement, LabelledQuestion, NewQuestion, QuestionSource
from backend.app.errors import (
    CollectionNotFound,
    Conflict,
    MessageNotFound,
    NotFound,
    PassageNotFound,
    QuestionExists,
    QuestionNotFound,
)
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.labelled_questions import SqlLabelledQuestions
from backend.app.storage.repositories.offers import SqlOffers
from backend.app.storage.repositories.right_places import SqlRightPlaces
from tests.contract.storage.world import World, at_once, chunks, new_document


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def bob(world: World) -> User:
    return world.person("bob")


@pytest.fixture
def questions(world: World) -> SqlLabelledQuestions:
    return SqlLabelledQuestions(world.database)


@pytest.fixture
def offers(world: World) -> SqlOffers:
    return SqlOffers(world.database)


def passage_ids(world: World, document: Document) -> list[int]:
    return [passage.id for passage in world.indexing.stored_passages(document.id)]


def added(world: World, user: User, document: Document, text: str = "How long?", number: int = 0) -> LabelledQuestion:
    questions = SqlLabelledQuestions(world.database)
    right = questions.judgements_of(user.id, document.collection_id, [passage_ids(world, document)[number]])
    new = NewQuestion(text, "en", QuestionSource.TYPED, right)
    (question,) = questions.add(user.id, document.collection_id, [new], most=100)
    return question


def test_a_question_comes_back_with_its_passages(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    document = world.indexed(ann)
    question = added(world, ann, document, "반죽은 얼마나?", 1)
    assert questions.get(ann.id, question.id) == question
    (judgement,) = question.judgements
    assert (judgement.document_id, judgement.sha256, judgement.quote) == (document.id, document.sha256, "two")
    assert questions.page(ann.id, document.collection_id, None, Page()) == ([question], None)
    assert questions.count(ann.id, document.collection_id) == 1


def test_the_newest_come_first_page_by_page(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    document = world.indexed(ann)
    texts = [added(world, ann, document, f"Question {number}?").text for number in range(5)]
    first, cursor = questions.page(ann.id, document.collection_id, None, Page(3))
    rest, end = questions.page(ann.id, document.collection_id, None, Page(3, cursor))
    assert [question.text for question in first + rest] == texts[::-1]
    assert end is None
    found, _ = questions.page(ann.id, document.collection_id, "QUESTION 3", Page())
    assert [question.text for question in found] == ["Question 3?"]


def test_the_same_words_again_add_passages_to_the_question(
    world: World, ann: User, questions: SqlLabelledQuestions
) -> None:
    document = world.indexed(ann)
    one = added(world, ann, document, "How long?", 0)
    again = added(world, ann, document, "how  LONG?", 1)
    assert again.id == one.id
    assert [judgement.quote for judgement in again.judgements] == ["one", "two"]
    assert [judgement.quote for judgement in added(world, ann, document, "How long?", 1).judgements] == ["one", "two"]
    assert questions.known(ann.id, document.collection_id, "HOW long?")
    assert not questions.known(ann.id, document.collection_id, "How wide?")


def test_a_question_added_twice_at_once_is_one(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    document = world.indexed(ann)
    outcomes = at_once(*[partial(added, world, ann, document)] * 4)
    assert len({getattr(outcome, "id", outcome) for outcome in outcomes}) == 1
    assert questions.count(ann.id, document.collection_id) == 1


def test_a_collection_has_only_so_many(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    question = added(world, ann, world.indexed(ann))
    new = [NewQuestion(text, "en", QuestionSource.TYPED, question.judgements) for text in ("Two?", "Three?")]
    with pytest.raises(Conflict):
        questions.add(ann.id, question.collection_id, new, most=2)
    assert questions.count(ann.id, question.collection_id) == 1
    questions.add(ann.id, question.collection_id, new[:1], most=2)


def test_words_and_passages_can_be_changed(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    document = world.indexed(ann)
    question, other = added(world, ann, document), added(world, ann, document, "How wide?")
    changed = questions.change(ann.id, question.id, text="How deep?", passage_ids=None)
    assert (changed.text, changed.judgements) == ("How deep?", question.judgements)
    second = passage_ids(world, document)[1]
    changed = questions.change(ann.id, question.id, text=None, passage_ids=[second])
    assert (changed.text, [judgement.passage_id for judgement in changed.judgements]) == ("How deep?", [second])
    with pytest.raises(PassageNotFound):
        questions.change(ann.id, question.id, text="Kept?", passage_ids=[second, 2**40])
    assert questions.get(ann.id, question.id) == changed
    with pytest.raises(QuestionExists):
        questions.change(ann.id, question.id, text="how wide?", passage_ids=None)
    assert questions.change(ann.id, other.id, text="HOW wide?", passage_ids=None).text == "HOW wide?"


def test_only_passages_of_the_collection_can_be_right(world: World, ann: User, questions: SqlLabelledQuestions) -> None:
    document = world.indexed(ann)
    elsewhere = world.indexed(ann, name="b.txt", collection_id=world.collections.create(ann.id, "Other").id)
    _, job = world.upload(ann, "waiting.txt")
    task = world.claimed(job)
    world.indexing.extracting(task)
    (unfinished,) = world.indexing.extracted(task, "Waiting", None, chunks(["not to be found yet"]))
    for wrong in (passage_ids(world, elsewhere)[0], unfinished.id, 2**40):
        with pytest.raises(PassageNotFound):
            questions.judgements_of(ann.id, document.collection_id, [passage_ids(world, document)[0], wrong])


# --- isolation ------------------------------------------------------------------------------

Act = Callable[[SqlLabelledQuestions, LabelledQuestion, str], Any]
REFUSED: list[tuple[str, type[NotFound], Act]] = [
    ("page", CollectionNotFound, lambda q, one, who: q.page(who, one.collection_id, None, Page())),
    ("count", CollectionNotFound, lambda q, one, who: q.count(who, one.collection_id)),
    ("known", CollectionNotFound, lambda q, one, who: q.known(who, one.collection_id, one.text)),
    ("get", QuestionNotFound, lambda q, one, who: q.get(who, one.id)),
    ("change", QuestionNotFound, lambda q, one, who: q.change(who, one.id, text="Mine", passage_ids=())),
    ("delete", QuestionNotFound, lambda q, one, who: q.delete(who, one.id)),
    (
        "judgements of",
        CollectionNotFound,
        lambda q, one, who: q.judgements_of(who, one.collection_id, [one.judgements[0].passage_id or 0]),
    ),
    (
        "add",
        CollectionNotFound,
        lambda q, one, who: q.add(
            who, one.collection_id, [NewQuestion("Mine", "en", QuestionSource.TYPED, one.judgements)], most=9
        ),
    ),
]


@pytest.mark.parametrize(("error", "act"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_another_persons_questions_are_not_there(
    world: World, ann: User, bob: User, questions: SqlLabelledQuestions, error: type[NotFound], act: Act
) -> None:
    question = added(world, ann, world.indexed(ann))
    before = (questions.get(ann.id, question.id), world.rows())
    with pytest.raises(error) as refused:
        act(questions, question, bob.id)
    assert type(refused.value) is error
    assert (questions.get(ann.id, question.id), world.rows()) == before


def test_another_persons_passage_is_never_right(
    world: World, ann: User, bob: User, questions: SqlLabelledQuestions
) -> None:
    theirs = passage_ids(world, world.indexed(ann))[0]
    with pytest.raises(PassageNotFound):
        questions.judgements_of(bob.id, world.collection(bob), [theirs])


def test_a_reader_of_the_collection_sees_its_questions(
    world: World, ann: User, bob: User, questions: SqlLabelledQuestions
) -> None:
    question = added(world, ann, world.indexed(ann))
    world.collections.put_member(ann.id, question.collection_id, bob.email, Access.READER)
    assert questions.get(bob.id, question.id) == question
    world.collections.remove_member(ann.id, question.collection_id, bob.id)
    with pytest.raises(QuestionNotFound):
        questions.get(bob.id, question.id)


def test_questions_go_with_their_collection(world: World, ann: User) -> None:
    other = world.collections.create(ann.id, "Other").id
    added(world, ann, world.indexed(ann, collection_id=other))
    world.collections.delete(ann.id, other)
    rows = world.rows()
    assert (rows["evaluation_questions"], rows["evaluation_judgements"]) == (0, 0)


# --- finding right passages again -----------------------------------------------------------


def again(world: World, user: User, texts: list[tuple[str, int, int]], **changes: Any) -> Document:
    """Upload the file anew and cut it as given: text, start and end of each passage."""
    document, job = world.documents.add(user.id, replace(new_document(world.collection(user)), **changes))
    assert job is not None
    task = world.claimed(job)
    world.indexing.extracting(task)
    cut = [replace(chunks([text])[0], ordinal=n, start=start, end=end) for n, (text, start, end) in enumerate(texts)]
    world.indexing.extracted(task, document.title, None, cut)
    world.indexing.searchable(task)
    world.indexing.ready(task)
    return document


def found(world: World, question: LabelledQuestion) -> list[list[str]]:
    places = SqlRightPlaces(world.database).find(question.collection_id, question.judgements)
    return [[passage.text for passage in place.passages] for place in places]


def test_a_passage_is_found_by_its_id(world: World, ann: User) -> None:
    document = world.indexed(ann)
    question = added(world, ann, document, number=1)
    (place,) = SqlRightPlaces(world.database).find(question.collection_id, question.judgements)
    assert (place.document_id, place.title, [p.text for p in place.passages]) == (document.id, document.title, ["two"])


def test_a_document_uploaded_anew_keeps_its_judgements(world: World, ann: User) -> None:
    document = world.indexed(ann)
    question = added(world, ann, document, number=1)  # it stands from 100 to 103
    world.documents.delete(ann.id, document.id)
    assert found(world, question) == [[]]
    again(world, ann, [("one", 0, 3), ("around and two and more", 90, 113), ("three", 200, 205)])
    assert found(world, question) == [["around and two and more"]]


def test_a_passage_that_was_cut_in_two_is_both(world: World, ann: User) -> None:
    document = again(world, ann, [("a long passage of one hundred", 0, 100), ("another", 100, 200)])
    question = added(world, ann, document)
    world.documents.delete(ann.id, document.id)
    again(world, ann, [("first half", 0, 50), ("second half", 50, 100), ("another", 100, 200)])
    assert found(world, question) == [["first half", "second half"]]


def test_in_a_newer_file_of_the_same_name_it_is_found_by_its_words(world: World, ann: User) -> None:
    document = world.indexed(ann, ["Knead 100% of the dough_well.", "Bake it."])
    question, other = added(world, ann, document), added(world, ann, document, "And then?", 1)
    world.documents.delete(ann.id, document.id)
    newer = [("A new beginning.", 0, 16), ("Knead 100% of the dough_well. Twice.", 16, 60)]
    again(world, ann, newer, sha256="f" * 64)
    assert found(world, question) == [["Knead 100% of the dough_well. Twice."]]
    assert found(world, other) == [[]], "what is not in it any more is lost"


def test_what_is_still_to_be_read_waits(world: World, ann: User) -> None:
    document = world.indexed(ann)
    question = added(world, ann, document)
    world.documents.delete(ann.id, document.id)
    _, job = world.upload(ann, "notes.txt")
    places = SqlRightPlaces(world.database)
    (place,) = places.find(question.collection_id, question.judgements)
    assert (place.waits, place.document_id, place.passages) == (True, None, ())
    world.jobs.request_cancel(ann.id, job.id)
    (place,) = places.find(question.collection_id, question.judgements)
    assert (place.waits, place.document_id) == (False, None)


def test_what_is_in_another_collection_is_not_found(world: World, ann: User) -> None:
    document = world.indexed(ann)
    question = added(world, ann, document)
    world.documents.delete(ann.id, document.id)
    world.indexed(ann, collection_id=world.collections.create(ann.id, "Other").id)
    assert found(world, question) == [[]]


def test_a_whole_document_is_found_by_its_bytes(world: World, ann: User) -> None:
    document = world.indexed(ann)
    whole = Judgement(document.id, document.sha256, document.filename)
    places = SqlRightPlaces(world.database)
    assert places.find(document.collection_id, [whole])[0].document_id == document.id
    world.documents.delete(ann.id, document.id)
    assert places.find(document.collection_id, [whole])[0].document_id is None
    anew = world.indexed(ann)
    assert places.find(document.collection_id, [whole])[0].document_id == anew.id


# --- offers ---------------------------------------------------------------------------------


def asked(world: World, user: User, document: Document, question: str = "How long?", **changes: Any) -> Message:
    """Ask something; the answer has two sources of the document and cites both."""
    stored = world.indexing.stored_passages(document.id)[:2]
    sources = tuple(
        Source(n, document.id, document.title, None, None, p.id, p.text, p.start, p.end, 1.0)
        for n, p in enumerate(stored, 1)
    )
    citations = tuple(Citation(n, p.id, p.text, 0, len(p.text)) for n, p in enumerate(stored, 1))
    conversation = world.conversation(user)
    changes = {"sources": sources, "citations": citations, **changes}
    return world.exchange(conversation, question, "An answer.", **changes)[1]


def offered(offers: SqlOffers, user: User, collection_id: str, *, shared: bool = False) -> list[tuple[str, list[str]]]:
    found, _ = offers.page(user.id, collection_id, shared=shared, page=Page())
    return [(offer.text, [judgement.quote for judgement in offer.judgements]) for offer in found]


def test_a_thumb_up_offers_the_question_with_all_cited_passages(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    answer = asked(world, ann, document)
    assert offered(offers, ann, document.collection_id) == []
    world.conversations.rate(ann.id, answer.id, -1, None)
    assert offered(offers, ann, document.collection_id) == []
    world.conversations.rate(ann.id, answer.id, 1, None)
    assert offered(offers, ann, document.collection_id) == [("How long?", ["one", "two"])]
    (offer,), _ = offers.page(ann.id, document.collection_id, shared=False, page=Page())
    assert (offer.message_id, offer.source, offer.own) == (answer.id, QuestionSource.THUMB, True)
    assert offer.titles == (document.title, document.title)


def test_a_word_is_offered_with_its_thumb_also_with_one_down(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    liked, disliked = (asked(world, ann, document, text) for text in ("How long?", "How wide?"))
    uncited = asked(world, ann, document, "How deep?", citations=())
    world.conversations.rate(ann.id, liked.id, 1, "Just that.")
    for answer in (disliked, uncited):
        world.conversations.rate(ann.id, answer.id, -1, "Another year.")
    found, _ = offers.page(ann.id, document.collection_id, shared=False, page=Page())
    assert [(offer.text, offer.source, offer.comment, len(offer.judgements)) for offer in found] == [
        ("How deep?", QuestionSource.THUMB_DOWN, "Another year.", 2),
        ("How wide?", QuestionSource.THUMB_DOWN, "Another year.", 2),
        ("How long?", QuestionSource.THUMB, "Just that.", 2),
    ]
    world.conversations.rate(ann.id, disliked.id, None, None)
    world.conversations.rate(ann.id, uncited.id, -1, None)
    assert [text for text, _ in offered(offers, ann, document.collection_id)] == ["How long?"]


def test_an_opened_citation_offers_the_question_with_that_passage(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    answer = asked(world, ann, document)
    second = answer.citations[1].passage_id
    for _ in range(2):
        offers.opened(ann.id, answer.id, second)
    assert offered(offers, ann, document.collection_id) == [("How long?", ["two"])]
    assert world.rows()["opened_citations"] == 1


def test_a_citation_opened_twice_at_once_is_noted_once(world: World, ann: User, offers: SqlOffers) -> None:
    answer = asked(world, ann, world.indexed(ann))
    outcomes = at_once(*[partial(offers.opened, ann.id, answer.id, answer.citations[0].passage_id)] * 4)
    assert outcomes == [None] * 4
    assert world.rows()["opened_citations"] == 1


def test_only_a_passage_that_the_answer_cites_can_be_opened(
    world: World, ann: User, bob: User, offers: SqlOffers
) -> None:
    document = world.indexed(ann)
    answer = asked(world, ann, document)
    for who, message, passage in (
        (ann, answer.id, passage_ids(world, document)[2]),
        (bob, answer.id, answer.citations[0].passage_id),
        (ann, "0" * 32, answer.citations[0].passage_id),
    ):
        with pytest.raises(MessageNotFound):
            offers.opened(who.id, message, passage)
    assert world.rows()["opened_citations"] == 0


def test_what_is_a_test_question_or_was_dismissed_is_offered_no_more(
    world: World, ann: User, offers: SqlOffers
) -> None:
    document = world.indexed(ann)
    answers = [asked(world, ann, document, text, feedback=1) for text in ("One?", "Two?", "Three?")]
    assert [text for text, _ in offered(offers, ann, document.collection_id)] == ["Three?", "Two?", "One?"]
    offers.dismiss(ann.id, answers[0].id, shared=False)
    added(world, ann, document, "two?")
    assert [text for text, _ in offered(offers, ann, document.collection_id)] == ["Three?"]
    with pytest.raises(MessageNotFound):
        offers.get(ann.id, document.collection_id, answers[0].id, shared=False)


def test_offers_come_page_by_page(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    texts = [f"Question {number}?" for number in range(5)]
    for text in texts:
        asked(world, ann, document, text, feedback=1)
    found, cursor = [], None
    while not found or cursor:
        part, cursor = offers.page(ann.id, document.collection_id, shared=False, page=Page(2, cursor))
        found += [offer.text for offer in part]
    assert found == texts[::-1]


def test_an_offer_is_of_the_collection_whose_passages_it_cites(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    asked(world, ann, document, feedback=1)
    other = world.collections.create(ann.id, "Other").id
    assert offered(offers, ann, other) == []
    world.documents.delete(ann.id, document.id)
    assert offered(offers, ann, document.collection_id) == [], "nothing of it can be found any more"


def shared_with(world: World, owner: User, other: User) -> str:
    collection = world.collection(owner)
    world.collections.put_member(owner.id, collection, other.email, Access.READER)
    return collection


def test_what_others_asked_is_not_offered_unless_that_is_set(
    world: World, ann: User, bob: User, offers: SqlOffers
) -> None:
    document = world.indexed(ann)
    collection = shared_with(world, ann, bob)
    answer = asked(world, bob, document, feedback=1)
    assert offered(offers, ann, collection) == []
    for act in (
        partial(offers.get, ann.id, collection, answer.id, shared=False),
        partial(offers.dismiss, ann.id, answer.id, shared=False),
    ):
        with pytest.raises(MessageNotFound):
            act()
    assert offered(offers, ann, collection, shared=True) == [("How long?", ["one", "two"])]
    (offer,), _ = offers.page(ann.id, collection, shared=True, page=Page())
    assert not offer.own


def test_a_question_with_a_private_source_is_its_writers_alone(
    world: World, ann: User, bob: User, offers: SqlOffers
) -> None:
    document, private = world.indexed(ann), world.indexed(bob, ["His diary"], name="diary.txt")
    collection = shared_with(world, ann, bob)
    answer = asked(world, bob, document)
    (passage,) = world.indexing.stored_passages(private.id)
    hidden = Source(3, private.id, "Diary", None, None, passage.id, passage.text, 0, 9, 0.5)
    mixed = asked(world, bob, document, "What of my diary?", sources=(*answer.sources, hidden), feedback=1)
    assert offered(offers, ann, collection, shared=True) == []
    for act in (
        partial(offers.get, ann.id, collection, mixed.id, shared=True),
        partial(offers.dismiss, ann.id, mixed.id, shared=True),
    ):
        with pytest.raises(MessageNotFound):
            act()
    assert offered(offers, bob, collection, shared=True) == [("What of my diary?", ["one", "two"])]


def test_offers_of_a_collection_that_is_not_ones_own_are_not_there(
    world: World, ann: User, bob: User, offers: SqlOffers
) -> None:
    document = world.indexed(ann)
    asked(world, ann, document, feedback=1)
    for shared in (False, True):
        with pytest.raises(CollectionNotFound):
            offers.page(bob.id, document.collection_id, shared=shared, page=Page())


def test_offers_go_with_their_conversation(world: World, ann: User, offers: SqlOffers) -> None:
    document = world.indexed(ann)
    answer = asked(world, ann, document, feedback=1)
    offers.opened(ann.id, answer.id, answer.citations[0].passage_id)
    other = asked(world, ann, document, "Two?", feedback=1)
    offers.dismiss(ann.id, other.id, shared=False)
    for message in (answer, other):
        world.conversations.delete(ann.id, message.conversation_id)
    assert offered(offers, ann, document.collection_id) == []
    rows = world.rows()
    assert (rows["opened_citations"], rows["dismissed_offers"]) == (0, 0)
