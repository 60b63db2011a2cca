"""The OpenAI-compatible model against a scripted server, over real sockets."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from backend.app.domain.chat import ModelEvent, Prompt, Silence, TextDelta, Usage
from backend.app.errors import ModelTimeout, ModelUnavailable
from backend.app.services.llm.endpoint import Connections, Endpoint
from backend.app.services.llm.ollama import OllamaProbe
from backend.app.services.llm.openai_compatible import Limits, OpenAICompatible
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.retrieval.analyzer import Analyzer
from tests.fakes.scripted_model import (
    Cut,
    Endless,
    Pause,
    Raw,
    Script,
    ScriptedModel,
    Stall,
    Step,
    WaitFor,
    delta,
    event,
    spoken,
)

PROMPT = Prompt("Who?", (), ())
KEY = "sk-very-secret"
ROOT = Path(__file__).parents[2]
QUICK = Limits(first_token_seconds=0.4, idle_seconds=0.3, retries=2)


class Sleeps:
    """A clock's sleep that only takes notes."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def model_at(server: ScriptedModel, sleep: Sleeps | None = None, **more: Any) -> OpenAICompatible:
    return OpenAICompatible(Endpoint(server.url, KEY), **{"limits": QUICK, "sleep": sleep or Sleeps(), **more})


def texts(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def said(*scripts: Script) -> str:
    with ScriptedModel(*scripts) as server:
        return texts(list(model_at(server).stream(PROMPT)))


def broken(*scripts: Script, seen: threading.Event | None = None) -> tuple[str, ModelUnavailable, ScriptedModel]:
    """Return what had arrived, the error, and the server. ``seen`` is set by the first text."""
    with ScriptedModel(*scripts) as server:
        arrived: list[str] = []
        try:
            for one in model_at(server).stream(PROMPT):
                arrived.append(one.text if isinstance(one, TextDelta) else "")
                if seen:
                    seen.set()
        except ModelUnavailable as error:
            failure = error
        else:
            pytest.fail("the answer is whole")
    assert KEY not in repr(failure)
    return "".join(arrived), failure, server


# --- the request ------------------------------------------------------------------------


def test_the_request_is_a_streamed_chat_completion_with_the_key() -> None:
    with ScriptedModel() as server:
        list(model_at(server, limits=Limits(max_tokens=77, temperature=0.5)).stream(PROMPT))
    request = server.requests[0]

    assert server.keys == [f"Bearer {KEY}"]
    assert (request["stream"], request["max_tokens"], request["temperature"]) == (True, 77, 0.5)
    assert request["stream_options"] == {"include_usage": True}
    assert request["model"] == "scripted-1", "the first that the server lists"
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


def test_the_models_are_listed_once_and_not_at_all_for_a_named_model() -> None:
    with ScriptedModel() as server:
        named, unnamed = model_at(server, model="other"), model_at(server)
        list(named.stream(PROMPT))
        assert (named.name, server.listings) == ("other", 0)
        list(unnamed.stream(PROMPT))
        assert (unnamed.name, server.listings) == ("scripted-1", 1)


@pytest.mark.parametrize("parameter", ["stream_options", "max_tokens", "temperature"])
def test_a_parameter_that_is_refused_is_left_out_or_replaced(parameter: str) -> None:
    refusal = Script.error(400, f"Unsupported parameter: '{parameter}'")
    with ScriptedModel(refusal, Script.answer("ok")) as server:
        model = model_at(server)
        assert texts(list(model.stream(PROMPT))) == "ok"
        list(model.stream(PROMPT))

    assert [parameter in request for request in server.requests] == [True, False, False], "and remembered"
    assert ("max_completion_tokens" in server.requests[1]) is (parameter == "max_tokens")


def test_a_connection_is_used_again_after_a_whole_answer() -> None:
    with ScriptedModel() as server:
        model = model_at(server, model="m")
        for _ in range(4):
            list(model.stream(PROMPT))

    assert len(server.connections) == 1


# --- the answer -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (Script.answer("Hello", " world"), "Hello world"),
        (Script.answer("Hello", done=False), "Hello"),
        (Script.answer("Hello", done=False, finish=None), "Hello"),
        (Script.answer("Hello", done=False, usage=False), "Hello"),
        (Script([Raw(delta({"content": "Hello"}, "stop"))], framing="close"), "Hello"),
        (
            Script(
                [
                    spoken("등"),
                    Raw(b": ping\r\n\r\n"),
                    Raw(b"event: x\r\ndata: {broken\r\n\r\n"),
                    spoken("대"),
                    Raw(b"data: [DONE]"),
                ]
            ),
            "등대",
        ),
        (Script.answer("<thi", "nk>Hm", "</th", "ink>\n\n", "Yes"), "Yes"),
        (Script([Raw(delta({"reasoning_content": "Hm"})), Raw(delta({"content": "Yes"}, "stop"))]), "Yes"),
        (
            Script([Raw(b'{"choices":[{"message":{"content":"Yes"}}]}')], headers={"Content-Type": "application/json"}),
            "Yes",
        ),
    ],
    ids=[
        "usual",
        "no DONE",
        "no reason",
        "no usage",
        "no framing",
        "comments and garbage",
        "thought",
        "reasoning",
        "not streamed",
    ],
)
def test_answers(script: Script, text: str) -> None:
    assert said(script) == text


