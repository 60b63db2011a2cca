from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.chat import Citation, Conversation, Message, MessageStatus, Source, Speaker, Turn
from backend.app.errors import AnsweredAnew, ConversationNotFound, InvalidRequest, MessageNotFound
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.offers import SqlOffers
from tests.contract.storage.world import World, at_once, message


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def talk(world: World, ann: User) -> Conversation:
    return world.conversation(ann)


def texts(world: World, ann: User, talk: Conversation) -> list[str]:
    found, _ = world.conversations.messages(ann.id, talk.id, Page())
    return [message.text for message in found]


def answered_again(world: World, talk: Conversation, old: Message, text: str) -> Message:
    new = message(talk.id, Speaker.ASSISTANT, text)
    world.conversations.store_exchange(None, new, replaces=old.id)
    return new


def test_a_conversation_comes_back_as_it_was_made(world: World, ann: User) -> None:
    made = world.conversations.create(ann.id, "빵 굽기", ["c1", "c2"])
    assert (made.title, made.pinned, made.collection_ids) == ("빵 굽기", False, ("c1", "c2"))
    assert made.updated_at == made.created_at
    assert world.conversations.get(ann.id, made.id) == made


def test_messages_come_back_as_they_were_stored(world: World, ann: User, talk: Conversation) -> None:
    asked, answered = world.exchange(talk, "얼마나 반죽하나요? \U0001f35e", "십 분 [1].")
    assert world.conversations.messages(ann.id, talk.id, Page()) == ([asked, answered], None)
    assert world.conversations.message(ann.id, answered.id) == answered
    assert world.conversations.get(ann.id, talk.id).updated_at == answered.created_at


def test_an_edited_question_keeps_its_place_and_gets_its_new_words(world: World, ann: User, talk: Conversation) -> None:
    asked, answered = world.exchange(talk, "How long?", "Ten minutes.")
    world.exchange(talk, "And then?", "Rest.")
    new = message(talk.id, Speaker.ASSISTANT, "At 220 degrees.")
    world.conversations.store_exchange(replace(asked, text="How hot?"), new, replaces=answered.id)
    assert texts(world, ann, talk) == ["How hot?", "At 220 degrees.", "And then?", "Rest."]
    assert world.conversations.question_of(ann.id, new.id).id == asked.id


def test_messages_are_read_from_the_end_too(world: World, ann: User, talk: Conversation) -> None:
    said = [*world.exchange(talk, "How long?", "Ten minutes."), *world.exchange(talk, "And then?", "Rest.")]
    found, cursor = world.conversations.messages(ann.id, talk.id, Page(3), newest_first=True)
    assert found == said[:0:-1]
    rest = world.conversations.messages(ann.id, talk.id, Page(3, cursor), newest_first=True)
    assert rest == (said[:1], None)


def test_a_title_follows_its_question_unless_somebody_has_changed_it(
    world: World, ann: User, talk: Conversation
) -> None:
    asked, answered = world.exchange(talk, "Hwo long?", "Ten minutes.")
    for title, kept in ((talk.title, "How long?"), ("Mine", "Mine")):
        world.conversations.update(ann.id, talk.id, title=title, pinned=None)
        new = message(talk.id, Speaker.ASSISTANT, "Ten.")
        edited = replace(asked, text="How long?")
        world.conversations.store_exchange(edited, new, answered.id, (talk.title, "How long?"))
        assert world.conversations.get(ann.id, talk.id).title == kept
        answered = new


def test_a_question_is_not_edited_out_of_another_conversation(world: World, ann: User, talk: Conversation) -> None:
    asked, _ = world.exchange(talk, "How long?", "Ten minutes.")
    other = world.conversation(ann)
    with pytest.raises(AnsweredAnew):
        world.conversations.store_exchange(
            replace(asked, conversation_id=other.id, text="mine now"), message(other.id, Speaker.ASSISTANT, "No.")
        )
    assert texts(world, ann, talk) == ["How long?", "Ten minutes."]


def test_the_exchange_of_a_deleted_conversation_is_refused_whole(world: World, ann: User, talk: Conversation) -> None:
    world.conversations.delete(ann.id, talk.id)
    with pytest.raises(ConversationNotFound):
        world.exchange(talk, "Question", "Answer")
    assert world.rows()["messages"] == 0


