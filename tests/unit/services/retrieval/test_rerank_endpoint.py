"""The reranker over HTTP, against a scripted endpoint on a real socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from backend.app.errors import ConfigError, SearchUnavailable
from backend.app.services.retrieval.rerank_endpoint import RerankEndpoint
from tests.fakes.scripted_endpoint import Reply, ScriptedEndpoint

KEY = "sk-very-secret"
TEXTS = ["bread", "lamp", "sails"]


def cohere(request: Mapping[str, Any]) -> Reply:
    """Answer as llama.cpp, Jina and Cohere do: the best first."""
    if "documents" not in request:
        return Reply(400, {"error": {"message": '"documents" must be provided'}})
    scores = {"bread": 0.1, "lamp": 7.5, "sails": -3.0}
    ranked = [{"index": n, "relevance_score": scores[text]} for n, text in enumerate(request["documents"])]
    return Reply(body={"model": "m", "results": sorted(ranked, key=lambda item: -item["relevance_score"])})


def tei(request: Mapping[str, Any]) -> Reply:
    """Answer as Text Embeddings Inference does."""
    if "texts" not in request:
        return Reply(422, b"Failed to deserialize the JSON body: missing field `texts` at line 1")
    return Reply(body=[{"index": n, "score": 0.5 + n / 10} for n in reversed(range(len(request["texts"])))])


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint(cohere) as endpoint:
        yield endpoint


@pytest.mark.parametrize("ending", ["", "/", "/rerank", "/rerank/"])
def test_scores_come_in_the_order_of_the_texts(server: ScriptedEndpoint, ending: str) -> None:
    reranker = RerankEndpoint(server.url + ending, "m", KEY)
    assert reranker.scores("light", TEXTS) == [0.1, 7.5, -3.0]
    ((path, request),) = server.requests
    assert path == "/v1/rerank"
    assert request == {"query": "light", "documents": TEXTS, "top_n": 3, "model": "m"}
    assert server.keys == [f"Bearer {KEY}"]


def test_a_server_that_wants_texts_is_asked_so_from_then_on(server: ScriptedEndpoint) -> None:
    server.answer = tei
    reranker = RerankEndpoint(server.url.removesuffix("/v1"))
    for _ in range(2):
        assert reranker.scores("light", TEXTS) == [0.5, 0.6, 0.7]
    assert [sorted(request) for _, request in server.requests] == [
        ["documents", "query", "top_n"],
        ["query", "texts", "truncate"],
        ["query", "texts", "truncate"],
    ]
    assert {path for path, _ in server.requests} == {"/rerank"}


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_refusal_is_told_without_the_key(server: ScriptedEndpoint, status: int) -> None:
    server.answer = lambda request: Reply(status, {"error": {"message": f"no {KEY}"}})
    with pytest.raises(SearchUnavailable, match=f"status {status}") as caught:
        RerankEndpoint(server.url, key=KEY).scores("light", TEXTS)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", {}, {"results": []}, [], {"results": [{"index": 0, "relevance_score": 1.0}]},
        {"results": [{"index": n, "relevance_score": None} for n in range(3)]}, [{"index": n} for n in range(3)],
        {"results": [{"index": n + 1, "relevance_score": 1.0} for n in range(3)]}, b"[" * 100_000,
    ],
)  # fmt: skip
def test_rubbish_is_told_as_such(server: ScriptedEndpoint, body: object) -> None:
    server.answer = lambda request: Reply(200, body)
    with pytest.raises(SearchUnavailable, match=r"answered what is no ranking|ranked other texts"):
        RerankEndpoint(server.url).scores("light", TEXTS)


def test_one_that_is_away_is_named() -> None:
    with pytest.raises(SearchUnavailable, match=r"http://127\.0\.0\.1:9 does not answer"):
        RerankEndpoint("http://127.0.0.1:9/v1").scores("light", TEXTS)


def test_long_and_broken_texts_are_sent_as_what_a_server_takes(server: ScriptedEndpoint) -> None:
    server.answer = lambda request: Reply(body={"results": [{"index": 0, "score": 1}, {"index": 1, "score": 2}]})
    assert RerankEndpoint(server.url).scores("light", ["x" * 9000, "\ud800"]) == [1, 2]
    assert server.requests[0][1]["documents"] == ["x" * 4000, "?"]


def test_an_address_that_is_none_is_told_with_its_own_setting() -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_RERANK_URL"):
        RerankEndpoint("ftp://x/rerank")


def test_a_key_that_cannot_be_sent_is_not_shown(server: ScriptedEndpoint) -> None:
    with pytest.raises(SearchUnavailable, match="LIKEOPT_RERANK_API_KEY") as caught:
        RerankEndpoint(server.url, key="sécret\n").scores("light", TEXTS)
    assert "cret" not in str(caught.value)