def test_characters_cut_between_two_chunks_are_whole() -> None:
    whole = delta({"content": "등대"}, "stop")
    cut = whole.index("대".encode()) + 1

    assert said(Script([Raw(whole[:cut]), Pause(0.05), Raw(whole[cut:])])) == "등대"


def test_what_arrives_together_is_one_piece() -> None:
    together = b"".join(delta({"content": word}) for word in ("one ", "two ", "three"))
    with ScriptedModel(Script([Raw(together), Raw(delta({}, "stop"))])) as server:
        events = list(model_at(server).stream(PROMPT))

    assert events[0] == TextDelta("one two three")


def test_a_token_is_yielded_before_the_next_one_is_made() -> None:
    seen = threading.Event()
    with ScriptedModel(Script([spoken("one"), WaitFor(seen), Raw(delta({"content": "two"}, "stop"))])) as server:
        stream = model_at(server, limits=Limits()).stream(PROMPT)
        assert next(stream) == TextDelta("one")
        seen.set()
        assert next(stream) == TextDelta("two")


def test_a_silence_is_told_while_nothing_comes() -> None:
    seen = threading.Event()
    with ScriptedModel(Script([spoken("one"), WaitFor(seen), Raw(delta({"content": "two"}, "stop"))])) as server:
        events = model_at(server, limits=Limits()).stream(PROMPT)
        assert [next(events), next(events)] == [TextDelta("one"), Silence()]
        seen.set()
        assert next(event for event in events if not isinstance(event, Silence)) == TextDelta("two")


def test_tokens_that_come_during_a_rest_are_read_together() -> None:
    resting = threading.Event()
    with ScriptedModel(
        Script([spoken("one"), WaitFor(resting), spoken("two"), spoken("three"), Raw(delta({}, "stop"))])
    ) as server:

        def rest(seconds: float) -> None:
            resting.set()
            while server.sent < 5:
                threading.Event().wait(0.01)

        assert list(model_at(server, rest=rest).stream(PROMPT))[:2] == [TextDelta("one"), TextDelta("twothree")]


def test_usage_comes_last() -> None:
    with ScriptedModel(Script.answer("a", "b")) as server:
        assert list(model_at(server).stream(PROMPT))[-1] == Usage(7, 2)


# --- closing ----------------------------------------------------------------------------


@pytest.mark.parametrize("last", [Stall(), Endless(delta({"content": "x"}), 0.01)], ids=["silent", "talking"])
def test_closing_the_stream_closes_the_connection(last: Step) -> None:
    with ScriptedModel(Script([spoken("a"), last])) as server:
        stream = model_at(server, limits=Limits()).stream(PROMPT)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert server.disconnected.wait(10)