def test_half_an_exchange_is_never_stored(world: World, talk: Conversation) -> None:
    _, answered = world.exchange(talk, "Question", "Answer")
    with pytest.raises(AnsweredAnew):
        world.conversations.store_exchange(message(talk.id, Speaker.USER, "Next"), answered)
    assert world.rows()["messages"] == 2


def test_a_text_that_cannot_be_stored_is_a_bad_request(world: World, talk: Conversation) -> None:
    with pytest.raises(InvalidRequest):
        world.exchange(talk, "a lone \ud800 surrogate", "Answer")
    assert world.rows()["messages"] == 0


def test_an_answer_made_again_takes_the_place_of_the_old_one(world: World, ann: User, talk: Conversation) -> None:
    _, first = world.exchange(talk, "1?", "1.")
    world.exchange(talk, "2?", "2.")
    new = answered_again(world, talk, first, "one")
    assert texts(world, ann, talk) == ["1?", "one", "2?", "2."]
    with pytest.raises(MessageNotFound):
        world.conversations.message(ann.id, first.id)
    newer = answered_again(world, talk, new, "uno")
    assert texts(world, ann, talk) == ["1?", "uno", "2?", "2."]
    assert world.conversations.question_of(ann.id, newer.id).text == "1?"
    assert [turn.text for turn in world.conversations.history(talk.id, 10)] == ["1?", "uno", "2?", "2."]


def test_an_earlier_exchange_is_replaced_with_what_follows_up_to_a_message(
    world: World, ann: User, talk: Conversation
) -> None:
    other = world.conversation(ann, "Another")
    world.exchange(other, "0?", "0.")
    exchanges = [world.exchange(talk, f"{number}?", f"{number}.") for number in range(1, 4)]
    asked, answered = exchanges[0]
    until = world.conversations.place_of(talk.id, exchanges[1][1].id)
    world.conversations.rate(ann.id, exchanges[1][1].id, -1, "Wrong.")
    new = message(talk.id, Speaker.ASSISTANT, "one")
    world.conversations.store_exchange(replace(asked, text="One?"), new, answered.id, until=until)
    assert texts(world, ann, talk) == ["One?", "one", "3?", "3."], "what was added behind it stays"
    assert texts(world, ann, other) == ["0?", "0."]
    assert [turn.text for turn in world.conversations.history(talk.id, 10)] == ["One?", "one", "3?", "3."]
    with pytest.raises(MessageNotFound):
        world.conversations.place_of(talk.id, exchanges[1][1].id)
    with pytest.raises(MessageNotFound):
        world.conversations.place_of(other.id, new.id)


def test_what_gave_way_takes_its_citations_and_offers_with_it(world: World, ann: User, talk: Conversation) -> None:
    asked, answered = world.exchange(talk, "1?", "1.")
    before = world.rows()
    _, last = world.exchange(talk, "2?", "2.")
    offers = SqlOffers(world.database)
    offers.opened(ann.id, last.id, last.citations[0].passage_id)
    world.conversations.rate(ann.id, last.id, 1, "Good.")
    offers.dismiss(ann.id, last.id, shared=False)
    new = message(talk.id, Speaker.ASSISTANT, "one")
    until = world.conversations.place_of(talk.id, last.id)
    world.conversations.store_exchange(asked, new, answered.id, until=until)
    assert world.rows() == before


def test_of_two_who_replace_the_same_at_once_one_stands_there_and_nothing_is_lost(
    world: World, ann: User, talk: Conversation
) -> None:
    asked, answered = world.exchange(talk, "1?", "1.")
    second, last = world.exchange(talk, "2?", "2.")
    until = world.conversations.place_of(talk.id, last.id)
    store = world.conversations.store_exchange
    cut = partial(store, asked, message(talk.id, Speaker.ASSISTANT, "one"), answered.id, until=until)
    again = partial(store, second, message(talk.id, Speaker.ASSISTANT, "two"), last.id)
    assert at_once(cut, again) == [None, None]
    # What was answered again after it was cut stands at the end, with its question.
    assert texts(world, ann, talk) in (["1?", "one"], ["1?", "one", "2?", "two"])


