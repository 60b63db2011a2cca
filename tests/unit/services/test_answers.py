"""Which answers are given again, and to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.app.domain.chat import ChatEvent, DoneEvent, MetaEvent, SourcesEvent, TokenEvent, Usage
from backend.app.errors import ModelTimeout
from backend.app.services.answers import GivenAnswers
from backend.app.services.chat import Question
from tests.fakes.chat import ADA, Chat
from tests.fakes.language_models import FakeModel
from tests.fakes.remembering import memory_cache
from tests.fakes.things import collection, message, user


@pytest.fixture
def chat() -> Chat:
    return Chat(remembers=True)


def cached(events: list[ChatEvent]) -> bool:
    (meta,) = [event for event in events if isinstance(event, MetaEvent)]
    return meta.cached


def words(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TokenEvent))


def test_the_same_question_is_answered_without_search_or_model(chat: Chat) -> None:
    first = chat.ask("How long is leave?")
    again = chat.ask("How  long is leave?")
    assert (cached(first), cached(again)) == (False, True)
    assert words(again) == words(first)
    assert (len(chat.model.prompts), len(chat.retriever.asked)) == (1, 1)


def test_a_repeated_answer_has_its_sources_citations_and_usage_and_is_stored_as_one(chat: Chat) -> None:
    first, again = chat.ask(), chat.ask()
    kinds = [type(event) for event in again]
    assert kinds == [MetaEvent, SourcesEvent, TokenEvent, DoneEvent]
    assert [e for e in again if isinstance(e, SourcesEvent)] == [e for e in first if isinstance(e, SourcesEvent)]
    done, before = again[-1], first[-1]
    assert isinstance(done, DoneEvent)
    assert isinstance(before, DoneEvent)
    assert (done.citations, done.usage, done.model) == (before.citations, Usage(3, 2), "big")
    assert set(done.timings) == {"retrieve_ms", "first_token_ms", "total_ms"}
    stored = chat.last_answer()
    assert (stored.cached, stored.text, stored.citations) == (True, words(first), before.citations)
    assert stored.id == done.message_id != before.message_id


def test_without_the_cache_the_model_is_asked_and_its_new_answer_is_remembered(chat: Chat) -> None:
    chat.ask()
    chat.plays("Another one.", Usage())
    assert words(chat.ask(use_cache=False)) == "Another one."
    again = chat.ask()
    assert (cached(again), words(again)) == (True, "Another one.")


def test_an_answer_that_is_made_again_is_made(chat: Chat) -> None:
    first = chat.ask()
    done = first[-1]
    assert isinstance(done, DoneEvent)
    chat.plays("Made anew.", Usage())
    again = chat.ask("", regenerate=done.message_id)
    assert (cached(again), words(again)) == (False, "Made anew.")


def test_what_hardly_fits_and_was_asked_for_again_is_given_to_nobody_else(chat: Chat) -> None:
    chat.relevance.value = 0.0
    done = chat.ask()[-1]
    assert isinstance(done, DoneEvent)
    chat.plays("Quoted all the same.", Usage())
    assert words(chat.ask("", regenerate=done.message_id)) == "Quoted all the same."
    again = chat.ask()
    assert (cached(again), words(again)) == (True, "One claim [1].")


def test_a_change_of_a_collection_ends_what_was_answered_from_it(chat: Chat) -> None:
    chat.ask()
    (first, *_) = chat.collections.visible(ADA.id)
    chat.collections.put(ADA.id, replace(first, version=first.version + 1))
    assert not cached(chat.ask())


def test_another_user_is_given_only_what_was_answered_from_the_same_collections(chat: Chat) -> None:
    eve = user("eve")
    chat.ask()

    def asks(**changes: object) -> list[ChatEvent]:
        return list(chat.service.ask(eve, Question("How long is leave?", **changes)))  # type: ignore[arg-type]

    assert not cached(asks()), "eve sees other collections"
    chat.collections.put("eve", collection("c1"))
    chat.collections.put("eve", collection("c2"))
    assert cached(asks(collection_ids=("c1", "c2"))), "shared with her"
    assert not cached(asks()), "with her own one among them"


def test_earlier_turns_are_part_of_the_question(chat: Chat) -> None:
    chat.ask("And then?")
    talk = chat.talk(message("q1", "What is leave?"), message("a1", "Time off."))
    assert cached(chat.ask("And then?", conversation_id=talk)) is False


def test_another_model_gives_an_answer_of_its_own(chat: Chat) -> None:
    chat.ask()
    chat.models.model = FakeModel("small", "Mine.", Usage())
    assert words(chat.ask()) == "Mine."


@pytest.mark.parametrize("steps", [(ModelTimeout(),), ("half ", ModelTimeout()), ("",)])
def test_what_broke_off_or_was_replaced_is_not_repeated(chat: Chat, steps: tuple[object, ...]) -> None:
    chat.plays(*steps)
    chat.ask()
    chat.plays("Whole.", Usage())
    again = chat.ask()
    assert (cached(again), words(again)) == (False, "Whole.")


def test_an_answer_without_a_branch_is_not_repeated(chat: Chat) -> None:
    chat.retriever.degraded = ("vector",)
    chat.ask()
    chat.retriever.degraded = ()
    assert not cached(chat.ask())


def test_what_its_reader_stopped_is_not_repeated(chat: Chat) -> None:
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    while not isinstance(next(stream), TokenEvent):
        pass
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert not cached(chat.ask())


def test_where_nothing_is_searched_nothing_is_repeated(chat: Chat) -> None:
    nobody = user("nobody")
    for _ in range(2):
        events = list(chat.service.ask(nobody, Question("How long is leave?")))
        assert not cached(events)


def test_other_settings_make_other_answers(chat: Chat) -> None:

    cache = memory_cache()
    for setting in ("warm", "cold"):
        chat.answering._answers = GivenAnswers(cache, settings=[setting], seconds=60)
        assert not cached(chat.ask())
        assert cached(chat.ask())


def test_without_a_memory_every_question_is_put_to_the_model() -> None:
    chat = Chat(remembers=False)
    assert [cached(chat.ask()), cached(chat.ask())] == [False, False]