def test_an_exception_thrown_in_closes_the_connection_as_well() -> None:
    """As a greenlet's end is: a BaseException raised where the stream stands."""

    class GreenletExit(BaseException):
        pass

    with ScriptedModel(Script([spoken("a"), Stall()])) as server:
        stream = model_at(server, limits=Limits()).stream(PROMPT)
        next(stream)
        with pytest.raises(GreenletExit):
            stream.throw(GreenletExit())  # type: ignore[attr-defined]
        assert server.disconnected.wait(10)


KILLED = """
from gevent import monkey
monkey.patch_all()
import gevent
from gevent.event import Event
from backend.app.domain.chat import Prompt
from backend.app.services.llm.endpoint import Endpoint
from backend.app.services.llm.openai_compatible import OpenAICompatible
from tests.fakes.scripted_model import Script, ScriptedModel, Stall, spoken

first = Event()

def read(model):
    for _ in model.stream(Prompt("Who?", (), ())):
        first.set()

with ScriptedModel(Script([spoken("a"), Stall()])) as server:
    reader = gevent.spawn(read, OpenAICompatible(Endpoint(server.url)))
    assert first.wait(10)
    reader.kill()
    assert server.disconnected.wait(10)
"""


def test_a_killed_greenlet_closes_its_connection_while_nothing_arrives() -> None:
    """In a process of its own: monkey patching cannot be taken back."""
    outcome = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert outcome.returncode == 0, outcome.stderr


# --- failing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "attempts"), [(400, 1), (401, 1), (403, 1), (404, 1), (302, 1), (429, 3), (500, 3), (503, 3)]
)
def test_only_what_may_pass_is_tried_again(status: int, attempts: int) -> None:
    _, error, server = broken(Script.error(status, f"bad {KEY}"))

    assert len(server.requests) == attempts
    assert error.retryable is (attempts > 1)


@pytest.mark.parametrize(
    "first",
    [
        Script.error(500),
        Script.error(429),
        Script([Cut()]),
        Script([Raw(b": ping\n\n"), Cut()]),
        Script([Raw(event({"error": {"message": "overloaded", "code": 503}}))]),
        Script([Raw(b"data: [DONE]\n\n")]),
    ],
    ids=["500", "429", "cut", "cut after a comment", "error in the stream", "empty"],
)
def test_a_failure_before_the_first_token_is_mended_unseen(first: Script) -> None:
    assert said(first, Script.answer("ok")) == "ok"


def test_waits_grow_and_follow_the_servers_wish_up_to_a_bound() -> None:
    scripts = [Script.error(503), Script.error(429, headers={"Retry-After": "3"}), Script.answer("ok")]
    sleeps = Sleeps()
    with ScriptedModel(*scripts) as server:
        list(model_at(server, sleeps, jitter=lambda: 0.5).stream(PROMPT))
    assert sleeps.taken == [0.375, 3.0]

    _, error, server = broken(Script.error(429, headers={"Retry-After": "600"}))
    assert len(server.requests) == 1, "nobody waits ten minutes for a chat"
    assert error.retryable


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (Cut(), ModelUnavailable),
        (Stall(), ModelTimeout),
        (Endless(b": ping\n\n", 0.02), ModelTimeout),
        (Raw(event({"error": {"message": "boom", "code": 500}})), ModelUnavailable),
    ],
    ids=["cut", "silent", "only comments", "error object"],
)
def test_a_failure_after_the_first_token_is_told_and_never_tried_again(
    last: Step, kind: type[ModelUnavailable]
) -> None:
    seen = threading.Event()
    arrived, error, server = broken(Script([spoken("Half an"), WaitFor(seen), last]), seen=seen)

    assert arrived == "Half an"
    assert type(error) is kind
    assert error.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize("step", [Stall(), Endless(b": ping\n\n", 0.02)], ids=["silent", "only comments"])
def test_no_first_token_in_time_is_a_timeout(step: Step) -> None:
    arrived, error, _ = broken(Script([step]))

    assert (arrived, type(error)) == ("", ModelTimeout)