def test_an_answer_in_place_of_one_that_is_gone_is_kept(world: World, ann: User, talk: Conversation) -> None:
    _, old = world.exchange(talk, "1?", "1.")
    answered_again(world, talk, old, "one")
    answered_again(world, talk, old, "uno")
    assert texts(world, ann, talk) == ["1?", "one", "uno"]


def test_the_question_of_an_answer_is_the_one_before_it(world: World, ann: User, talk: Conversation) -> None:
    first, first_answer = world.exchange(talk, "1?", "1.")
    second, second_answer = world.exchange(talk, "2?", "2.")
    assert world.conversations.question_of(ann.id, first_answer.id) == first
    assert world.conversations.question_of(ann.id, second_answer.id) == second
    with pytest.raises(MessageNotFound, match="Only an answer"):
        world.conversations.question_of(ann.id, second.id)


def test_history_is_the_last_turns_oldest_first(world: World, talk: Conversation) -> None:
    for number in range(4):
        world.exchange(talk, f"{number}?", f"{number}.")
    assert world.conversations.history(talk.id, 4) == (
        Turn(Speaker.USER, "2?"),
        Turn(Speaker.ASSISTANT, "2.", "Bread"),
        Turn(Speaker.USER, "3?"),
        Turn(Speaker.ASSISTANT, "3.", "Bread"),
    )
    assert len(world.conversations.history(talk.id, 100)) == 8
    assert len(world.conversations.history(talk.id, 5)) == 4
    assert world.conversations.history(talk.id, 1) == world.conversations.history(talk.id, 0) == ()
    assert world.conversations.history("0" * 32, 4) == ()


def test_an_answer_of_the_history_is_about_the_document_that_it_cites_first(world: World, talk: Conversation) -> None:
    sources = tuple(
        Source(n, f"d{n}", title, None, None, n, "text", 0, 4, 1.0) for n, title in enumerate(("Pumps", "Seals"), 1)
    )
    world.exchange(talk, "1?", "1 [2].", sources=sources, citations=(Citation(2, 2, "text", 0, 4),))
    world.exchange(talk, "2?", "Nothing.", sources=sources, citations=())
    assert [turn.about for turn in world.conversations.history(talk.id, 4)] == ["", "Seals", "", ""]


def test_history_before_a_question_leaves_it_out_and_what_follows(world: World, talk: Conversation) -> None:
    world.exchange(talk, "1?", "1.")
    second, _ = world.exchange(talk, "2?", "2.")
    world.exchange(talk, "3?", "3.")
    assert [turn.text for turn in world.conversations.history(talk.id, 4, second.id)] == ["1?", "1."]


@pytest.mark.parametrize(
    ("text", "status"), [("half a s", MessageStatus.FAILED), ("", MessageStatus.STOPPED), ("", MessageStatus.FAILED)]
)
def test_history_has_no_question_without_an_answer(
    world: World, talk: Conversation, text: str, status: MessageStatus
) -> None:
    world.exchange(talk, "1?", "1.")
    for _ in range(2):
        world.exchange(talk, "2?", text, status=status)
    world.exchange(talk, "3?", "3.")
    assert [turn.text for turn in world.conversations.history(talk.id, 4)] == ["1?", "1.", "3?", "3."]


def test_history_keeps_what_was_read_of_a_stopped_answer(world: World, talk: Conversation) -> None:
    world.exchange(talk, "1?", "Ten min", status=MessageStatus.STOPPED)
    assert [turn.text for turn in world.conversations.history(talk.id, 4)] == ["1?", "Ten min"]


def test_renaming_and_pinning_leave_the_rest(world: World, ann: User, talk: Conversation) -> None:
    world.conversations.update(ann.id, talk.id, title="Brot", pinned=None)
    pinned = world.conversations.update(ann.id, talk.id, title=None, pinned=True)
    assert (pinned.title, pinned.pinned, pinned.updated_at) == ("Brot", True, talk.updated_at)
    assert world.conversations.get(ann.id, talk.id) == pinned
    assert not world.conversations.update(ann.id, talk.id, title=None, pinned=False).pinned


def test_deleting_leaves_no_row_behind(world: World, ann: User) -> None:
    before = world.rows()
    talk = world.conversation(ann)
    _, answer = world.exchange(talk, "Question", "Answer")
    world.conversations.rate(ann.id, answer.id, -1, "Wrong.")
    world.conversations.delete(ann.id, talk.id)
    assert world.rows() == before


