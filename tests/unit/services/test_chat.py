"""The stream of an answer: its events, what stops it, and what of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from backend.app.domain.chat import (
    ChatEvent,
    Citation,
    DoneEvent,
    ErrorEvent,
    Message,
    MessageStatus,
    MetaEvent,
    SourcesEvent,
    Speaker,
    TextDelta,
    TokenEvent,
    Turn,
    Usage,
)
from backend.app.errors import (
    AnsweredAnew,
    AppError,
    CollectionNotFound,
    ConversationNotFound,
    InvalidRequest,
    MessageNotFound,
    ModelTimeout,
    ModelUnavailable,
    SearchUnavailable,
    StorageUnavailable,
)
from backend.app.services.chat import Question
from tests.fakes.chat import ADA, Chat
from tests.fakes.language_models import FakeModel
from tests.fakes.things import message, user

EVE = user("eve")


@pytest.fixture
def chat() -> Chat:
    return Chat()


QUESTION, ANSWER = message("q1", "What is leave?"), message("a1", "Time off.", Speaker.ASSISTANT)


def kinds(events: Sequence[ChatEvent]) -> list[str]:
    return [type(event).__name__.removesuffix("Event").lower() for event in events]


def one_end(events: Sequence[ChatEvent]) -> bool:
    return sum(isinstance(event, DoneEvent | ErrorEvent) for event in events) == 1 and isinstance(
        events[-1], DoneEvent | ErrorEvent
    )


# --- the good way -----------------------------------------------------------------------------


def test_the_events_come_in_their_order(chat: Chat) -> None:
    events = chat.ask()
    assert kinds(events) == ["meta", "sources", "token", "token", "done"]
    meta, sources, *tokens, done = events
    assert isinstance(meta, MetaEvent)
    assert isinstance(sources, SourcesEvent)
    assert isinstance(done, DoneEvent)
    assert (meta.model, meta.cached, meta.degraded) == ("big", False, ())
    assert meta.conversation_id in chat.conversations.rows
    assert meta.question_id == chat.conversations.said[meta.conversation_id][0].id
    assert [(s.n, s.passage_id, s.title, s.page, s.text) for s in sources.sources] == [
        (1, 1, "Paper 1", 1, "source 1"),
        (2, 2, "Paper 2", 2, "source 2"),
    ]
    assert [token.text for token in tokens if isinstance(token, TokenEvent)] == ["One ", "claim [1]."]
    assert (done.message_id, done.model, done.degraded) == (meta.message_id, "big", ())
    assert done.citations == (Citation(1, 1, "source", 0, 6),)
    assert done.usage == Usage(3, 2)
    assert list(done.timings) == ["retrieve_ms", "first_token_ms", "total_ms"]
    assert chat.model.closed == 1


def test_the_exchange_is_stored_before_done_is_said(chat: Chat) -> None:
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    for event in stream:
        if isinstance(event, DoneEvent):
            assert len(chat.conversations.stored) == 1
        else:
            assert chat.conversations.stored == []
    question, answer, replaces = chat.conversations.stored[0]
    assert question is not None
    assert (question.speaker, question.text, question.status) == (
        Speaker.USER,
        "How long is leave?",
        MessageStatus.COMPLETE,
    )
    assert (answer.speaker, answer.text, answer.status) == (
        Speaker.ASSISTANT,
        "One claim [1].",
        MessageStatus.COMPLETE,
    )
    assert (answer.model, answer.citations, len(answer.sources)) == ("big", (Citation(1, 1, "source", 0, 6),), 2)
    assert set(answer.timings) == {"retrieve_ms", "first_token_ms", "total_ms"}
    assert question.conversation_id == answer.conversation_id
    assert question.id < answer.id
    assert replaces is None


def test_times_and_citations_are_counted(chat: Chat) -> None:
    chat.plays("claim [1], nonsense [9]")
    chat.ask()
    assert [name for stages in chat.metrics.stages for name in stages] == ["first_token_ms", "answer_ms"]
    assert chat.metrics.citations == (1, 1)


def test_the_model_is_given_question_history_and_sources(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    chat.ask("Who approves the leave of a department head?", conversation_id="talk")
    (prompt,) = chat.model.prompts
    assert prompt.question == "Who approves the leave of a department head?"
    assert prompt.history == (Turn(Speaker.USER, "What is leave?"), Turn(Speaker.ASSISTANT, "Time off."))
    assert [found.n for found in prompt.sources] == [1, 2]


def test_only_so_many_turns_are_shown(chat: Chat) -> None:
    chat.talk(*[replace(QUESTION, id=f"q{n}", text=str(n)) for n in range(10)])
    chat.ask(conversation_id="talk")
    assert [turn.text for turn in chat.model.prompts[0].history] == ["6", "7", "8", "9"]


def test_a_question_that_leans_is_searched_with_the_one_before_but_asked_as_it_is(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    chat.ask("And how long?", conversation_id="talk")
    assert chat.retriever.asked == [("And how long?\n" * 3 + "leave?", ["c1", "c2"], 6)]
    assert chat.model.prompts[0].question == "And how long?"


@pytest.mark.parametrize(("relevance", "is_answerable"), [(0.3, True), (0.299, False)])
def test_the_model_is_told_when_the_sources_hardly_fit(chat: Chat, relevance: float, is_answerable: bool) -> None:
    chat.relevance.value = relevance
    chat.ask()
    assert chat.model.prompts[0].is_answerable is is_answerable


def test_a_question_that_fits_by_itself_is_answerable_whatever_was_spoken_of_before(chat: Chat) -> None:
    chat.relevance.values = {"And how long?": 0.9}
    chat.relevance.value = 0.1
    chat.talk(QUESTION, ANSWER)
    chat.ask("And how long?", conversation_id="talk")
    chat.ask("And how much?", conversation_id="talk")
    assert [prompt.is_answerable for prompt in chat.model.prompts] == [True, False]


def test_a_question_that_stands_by_itself_is_judged_by_itself_in_a_conversation_too(chat: Chat) -> None:
    chat.relevance.values = {"Who won the cup in 2002?": 0.1, "And how long?": 0.1}
    chat.relevance.value = 0.9  # of what the conversation makes of them
    chat.talk(QUESTION, ANSWER)
    chat.ask("Who won the cup in 2002?", conversation_id="talk")
    chat.ask("And how long?", conversation_id="talk")
    assert [prompt.is_answerable for prompt in chat.model.prompts] == [False, True]


def test_who_asks_for_an_answer_again_is_shown_what_there_is(chat: Chat) -> None:
    chat.relevance.value = 0.0
    chat.talk(QUESTION, ANSWER)
    chat.ask("", regenerate=ANSWER.id)
    assert chat.model.prompts[0].is_answerable
    chat.ask("Something else?", regenerate=chat.last_answer().id)
    assert not chat.model.prompts[1].is_answerable


def test_a_conversation_is_named_after_its_first_question(chat: Chat) -> None:
    (first, *_) = chat.ask("How long\nis   leave?")
    assert isinstance(first, MetaEvent)
    assert chat.conversations.get("ada", first.conversation_id).title == "How long is leave?"
    (first, *_) = chat.ask("long " * 20)
    assert isinstance(first, MetaEvent)
    title = chat.conversations.get("ada", first.conversation_id).title
    assert len(title) <= 80
    assert title.endswith("…")


def test_a_question_is_stored_as_it_can_be_shown(chat: Chat) -> None:
    chat.ask(" line one\r\nline\x00 two \n")
    question = chat.conversations.stored[0][0]
    assert question is not None
    assert question.text == "line one\nline two"


def test_what_no_database_keeps_is_left_out_of_the_answer(chat: Chat) -> None:
    chat.plays("a\x00b", "\x00", "", "c")
    tokens = [event.text for event in chat.ask() if isinstance(event, TokenEvent)]
    assert tokens == ["ab", "c"]
    assert chat.last_answer().text == "abc"


# --- what is searched -------------------------------------------------------------------------


def searched(chat: Chat) -> list[str]:
    return chat.retriever.asked[-1][1]


def test_without_any_named_all_collections_of_the_user_are_searched(chat: Chat) -> None:
    chat.ask()
    assert searched(chat) == ["c1", "c2"]
    chat.ask(collection_ids=())
    assert searched(chat) == ["c1", "c2"]


def test_named_collections_are_searched_and_stay_the_conversations(chat: Chat) -> None:
    (meta, *_) = chat.ask(collection_ids=("c2",))
    assert searched(chat) == ["c2"]
    assert isinstance(meta, MetaEvent)
    chat.ask(conversation_id=meta.conversation_id)
    assert searched(chat) == ["c2"]
    chat.ask(conversation_id=meta.conversation_id, collection_ids=("c1",))
    assert searched(chat) == ["c1"]


def test_collections_that_are_gone_since_are_left_out(chat: Chat) -> None:
    chat.talk(collection_ids=("c2", "deleted", "c3"))
    chat.ask(conversation_id="talk")
    assert searched(chat) == ["c2"]


def test_where_all_of_them_are_gone_no_others_are_searched(chat: Chat) -> None:
    chat.talk(collection_ids=("deleted",))
    chat.ask(conversation_id="talk")
    assert searched(chat) == []


# --- refused at once --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Question(""), InvalidRequest),
        (Question(" \n\x00 "), InvalidRequest),
        (Question("x" * 101), InvalidRequest),
        (Question("q", conversation_id="no such"), ConversationNotFound),
        (Question("q", conversation_id="talk"), ConversationNotFound),
        (Question("q", collection_ids=("c1",)), CollectionNotFound),
        (Question("q", collection_ids=("c3", "no such")), CollectionNotFound),
        (Question("q", regenerate="a1"), MessageNotFound),
        (Question("", regenerate="no such"), MessageNotFound),
        (Question("q", until="a1"), InvalidRequest),
    ],
)
def test_bad_input_is_refused_before_the_stream_and_leaves_nothing(
    chat: Chat, question: Question, error: type[AppError]
) -> None:
    chat.talk(QUESTION, ANSWER)  # Ada's
    with pytest.raises(error):
        chat.service.ask(EVE, question)
    assert list(chat.conversations.rows) == ["talk"]
    assert (chat.retriever.asked, chat.model.prompts) == ([], [])


def test_the_longest_message_is_taken(chat: Chat) -> None:
    assert one_end(chat.ask("x" * 100))


def test_only_an_answer_can_be_made_again(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    with pytest.raises(MessageNotFound):
        chat.ask("", regenerate="q1")


def test_words_that_are_too_long_are_refused_when_edited_too(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    with pytest.raises(InvalidRequest):
        chat.ask("x" * 101, regenerate="a1")


# --- again, and edited ------------------------------------------------------------------------


def test_an_earlier_question_is_asked_anew_without_what_follows(chat: Chat) -> None:
    later = [replace(QUESTION, id="q2", text="And pay?"), replace(ANSWER, id="a2", text="Later.")]
    chat.talk(QUESTION, ANSWER, *later)
    chat.ask("What is sick leave?", regenerate="a1", until="a2")
    assert chat.conversations.texts("talk")[0] == "What is sick leave?"
    assert len(chat.conversations.texts("talk")) == 2
    assert chat.model.prompts[0].history == ()


def test_what_follows_stays_while_there_is_nothing_to_put_in_its_place(chat: Chat) -> None:
    later = [replace(QUESTION, id="q2", text="And pay?"), replace(ANSWER, id="a2", text="Later.")]
    chat.talk(QUESTION, ANSWER, *later)
    stream = chat.service.ask(ADA, Question("What is sick leave?", regenerate="a1", until="a2"))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert chat.conversations.said["talk"] == [QUESTION, ANSWER, *later]


def test_what_is_to_give_way_is_of_the_same_conversation(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    with pytest.raises(MessageNotFound):
        chat.ask("", regenerate="a1", until="a9")


def test_a_question_whose_stream_broke_is_asked_again_under_its_own_id(chat: Chat) -> None:
    """Nothing of it is stored yet: the worker was killed, or still writes."""
    chat.talk(message("q0", "Hello"), message("a0", "Hello.", Speaker.ASSISTANT))
    events = chat.ask("Lost?", conversation_id="talk", regenerate="a9", question_id="q9")
    assert isinstance(events[0], MetaEvent)
    assert events[0].question_id == "q9"
    question, answer, replaces = chat.conversations.stored[0]
    assert question is not None
    assert (question.id, question.text, replaces) == ("q9", "Lost?", "a9")
    assert [turn.text for turn in chat.model.prompts[0].history] == ["Hello", "Hello."]
    assert chat.conversations.texts("talk") == ["Hello", "Hello.", "Lost?", answer.text]


def test_a_question_whose_answer_has_another_id_by_now_is_answered_again(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    events = chat.ask("What is leave?", conversation_id="talk", regenerate="a9", question_id="q1")
    assert kinds(events)[-1] == "done"
    assert chat.conversations.stored[0][0] == QUESTION


@pytest.mark.parametrize("asked", [{"conversation_id": "talk", "question_id": "a1"}, {"question_id": "q1"}, {}])
def test_only_a_question_of_the_conversation_is_asked_again(chat: Chat, asked: dict[str, str]) -> None:
    chat.talk(QUESTION, ANSWER)
    with pytest.raises(MessageNotFound):
        chat.ask("What is leave?", regenerate="a9", **asked)


def test_a_question_that_nobody_heard_of_is_kept_even_without_an_answer(chat: Chat) -> None:
    chat.talk(message("q0", "Hello"), message("a0", "Hello.", Speaker.ASSISTANT))
    stream = chat.service.ask(ADA, Question("Lost?", "talk", regenerate="a9", question_id="q9"))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert chat.conversations.texts("talk") == ["Hello", "Hello.", "Lost?", ""]


def test_an_attempt_that_comes_too_late_says_that_it_was_answered_anew(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    chat.conversations.fails = AnsweredAnew()
    events = chat.ask(regenerate="a1")
    assert isinstance(events[-1], ErrorEvent)
    assert events[-1].error_code == "ANSWERED_ANEW"
    assert one_end(events)
    stream = chat.service.ask(ADA, Question("What is leave?", regenerate="a1"))
    with capture_logs() as logs:
        assert [next(stream) for _ in range(3)]
        stream.close()  # type: ignore[attr-defined]  # a generator
    assert [line["event"] for line in logs] == ["exchange_superseded"], "that is no defect"


@pytest.mark.parametrize("text", ["", " \n", "What is leave?", " What is leave?\r\n"])
def test_an_answer_is_made_again_from_its_question(chat: Chat, text: str) -> None:
    chat.talk(message("q0", "Hello"), message("a0", "Hello.", Speaker.ASSISTANT), QUESTION, ANSWER)
    events = chat.ask(text, regenerate="a1")
    assert isinstance(events[0], MetaEvent)
    assert (events[0].conversation_id, events[0].message_id != "a1") == ("talk", True)
    (prompt,) = chat.model.prompts
    assert prompt.question == "What is leave?"
    assert [turn.text for turn in prompt.history] == ["Hello", "Hello."], "neither the question nor the old answer"
    question, answer, replaces = chat.conversations.stored[0]
    assert (question, replaces, answer.id) == (QUESTION, "a1", events[0].message_id)
    assert chat.conversations.texts("talk") == ["Hello", "Hello.", "What is leave?", "One claim [1]."]


def test_an_edited_question_takes_the_place_of_the_old_one_with_its_answer(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER, message("q2", "Thanks"), message("a2", "Welcome.", Speaker.ASSISTANT))
    chat.ask(" How long may the leave of a beginner be? ", regenerate="a1")
    assert chat.model.prompts[0].question == "How long may the leave of a beginner be?"
    assert chat.retriever.asked[0][0] == "How long may the leave of a beginner be?"
    question, answer, replaces = chat.conversations.stored[0]
    assert question == replace(QUESTION, text="How long may the leave of a beginner be?"), "the same id and moment"
    assert (answer.conversation_id, replaces) == ("talk", "a1")
    assert chat.conversations.texts("talk") == [
        "How long may the leave of a beginner be?",
        "One claim [1].",
        "Thanks",
        "Welcome.",
    ]


@pytest.mark.parametrize(
    ("title", "before", "kept"),
    [
        ("What is leave?", (), "How long is it?"),
        ("My leave", (), "My leave"),  # somebody chose it
        (
            "What is leave?",
            (message("q0", "What is leave?"), message("a0", "Hm.", Speaker.ASSISTANT)),
            "What is leave?",
        ),
    ],
)
def test_a_title_follows_the_first_question_that_gave_it(
    chat: Chat, title: str, before: tuple[Message, ...], kept: str
) -> None:
    chat.talk(*before, QUESTION, ANSWER)
    chat.conversations.update(ADA.id, "talk", title=title, pinned=None)
    chat.ask("How  long\nis it?", regenerate="a1")
    assert chat.conversations.rows["talk"].title == kept


def test_an_edited_question_changes_nothing_before_its_answer_is_there(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    stream = chat.service.ask(ADA, Question("How long may it be at most?", regenerate="a1"))
    for _ in range(3):
        next(stream)
        assert chat.conversations.texts("talk") == ["What is leave?", "Time off."]


def test_an_answer_that_is_made_again_in_vain_stays_as_it_was(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    chat.retriever.fails = SearchUnavailable()
    assert isinstance(chat.ask("Other words", regenerate="a1")[-1], ErrorEvent)
    stream = chat.service.ask(ADA, Question("", regenerate="a1"))
    chat.retriever.fails = None
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert chat.conversations.texts("talk") == ["What is leave?", "Time off."]


def test_what_had_arrived_of_it_takes_the_old_ones_place(chat: Chat) -> None:
    chat.talk(QUESTION, ANSWER)
    chat.plays("Half an ", ModelTimeout())
    chat.ask("", regenerate="a1")
    assert chat.conversations.texts("talk") == ["What is leave?", "Half an "]


# --- parts that are away ----------------------------------------------------------------------


def test_a_lost_branch_is_named_from_the_beginning_to_the_end(chat: Chat) -> None:
    chat.retriever.degraded = ("vector",)
    meta, *_, done = chat.ask()
    assert isinstance(meta, MetaEvent)
    assert isinstance(done, DoneEvent)
    assert meta.degraded == done.degraded == chat.last_answer().degraded == ("vector",)


@pytest.mark.parametrize("failure", [ModelUnavailable(), ModelTimeout(), None])
def test_a_model_that_says_nothing_is_replaced(chat: Chat, failure: Exception | None) -> None:
    chat.retriever.degraded = ("vector",)
    silent = chat.plays("", *([failure] if failure else []))
    with capture_logs() as logs:
        events = chat.ask()
    assert kinds(events) == ["meta", "sources", "token", "done"]
    meta, done = events[0], events[-1]
    assert isinstance(meta, MetaEvent)
    assert isinstance(done, DoneEvent)
    assert (meta.model, done.model) == ("big", "extractive")
    assert (meta.degraded, done.degraded) == (("vector",), ("vector", "model"))
    stored = chat.last_answer()
    assert (stored.text, stored.model, stored.status) == ("Quoted [1].", "extractive", MessageStatus.COMPLETE)
    assert chat.metrics.degraded == {"model": 1}
    assert chat.fallback.prompts == silent.prompts
    assert silent.closed == 1
    assert [entry["event"] for entry in logs] == ["model_replaced"]


def test_an_answer_that_breaks_off_is_an_error_and_is_stored_as_failed(chat: Chat) -> None:
    chat.plays("Half [1] ", ModelTimeout("The model took too long."))
    events = chat.ask()
    assert kinds(events) == ["meta", "sources", "token", "error"]
    assert events[-1] == ErrorEvent("MODEL_TIMEOUT", "The model took too long.", True)
    stored = chat.last_answer()
    assert (stored.text, stored.status) == ("Half [1] ", MessageStatus.FAILED)
    assert stored.citations, "what had arrived is checked as well"
    assert chat.fallback.prompts == [], "half an answer is not continued by another model"
    assert len(chat.conversations.stored) == 1


def test_a_fallback_that_fails_too_is_an_error(chat: Chat) -> None:
    chat.plays(ModelUnavailable())
    chat.models.fallback = FakeModel("extractive", ModelUnavailable())
    events = chat.ask()
    assert kinds(events) == ["meta", "sources", "error"]
    assert chat.last_answer().status is MessageStatus.FAILED


def test_the_fallback_as_the_only_model_is_asked_once(chat: Chat) -> None:
    chat.models.model = chat.fallback
    events = chat.ask()
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].degraded == ()
    chat.models.model = chat.models.fallback = FakeModel("extractive", ModelUnavailable())
    assert kinds(chat.ask()) == ["meta", "sources", "error"]
    assert len(chat.models.fallback.prompts) == 1


def test_without_any_index_the_reader_learns_the_conversation_and_the_reason(chat: Chat) -> None:
    chat.retriever.fails = SearchUnavailable()
    events = chat.ask()
    assert kinds(events) == ["meta", "error"]
    meta, error = events
    assert isinstance(meta, MetaEvent)
    assert isinstance(error, ErrorEvent)
    assert (error.error_code, error.retryable) == ("SEARCH_UNAVAILABLE", True)
    assert chat.conversations.texts(meta.conversation_id) == ["How long is leave?", ""]
    assert (chat.last_answer().status, chat.last_answer().id) == (MessageStatus.FAILED, meta.message_id)


@pytest.mark.parametrize("error", [StorageUnavailable(), ConversationNotFound()])
def test_an_answer_that_cannot_be_stored_is_no_done(chat: Chat, error: AppError) -> None:
    chat.conversations.fails = error
    tries: list[bool] = []
    chat.conversations.before_storing = lambda: tries.append(True)
    events = chat.ask()
    assert kinds(events) == ["meta", "sources", "token", "token", "error"]
    assert events[-1] == ErrorEvent(error.error_code, error.message, error.retryable)
    assert len(tries) == 1, "the same thing is not tried again while the reader waits"


def test_a_conversation_that_was_deleted_meanwhile_says_so(chat: Chat) -> None:
    chat.talk()
    chat.plays("a", lambda: chat.conversations.delete("ada", "talk"), "b")
    assert isinstance(chat.ask(conversation_id="talk")[-1], ErrorEvent)


def test_a_failure_that_cannot_be_stored_either_is_told_and_logged(chat: Chat) -> None:
    chat.plays("Half", ModelTimeout())
    chat.conversations.fails = StorageUnavailable()
    with capture_logs() as logs:
        events = chat.ask()
    assert events[-1] == ErrorEvent("MODEL_TIMEOUT", ModelTimeout.message, True)
    assert one_end(events)
    assert [entry["event"] for entry in logs] == ["exchange_lost", "chat_failed"]


# --- defects ----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["retriever", "model", "cite", "storage"])
def test_a_defect_ends_the_stream_in_words_without_its_details(chat: Chat, where: str) -> None:
    defect = ZeroDivisionError("secret detail")
    if where == "retriever":
        chat.retriever.fails = defect
    elif where == "model":
        chat.plays("Half", defect)
    elif where == "cite":
        chat.cite_fails = defect
    else:
        chat.conversations.fails = defect
    with capture_logs() as logs:
        events = chat.ask()
    assert one_end(events)
    assert isinstance(events[0], MetaEvent)
    assert events[-1] == ErrorEvent("INTERNAL_ERROR", AppError.message, False)
    assert chat.metrics.errors["chat"] == 1
    assert "chat_crashed" in [entry["event"] for entry in logs]
    if where != "storage":
        assert chat.last_answer().status is MessageStatus.FAILED


# --- the reader goes --------------------------------------------------------------------------


@pytest.mark.parametrize(("seen", "text"), [(1, ""), (2, ""), (3, "One "), (4, "One claim [1].")])
def test_closing_stops_the_model_and_keeps_what_had_arrived(chat: Chat, seen: int, text: str) -> None:
    model = chat.plays("One ", "claim [1].", "never said")
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    for _ in range(seen):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert model.closed == (1 if model.prompts else 0)
    assert model.yielded <= 2
    (stored,) = chat.conversations.stored
    question, answer, _ = stored
    assert question is not None
    assert (answer.text, answer.status) == (text, MessageStatus.STOPPED)
    assert bool(answer.citations) == ("[1]" in text)


def test_closing_while_the_fallback_speaks_stops_that_one(chat: Chat) -> None:
    chat.plays(ModelUnavailable())
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    for _ in range(3):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert chat.fallback.closed == 1
    assert (chat.last_answer().status, chat.last_answer().model) == (MessageStatus.STOPPED, "extractive")


def test_closing_after_the_last_event_changes_nothing(chat: Chat) -> None:
    for fail in (False, True):
        chat.retriever.fails = SearchUnavailable() if fail else None
        stream = chat.service.ask(ADA, Question("How long is leave?"))
        for event in stream:
            if isinstance(event, DoneEvent | ErrorEvent):
                break
        before = list(chat.conversations.stored)
        stream.close()  # type: ignore[attr-defined]
        assert chat.conversations.stored == before


def test_closing_before_the_first_event_stores_nothing(chat: Chat) -> None:
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    stream.close()  # type: ignore[attr-defined]
    assert (chat.conversations.stored, chat.model.prompts) == ([], [])


@pytest.mark.parametrize("fails", [StorageUnavailable(), ZeroDivisionError()])
def test_closing_never_raises(chat: Chat, fails: Exception) -> None:
    chat.conversations.fails = fails
    stream = chat.service.ask(ADA, Question("How long is leave?"))
    next(stream)
    with capture_logs() as logs:
        stream.close()  # type: ignore[attr-defined]
    assert [entry["event"] for entry in logs] == ["exchange_lost"]


def test_a_usage_alone_is_no_answer(chat: Chat) -> None:
    chat.plays(Usage(5, 0), TextDelta(""))
    assert isinstance(chat.ask()[-1], DoneEvent)
    assert chat.last_answer().model == "extractive"


def test_an_overview_needs_no_search_and_the_model_is_told(chat: Chat) -> None:
    chat.relevance.value = 0.0
    chat.overviews.hits = chat.retriever.hits
    events = chat.ask("Summarise my papers")
    assert chat.retriever.asked == []
    assert isinstance(events[-1], DoneEvent)
    prompt = chat.model.prompts[0]
    assert (prompt.is_overview, prompt.is_answerable) == (True, True)
    assert [source.n for source in prompt.sources] == [1, 2]