@pytest.mark.parametrize(
    "script",
    [
        Script([Raw(b"<html>" + b"x" * 100 + b"</html>")], headers={"Content-Type": "text/html"}),
        Script([Raw(b"\x00\xff" * 500)]),
        Script([]),
        Script([spoken("a")], framing="close"),
        Script([Raw(delta({"content": "<think>Hm"}, "length"))]),
    ],
    ids=["a page", "bytes", "nothing", "cut without framing", "thought only"],
)
def test_what_is_no_answer_is_an_error(script: Script) -> None:
    assert broken(script)[1].message


@pytest.mark.parametrize(
    ("step", "word"),
    [(Endless(delta({"content": "x" * 4000})), "no end"), (Raw(b"data: " + b"x" * 3_000_000), "cannot|no answer")],
)
def test_what_has_no_end_is_cut(step: Step, word: str) -> None:
    _, error, _ = broken(Script([step]))

    assert not error.retryable
    assert any(part in error.message for part in word.split("|"))


def test_a_server_that_is_not_there_is_named_by_its_address() -> None:
    with ScriptedModel() as server:
        url = server.url
    sleeps = Sleeps()
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1"):
        list(OpenAICompatible(Endpoint(url, KEY), limits=QUICK, sleep=sleeps).stream(PROMPT))
    assert len(sleeps.taken) == 2


@pytest.mark.parametrize("key", ["sk-\n12345", "sk-한글"])
def test_a_key_that_cannot_be_sent_is_never_shown(key: str) -> None:
    with ScriptedModel() as server, pytest.raises(ModelUnavailable, match="LIKEOPT_LLM_API_KEY") as raised:
        list(OpenAICompatible(Endpoint(server.url, key), model="m", limits=QUICK).stream(PROMPT))
    assert raised.value.__cause__ is None


def test_nothing_logs_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    broken(Script.error(500, KEY))

    assert KEY not in caplog.text


# --- looking for a model ----------------------------------------------------------------


@pytest.mark.parametrize(("status", "available"), [(200, True), (404, True), (401, False), (500, False)])
def test_available_asks_for_the_list_of_models(status: int, available: bool) -> None:
    with ScriptedModel(listing_status=status) as server:
        assert model_at(server).available() is available


def test_the_status_tells_a_configured_model_that_is_away() -> None:
    from backend.app.config import Settings

    with ScriptedModel() as server:
        url = server.url
    models = LanguageModels(Settings(llm_base_url=url, llm_model="m"), Analyzer())

    assert (models.status().available, models.status().hint_code) == (False, "model_unreachable")
    assert models.current().name == "m", "asked all the same: the chat falls back when it fails"


def test_an_ollama_is_found_and_its_embedding_models_are_not_asked_to_chat() -> None:
    from backend.app.config import Settings

    with ScriptedModel(models=["nomic-embed-text:latest", "bge-m3:latest", "qwen3:8b", "gemma3:4b"]) as server:
        found = LanguageModels(Settings(ollama_url=server.root), Analyzer())
        wanted = LanguageModels(Settings(ollama_url=server.root, llm_model="gemma3:4b"), Analyzer())

        assert (found.current().provider, found.current().name) == ("ollama", "qwen3:8b")
        assert wanted.current().name == "gemma3:4b"
        assert texts(list(found.current().stream(PROMPT))) == "Hello"
        assert found.current() is found.current()
        assert found.status().hint is None


def test_an_ollama_is_looked_for_once_in_half_a_minute() -> None:
    now = [0.0]
    with ScriptedModel(models=["qwen3:8b"]) as server:
        probe = OllamaProbe(server.root, connections=Connections(), clock=lambda: now[0])
        assert [probe.model() for _ in range(3)] == ["qwen3:8b"] * 3
        assert server.listings == 1
        now[0] = 31.0
        server.models = ["gemma3:4b"]
        assert probe.model() == "gemma3:4b"


def test_an_ollama_with_nothing_to_chat_is_none() -> None:
    with ScriptedModel(models=["nomic-embed-text"]) as server:
        assert OllamaProbe(server.root, connections=Connections()).model() is None
    assert OllamaProbe(server.root, connections=Connections()).model() is None, "nor is one that has gone"
    assert json.dumps(server.requests) == "[]"
