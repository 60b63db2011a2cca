from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from backend.app.domain.accounts import User
from backend.app.domain.chat import (
    ChatEvent,
    Citation,
    DoneEvent,
    ErrorEvent,
    MetaEvent,
    Source,
    SourcesEvent,
    TokenEvent,
)
from backend.app.services.chat import Question
from tests.unit.cli.conftest import FakeServices, Run

SOURCES = (
    Source(1, "d1", "안내서", 2, "휴가", 7, "휴가는 20일입니다. 더 많은 글.", 0, 19, 0.9),
    Source(2, "d2", "Other", None, None, 8, "Something else.", 0, 15, 0.1),
)
QUOTE = Citation(1, 7, "휴가는 20일입니다.", 0, 11)
DONE = DoneEvent("m1", (QUOTE,), "test-model", ("vector",), timings={"total_ms": 3.0})


class FakeChat:
    def __init__(self, *events: ChatEvent | BaseException) -> None:
        self.events = events
        self.asked: Question | None = None
        self.closed = False

    def ask(self, user: User, question: Question) -> Iterator[ChatEvent]:
        self.asked = question
        return self._stream()

    def _stream(self) -> Iterator[ChatEvent]:
        try:
            for event in (MetaEvent("v1", "m1", "test-model"), SourcesEvent(SOURCES), *self.events):
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.closed = True


def services(chat: Any) -> FakeServices:
    return FakeServices(chat=chat)


def test_the_answer_is_followed_by_what_it_quotes(run: Run) -> None:
    chat = FakeChat(TokenEvent("20일"), TokenEvent("입니다. [1]\x1b[31m"), DONE)
    result = run(services(chat), "ask", "휴가는?")
    assert result.exit_code == 0, result.output
    assert result.stdout == ("20일입니다. [1][31m\n\nSources\n[1] 안내서 — page 2 · 휴가\n    “휴가는 20일입니다.”\n")
    assert "found by words alone" in result.stderr
    assert chat.asked == Question("휴가는?")


def test_without_a_quotation_all_that_was_found_is_shown(run: Run) -> None:
    result = run(services(FakeChat(TokenEvent("I do not know."), DoneEvent("m1", ()))), "ask", "?")
    assert "What was found\n[1] 안내서 — page 2 · 휴가\n" in result.stdout
    assert "[2] Other\n    Something else.\n" in result.stdout


def test_the_collection_is_found_by_its_name(run: Run) -> None:
    chat = FakeChat(DONE)
    assert run(services(chat), "ask", "?", "--collection", "업무").exit_code == 0
    assert chat.asked == Question("?", collection_ids=("c2",))


def test_json_is_one_object(run: Run) -> None:
    result = run(services(FakeChat(TokenEvent("20"), TokenEvent("일 [1]"), DONE)), "ask", "?", "--json")
    answer = json.loads(result.stdout)
    assert (answer["conversation_id"], answer["message_id"], answer["answer"]) == ("v1", "m1", "20일 [1]")
    assert (answer["model"], answer["degraded"], answer["timings"]) == ("test-model", ["vector"], {"total_ms": 3.0})
    assert answer["citations"] == [{"n": 1, "passage_id": 7, "quote": QUOTE.quote, "start": 0, "end": 11}]
    assert [source["n"] for source in answer["sources"]] == [1, 2]


def test_an_error_ends_with_1_after_what_had_arrived(run: Run) -> None:
    chat = FakeChat(TokenEvent("half an"), ErrorEvent("MODEL_TIMEOUT", "The model took too long.", True))
    result = run(services(chat), "ask", "?")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "half an\n", "Error: The model took too long.\n")


def test_ctrl_c_closes_the_stream_and_ends_with_130(run: Run) -> None:
    chat = FakeChat(TokenEvent("half"), KeyboardInterrupt())
    result = run(services(chat), "ask", "?")
    assert result.exit_code == 130
    assert chat.closed
    assert "What had arrived is kept." in result.stderr


def test_a_question_that_is_refused_at_once_is_a_sentence(run: Run) -> None:
    from backend.app.errors import InvalidRequest

    def ask(*arguments: Any) -> Iterator[ChatEvent]:
        raise InvalidRequest("The message is empty. Write a question.")

    result = run(services(SimpleNamespace(ask=ask)), "ask", " ")
    assert (result.exit_code, result.stderr) == (1, "Error: The message is empty. Write a question.\n")