def test_a_rating_is_kept_and_taken_back(world: World, ann: User, talk: Conversation) -> None:
    asked, answer = world.exchange(talk, "Question", "Answer")
    rated = replace(answer, feedback=-1, comment="Wrong.")
    assert world.conversations.rate(ann.id, answer.id, -1, "Wrong.") == rated
    assert world.conversations.message(ann.id, answer.id) == rated
    assert world.conversations.rate(ann.id, answer.id, None, None) == answer
    assert world.conversations.message(ann.id, asked.id) == asked


def test_pinned_ones_are_listed_first_then_the_latest(world: World, ann: User) -> None:
    old, pinned, new = (world.conversation(ann, title) for title in ("old", "pinned", "new"))
    world.conversations.update(ann.id, pinned.id, title=None, pinned=True)
    later = datetime.now(UTC) + timedelta(minutes=1)
    world.exchange(old, "Question", "Answer", created_at=later)
    listed, _ = world.conversations.page(ann.id, None, Page())
    assert [conversation.id for conversation in listed] == [pinned.id, old.id, new.id]
    assert listed[1].updated_at == later


def test_searching_finds_titles_and_what_was_said(world: World, ann: User) -> None:
    rye = world.conversation(ann, "ROGGENBRÖTCHEN 100%_rye")
    world.exchange(rye, "얼마나 반죽하나요?", "TEN minutes.")
    other = world.conversation(ann, "Other")
    world.exchange(other, "How hot?", "250 °C, with steam / without.")

    def found(text: str) -> list[str]:
        return sorted(c.title for c in world.conversations.page(ann.id, text, Page())[0])

    both = ["Other", "ROGGENBRÖTCHEN 100%_rye"]
    assert found("brötchen") == found("Ten MINUTES") == found("반죽하") == [both[1]]
    assert found("100%_") == found("%") == found("_") == [both[1]]
    assert found("/") == found("°c") == [both[0]]
    assert found("\\") == found("knead") == []
    assert found("") == found("t") == both


def test_a_question_that_was_asked_again_has_one_answer_whichever_is_stored_first(
    world: World, ann: User, talk: Conversation
) -> None:
    """Its reader lost the stream and asked again while the server still wrote."""
    for order in ("first one first", "second one first"):
        asked, lost = message(talk.id, Speaker.USER, order), message(talk.id, Speaker.ASSISTANT, "lost")
        again = message(talk.id, Speaker.ASSISTANT, "again")
        if order == "first one first":
            world.conversations.store_exchange(asked, lost)
            world.conversations.store_exchange(asked, again, replaces=lost.id)
        else:
            world.conversations.store_exchange(asked, again, replaces=lost.id)
            with pytest.raises(AnsweredAnew):
                world.conversations.store_exchange(asked, lost)
        assert texts(world, ann, talk)[-2:] == [order, "again"]
    assert len(texts(world, ann, talk)) == 4


@pytest.mark.parametrize("is_late", [False, True])
def test_of_two_who_make_one_answer_again_the_later_is_kept(
    world: World, ann: User, talk: Conversation, is_late: bool
) -> None:
    asked, answered = world.exchange(talk, "1?", "1.")
    world.exchange(talk, "2?", "2.")
    earlier, later = (message(talk.id, Speaker.ASSISTANT, text) for text in ("earlier", "later"))
    world.conversations.store_exchange(asked, later if is_late else earlier, replaces=answered.id)
    if is_late:
        with pytest.raises(AnsweredAnew):
            world.conversations.store_exchange(asked, earlier, replaces=answered.id)
    else:
        world.conversations.store_exchange(asked, later, replaces=answered.id)
    assert texts(world, ann, talk) == ["1?", "later", "2?", "2."]


def test_what_is_said_next_follows_all_that_was_said(world: World, ann: User, talk: Conversation) -> None:
    assert world.conversations.last_place(talk.id) == ""
    _, answered = world.exchange(talk, "1?", "1.")
    assert world.conversations.last_place(talk.id) == answered.id
    answered_again(world, talk, answered, "one")
    assert world.conversations.last_place(talk.id) == answered.id, "it has the other's place"
