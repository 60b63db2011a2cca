from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from backend.app.cli.search import excerpt
from backend.app.domain.accounts import User
from backend.app.domain.search import Hit, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from tests.fakes.things import passage
from tests.unit.cli.conftest import FakeServices, Run

HIT = Hit(passage(7, "여름 휴가는 연 20일입니다.", page=3, heading="휴가\n › 연차"), "취업 규칙", 0.98765432, 1, None)


class FakeSearch:
    def __init__(self, *hits: Hit, degraded: tuple[str, ...] = ()) -> None:
        self.result = SearchResult(hits, degraded, {"total_ms": 1.5})
        self.asked: tuple[Any, ...] = ()

    def search(
        self, user: User, query: str, mode: SearchMode, k: int, collection_ids: Sequence[str] | None
    ) -> SearchResult:
        self.asked = (query, mode, k, collection_ids)
        return self.result


def services(search: Any) -> FakeServices:
    return FakeServices(search=search)


def test_hits_are_shown_with_title_place_and_excerpt(run: Run) -> None:
    search = FakeSearch(HIT)
    result = run(services(search), "search", "휴가")
    assert result.exit_code == 0, result.output
    assert result.stdout == " 1. 취업 규칙  0.988\n    page 3 · 휴가 › 연차\n    여름 휴가는 연 20일입니다.\n"
    assert search.asked == ("휴가", SearchMode.HYBRID, 10, None)


def test_options_reach_the_service(run: Run) -> None:
    search = FakeSearch()
    result = run(services(search), "search", "x", "--mode", "bm25", "-k", "3", "--collection", "업무")
    assert result.stdout == "Nothing was found.\n"
    assert search.asked == ("x", SearchMode.BM25, 3, ["c2"])


def test_json_has_the_shape_of_the_api(run: Run) -> None:
    result = run(services(FakeSearch(HIT)), "search", "휴가", "--json")
    answer = json.loads(result.stdout)
    assert answer["count"] == 1
    assert (answer["degraded"], answer["timings"]) == ([], {"total_ms": 1.5})
    assert answer["data"] == [
        {
            "passage_id": 7,
            "document_id": "d1",
            "title": "취업 규칙",
            "collection_id": "c1",
            "text": "여름 휴가는 연 20일입니다.",
            "page": 3,
            "heading": "휴가\n › 연차",
            "start": 0,
            "end": 16,
            "score": 0.987654,
            "ranks": {"bm25": 1, "vector": None},
        }
    ]
    assert "휴가" in result.stdout, "text is not escaped"


def test_a_hit_is_serialised_as_the_api_does(run: Run) -> None:
    from backend.app.api import serialise

    answer = json.loads(run(services(FakeSearch(HIT)), "search", "휴가", "--json").stdout)
    assert answer["data"] == [serialise.hit(HIT)]


def test_a_branch_that_did_not_answer_is_said_beside_the_data(run: Run) -> None:
    result = run(services(FakeSearch(HIT, degraded=("vector",))), "search", "x", "--json")
    assert result.stderr == "Warning: The vector index did not answer.\n"
    assert json.loads(result.stdout)["degraded"] == ["vector"]


def test_expected_errors_are_sentences(run: Run) -> None:
    def search(*arguments: Any) -> SearchResult:
        raise SearchUnavailable

    result = run(services(SimpleNamespace(search=search)), "search", "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: Neither search index is answering. Try again in a moment.\n"


def test_a_collection_that_is_not_there_is_answered_with_those_that_are(run: Run) -> None:
    result = run(services(FakeSearch()), "search", "x", "--collection", "Other")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no collection “Other”. There are: “Documents”, “업무”.\n"


@pytest.mark.parametrize("arguments", [("search",), ("search", "x", "-k", "0"), ("search", "x", "--mode", "magic")])
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(services(FakeSearch()), *arguments).exit_code == 2


def test_an_excerpt_begins_a_little_before_the_longest_word_that_it_holds() -> None:
    text = "word " * 100 + "the generator burns diesel"
    found = excerpt(text, "of generator")
    assert found.startswith("… word")
    assert "the generator burns diesel" in found[:120]
    assert excerpt("generator first " + text, "generator").startswith("generator first")
    assert excerpt(text, "nothing there") == text


def test_a_korean_noun_is_found_under_another_particle() -> None:
    text = "다른 이야기가 이어집니다. " * 20 + "휴가는 이십 일입니다."
    assert "휴가는" in excerpt(text, "휴가를 며칠")[:100]
