"""The embedder over HTTP, against a scripted endpoint on a real socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from backend.app.config import Secret
from backend.app.errors import ConfigError, EmbedderUnavailable, SearchUnavailable
from backend.app.services.embedding import registry
from backend.app.services.embedding.openai_compatible import OpenAICompatibleEmbedder
from tests.fakes.scripted_endpoint import DIMENSIONS, Reply, ScriptedEndpoint, embeddings, vector_of

KEY = "sk-very-secret"


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def paused() -> list[float]:
    return []


@pytest.fixture
def embedder(server: ScriptedEndpoint, paused: list[float]) -> OpenAICompatibleEmbedder:
    return OpenAICompatibleEmbedder(server.url, "some/model", KEY, sleep=paused.append)


def asked(server: ScriptedEndpoint) -> list[list[str]]:
    return [request["input"] for _, request in server.requests]


def test_vectors_are_unit_vectors_in_the_order_of_the_texts(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder
) -> None:
    vectors = embedder.embed_passages(["bread and dough", "a lighthouse", "등대지기"])
    expected = np.array([vector_of(text) for text in ("bread and dough", "a lighthouse", "등대지기")])
    assert vectors == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-6)
    assert vectors.dtype == np.float32
    assert server.requests[0][0] == "/v1/embeddings"
    assert server.requests[0][1]["model"] == "some/model"
    assert server.keys == [f"Bearer {KEY}"]


def test_dimensions_are_learnt_from_the_first_answer(embedder: OpenAICompatibleEmbedder) -> None:
    assert embedder.dimensions == 0
    embedder.embed_queries(["a question"])
    assert embedder.dimensions == DIMENSIONS


def test_a_model_that_changed_its_dimensions_is_refused(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder
) -> None:
    embedder.embed_queries(["a question"])
    server.answer = lambda request: embeddings(request, dimensions=8)
    with pytest.raises(EmbedderUnavailable, match="8 instead of 64"):
        embedder.embed_queries(["a question"])


def test_the_name_is_the_models_wherever_it_is_served(server: ScriptedEndpoint) -> None:
    here = registry.create("openai", served=registry.Served(server.url, "m", Secret(KEY)))
    there = registry.create("openai", served=registry.Served("http://127.0.0.1:9", "m"))
    other = registry.create("openai:another", served=registry.Served(server.url, "m"))
    assert here.name == there.name == "openai:m"
    assert other.name == "openai:another"


@pytest.mark.parametrize("served", [registry.Served(), registry.Served("http://127.0.0.1:9", "")])
def test_a_missing_address_or_model_is_told_at_once(served: registry.Served) -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_EMBEDDING_MODEL"):
        registry.create("openai", served=served)


def test_an_address_that_is_none_is_told_with_its_own_setting() -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_EMBEDDING_BASE_URL"):
        registry.create("openai", served=registry.Served("ftp://x", "m"))


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "LIKEOPT_EMBEDDING_API_KEY"), (404, "LIKEOPT_EMBEDDING_MODEL"), (418, "status 418"), (302, "status 302")],
)
def test_a_refusal_says_what_to_do_and_is_not_tried_again(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder, paused: list[float], status: int, told: str
) -> None:
    server.answer = lambda request: Reply(status, {"error": {"message": f"no {KEY}"}})
    with pytest.raises(EmbedderUnavailable, match=told) as caught:
        embedder.embed_passages(["text"])
    assert KEY not in str(caught.value)
    assert (len(server.requests), paused) == (1, [])


def test_passages_are_tried_again_after_a_pause(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder, paused: list[float]
) -> None:
    server.replies = [Reply(429, {}, {"Retry-After": "2"}), Reply(503, {})]
    assert embedder.embed_passages(["text"]).shape == (1, DIMENSIONS)
    assert paused == [2.0, 3.0]


def test_a_question_does_not_wait_for_a_new_attempt(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder, paused: list[float]
) -> None:
    server.replies = [Reply(503, {})]
    with pytest.raises(EmbedderUnavailable, match="503"):
        embedder.embed_queries(["question"])
    assert paused == []


def test_a_server_that_is_away_is_named_without_the_key(paused: list[float]) -> None:
    embedder = OpenAICompatibleEmbedder("http://user:pw@127.0.0.1:9/v1", "m", KEY, sleep=paused.append)
    with pytest.raises(SearchUnavailable, match=r"http://127\.0\.0\.1:9 does not answer") as caught:
        embedder.embed_passages(["text"])
    assert caught.value.error_code == "EMBEDDER_UNAVAILABLE"
    assert "pw" not in caught.value.message
    assert len(paused) == 2
    with pytest.raises(EmbedderUnavailable):
        embedder.check()


def test_a_batch_or_text_that_is_too_much_is_halved(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder
) -> None:
    def picky(request: Mapping[str, Any]) -> Reply:
        if len(request["input"]) > 2:
            return Reply(422, {"error": "batch size 4 > maximum allowed batch size 2"})
        if any(len(text) > 1000 for text in request["input"]):
            return Reply(500, {"error": {"message": "input is too large to process: 1500 tokens"}})
        return embeddings(request)

    server.answer = picky
    vectors = embedder.embed_passages(["one", "two", "three", "word " * 500])
    assert vectors.shape == (4, DIMENSIONS)
    assert [len(texts) for texts in asked(server)] == [4, 2, 2, 1, 1, 1, 1]
    assert len(asked(server)[-1][0]) == 625


def test_a_short_text_that_is_refused_ends_it(server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder) -> None:
    server.answer = lambda request: Reply(400, {"error": {"message": "no context length is enough"}})
    with pytest.raises(EmbedderUnavailable, match="no context length is enough"):
        embedder.embed_passages(["short", "texts"])


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", b"[]", {"data": []}, {"data": [{"embedding": [], "index": 0}]}, {"data": [{"embedding": ["x"]}]},
        {"data": [{"embedding": [1.0], "index": 0}, {"embedding": [1.0, 2.0], "index": 1}]},
        b'{"data": [{"embedding": [1e400], "index": 0}]}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_rubbish_is_told_as_such(server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder, body: object) -> None:
    server.answer = lambda request: Reply(200, body)
    with pytest.raises(EmbedderUnavailable, match="answered"):
        embedder.embed_queries(["question"])


def test_blank_broken_and_giant_texts_are_sent_as_what_a_server_takes(
    server: ScriptedEndpoint, embedder: OpenAICompatibleEmbedder
) -> None:
    assert embedder.embed_passages([]).shape == (0, 0)
    embedder.embed_passages(["", "\n", "\ud800", "x" * 9000])
    assert asked(server) == [[".", ".", "?", "x" * 4000]]


def test_a_key_that_cannot_be_sent_is_not_shown(server: ScriptedEndpoint) -> None:
    embedder = OpenAICompatibleEmbedder(server.url, "m", "sécret\n")
    with pytest.raises(EmbedderUnavailable, match="LIKEOPT_EMBEDDING_API_KEY") as caught:
        embedder.embed_queries(["question"])
    assert "cret" not in str(caught.value)
