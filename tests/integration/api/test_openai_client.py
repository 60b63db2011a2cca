"""OpenAI's own client asks a running server: what its users may rely on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.fakes.scripted_model import Cut, Endless, Script, ScriptedModel, WaitFor, spoken
from tests.services.client import Client
from tests.services.likeopt import Server

FERRY = "The ferry to Oakhaven leaves the northern pier at seven in the morning."
BREAD = "Bread is baked in the yellow house at five."
QUESTION = {"role": "user", "content": "When does the ferry leave?"}
SAID = "The ferry leaves at seven in the morning [1]."
NO_WAIT = {"max_retries": 0, "timeout": 60.0}


@dataclass
class Library:
    """A person with two collections of one document each, and what a program needs to ask about them."""

    url: str
    person: Client
    bread: str
    key: str

    def made_key(self, *scopes: str, **fields: Any) -> str:
        key: str = self.person.data("POST", "/keys", json={"name": "openai", "scopes": scopes, **fields})["key"]
        return key

    def client(self, key: str = "", **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key or self.key, **{**NO_WAIT, **options})


@pytest.fixture(scope="module")
def library(gunicorn: Server) -> Iterator[Library]:
    person = Client(gunicorn.url)
    person.register("openai@example.com")
    _, made = person.call("POST", "/collections", json={"name": "빵 Bread"})
    found = Library(gunicorn.url, person, made["data"]["id"], "")
    for name, text, collection in (("ferry.txt", FERRY, ""), ("bread.txt", BREAD, found.bread)):
        person.data("POST", "/documents", fields=[("collection_id", collection), ("files", (name, text.encode()))])
    person.indexed()
    found.key = found.made_key("ask")
    yield found
    person.close()


@pytest.fixture
def client(library: Library, model: ScriptedModel) -> Iterator[openai.OpenAI]:
    model.scripts = [Script.answer("The ferry leaves at seven ", "in the morning [1].")]
    model.requests.clear()
    with library.client() as client:
        yield client


def ask(client: openai.OpenAI, *messages: dict[str, Any], **options: Any) -> ChatCompletion:
    # A temperature of its own: no answer that was given before is given again.
    whole = {"model": "like-opt", "temperature": 0.5, **options}
    answer: ChatCompletion = client.chat.completions.create(messages=list(messages or (QUESTION,)), **whole)
    return answer


def stream(client: openai.OpenAI, **options: Any) -> list[ChatCompletionChunk]:
    whole = {"model": "like-opt", "temperature": 0.5, "messages": [QUESTION], **options}
    return list(client.chat.completions.create(stream=True, **whole))


# --- answers ----------------------------------------------------------------------------------


def test_an_answer_carries_its_citations_and_their_sources(client: openai.OpenAI) -> None:
    answer = ask(client)
    assert (answer.object, answer.model, len(answer.choices)) == ("chat.completion", "like-opt", 1)
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.role, choice.message.content) == ("stop", "assistant", SAID)
    assert answer.id.startswith("chatcmpl-")
    (citation,) = choice.message.citations  # type: ignore[attr-defined]  # ours
    source = next(one for one in choice.message.sources if one["n"] == citation["n"])  # type: ignore[attr-defined]
    assert source["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert "seven in the morning" in citation["quote"]
    assert source["title"] == "ferry"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (7, 2, 9)
    assert answer.like_opt["model"] == "scripted-1"  # type: ignore[attr-defined]


def test_a_stream_brings_the_same_in_chunks(client: openai.OpenAI) -> None:
    chunks = stream(client)
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    first, last = chunks[0].choices[0], chunks[-1].choices[0]
    assert (first.delta.role, first.finish_reason) == ("assistant", None)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == SAID
    assert last.finish_reason == "stop"
    (citation,) = last.delta.citations  # type: ignore[attr-defined]
    assert citation["n"] in {source["n"] for source in last.delta.sources}  # type: ignore[attr-defined]
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_comes_last_where_it_is_asked_for(client: openai.OpenAI) -> None:
    *chunks, last = stream(client, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.total_tokens == 9
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_words_arrive_while_the_model_still_speaks(client: openai.OpenAI, model: ScriptedModel) -> None:
    go_on = threading.Event()
    model.scripts = [Script([spoken("The first word"), WaitFor(go_on), spoken(" and the last.")])]
    events = client.chat.completions.create(model="like-opt", messages=[QUESTION], stream=True, temperature=0.5)  # type: ignore[call-overload]
    text = ""
    for chunk in events:
        text += chunk.choices[0].delta.content or ""
        if text == "The first word":
            go_on.set()
    assert text == "The first word and the last."


def test_a_program_that_stops_reading_stops_the_model(client: openai.OpenAI, model: ScriptedModel) -> None:
    model.scripts = [Script([spoken("What had arrived"), Endless(spoken(" and more").data, 0.02)])]
    model.disconnected.clear()
    with client.chat.completions.create(  # type: ignore[call-overload]
        model="like-opt", messages=[QUESTION], stream=True, temperature=0.5
    ) as events:
        for chunk in events:
            if chunk.choices[0].delta.content:
                break
    assert model.disconnected.wait(60)


def test_the_asynchronous_client_is_answered_too(library: Library, client: openai.OpenAI) -> None:
    async def both() -> tuple[str, str]:
        async with openai.AsyncOpenAI(base_url=f"{library.url}/v1", api_key=library.key, **NO_WAIT) as other:
            whole = await other.chat.completions.create(model="like-opt", messages=[QUESTION], temperature=0.5)  # type: ignore[list-item]
            text = ""
            async for chunk in await other.chat.completions.create(  # type: ignore[call-overload]
                model="like-opt", messages=[QUESTION], temperature=0.5, stream=True
            ):
                text += chunk.choices[0].delta.content or ""
            return whole.choices[0].message.content or "", text

    assert asyncio.run(both()) == (SAID, SAID)


# --- what the model is given ------------------------------------------------------------------


def test_the_conversation_so_far_and_the_programs_wishes_reach_the_model(
    client: openai.OpenAI, model: ScriptedModel
) -> None:
    parts = [{"type": "text", "text": "And where"}, {"type": "text", "text": "does it leave?"}]
    ask(
        client,
        {"role": "system", "content": "Answer like a pirate."},
        {"role": "developer", "content": "Be brief."},
        QUESTION,
        {"role": "assistant", "content": "At seven."},
        {"role": "user", "content": parts},
        temperature=0.75,
        top_p=0.5,
        max_tokens=33,
        stop=["END"],
    )
    (sent,) = model.requests
    system, *history, question = sent["messages"]
    assert "Use only what the sources say" in system["content"]
    assert system["content"].endswith("Answer like a pirate.\n\nBe brief.")
    assert history == [QUESTION, {"role": "assistant", "content": "At seven."}]
    assert "And where\ndoes it leave?" in question["content"]
    assert FERRY in question["content"]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"], sent["stop"]) == (0.75, 0.5, 33, ["END"])


def test_an_answer_that_was_bounded_says_so(client: openai.OpenAI, model: ScriptedModel) -> None:
    model.scripts = [Script.answer("The ferry", finish="length")]
    assert ask(client, max_completion_tokens=2).choices[0].finish_reason == "length"
    assert stream(client, max_tokens=2)[-1].choices[0].finish_reason == "length"


def test_nothing_of_it_is_stored_as_a_conversation(library: Library, client: openai.OpenAI) -> None:
    ask(client)
    assert library.person.call("GET", "/conversations")[1]["count"] == 0


def test_a_model_that_does_not_count_its_tokens_is_estimated(client: openai.OpenAI, model: ScriptedModel) -> None:
    model.scripts = [Script.answer("The ferry leaves [1].", usage=False)]
    usage = ask(client).usage
    assert usage is not None
    assert usage.prompt_tokens > 10
    assert usage.completion_tokens > 3


def test_parameters_that_change_no_answer_are_passed_over(client: openai.OpenAI) -> None:
    answer = ask(client, seed=1, user="me", presence_penalty=0.5, store=False, extra_body={"unheard_of": 1}, n=1)
    assert answer.choices[0].message.content == SAID


# --- models -----------------------------------------------------------------------------------


def test_there_is_a_model_for_everything_and_one_for_each_collection(client: openai.OpenAI) -> None:
    models = client.models.list().data
    assert [model.id for model in models] == ["like-opt", "like-opt/Documents", "like-opt/빵 Bread"]
    assert {model.object for model in models} == {"model"}
    for model in models:
        assert client.models.retrieve(model.id) == model


@pytest.mark.parametrize("name", ["like-opt/빵 Bread", "by id"])
def test_a_collections_model_searches_that_alone(library: Library, client: openai.OpenAI, name: str) -> None:
    answer = ask(client, model=name if name != "by id" else f"like-opt/{library.bread}")
    assert {source["title"] for source in answer.choices[0].message.sources} == {"bread"}  # type: ignore[attr-defined]


def test_a_key_for_one_collection_has_the_models_of_that_alone(library: Library, client: openai.OpenAI) -> None:
    with library.client(library.made_key("ask", collection_ids=[library.bread])) as bound:
        assert [model.id for model in bound.models.list()] == ["like-opt", "like-opt/빵 Bread"]
        assert {source["title"] for source in ask(bound).choices[0].message.sources} == {"bread"}  # type: ignore[attr-defined]
        with pytest.raises(openai.NotFoundError):
            ask(bound, model="like-opt/Documents")


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["lo_" + "x" * 43, "sk-something-else"])
def test_a_wrong_key_is_an_authentication_error(library: Library, key: str) -> None:
    with library.client(key) as wrong, pytest.raises(openai.AuthenticationError) as raised:
        ask(wrong)
    assert (raised.value.code, raised.value.type) == ("invalid_api_key", "authentication_error")
    assert raised.value.request_id
    assert key not in str(raised.value)


def test_a_key_that_may_only_read_is_not_permitted_to_ask(library: Library) -> None:
    with library.client(library.made_key("read")) as reading, pytest.raises(openai.PermissionDeniedError) as raised:
        ask(reading)
    assert raised.value.code == "key_may_not"
    assert "`ask`" in raised.value.message


def test_a_model_that_is_not_there_is_not_found(client: openai.OpenAI) -> None:
    for name in ("gpt-4o", "like-opt/", "like-opt/Nowhere", "other/Documents"):
        with pytest.raises(openai.NotFoundError) as raised:
            ask(client, model=name)
        assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


@pytest.mark.parametrize(
    ("options", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"modalities": ["audio"]}, "modalities", "unsupported_parameter"),
        ({"temperature": 9}, "temperature", "invalid_request"),
        ({"max_tokens": 0}, "max_tokens", "invalid_request"),
        ({"messages": []}, "messages", "invalid_request"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role", "invalid_request"),
        ({"messages": [QUESTION, {"role": "assistant", "content": "x"}]}, "messages", "invalid_request"),
        ({"messages": [{"role": "user", "content": "  "}]}, "messages", "invalid_request"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages", "unsupported_parameter"),
        ({"messages": [QUESTION, {"role": "tool", "content": "x", "tool_call_id": "t"}]}, "messages", "unsupported_parameter"),
        ({"messages": [{"role": "user", "content": "x" * 9000}]}, None, "invalid_request"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_the_parameters_name(
    client: openai.OpenAI, model: ScriptedModel, options: dict[str, Any], param: str | None, code: str
) -> None:
    for streams in (False, True):
        whole = {"model": "like-opt", "messages": [QUESTION], "stream": streams, **options}
        with pytest.raises(openai.BadRequestError) as raised:
            client.chat.completions.create(**whole)
        assert (raised.value.param, raised.value.code) == (param, code)
        assert raised.value.type == "invalid_request_error"
    assert model.requests == []


def test_a_model_that_breaks_off_is_an_error_in_a_stream_and_without(
    client: openai.OpenAI, model: ScriptedModel
) -> None:
    model.scripts = [Script([spoken("The ferry"), Cut()])]
    with pytest.raises(openai.InternalServerError) as raised:
        ask(client)
    assert raised.value.code == "model_unavailable"
    chunks = client.chat.completions.create(model="like-opt", messages=[QUESTION], stream=True, temperature=0.5)  # type: ignore[call-overload]
    arrived: list[str | None] = []
    with pytest.raises(openai.APIError) as broken:
        arrived.extend(chunk.choices[0].delta.content for chunk in chunks)
    assert broken.value.code == "model_unavailable"


def test_an_address_that_is_none_is_told_in_the_same_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.embeddings.create(model="like-opt", input="x")
    assert raised.value.code == "not_found"
    with pytest.raises(openai.APIStatusError) as refused:
        client.post("/models", cast_to=object)
    assert (refused.value.status_code, refused.value.code) == (405, "method_not_allowed")


def test_a_suspended_or_revoked_program_is_refused_at_once(library: Library) -> None:
    key = library.made_key("ask")
    with library.client(key) as revoked:
        assert revoked.models.list().data
        (listed, *_) = library.person.call("GET", "/keys")[1]["data"]
        library.person.call("DELETE", f"/keys/{listed['id']}")
        for _ in range(6):  # whichever worker answers
            with pytest.raises(openai.AuthenticationError):
                revoked.models.list()
