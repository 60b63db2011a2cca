from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.services.retrieval.reranking import RerankingRetriever
from tests.fakes.metrics import CountingMetrics
from tests.fakes.things import collection, passage


class Finder:
    """Finds passages 1, 2, 3, ... with falling scores."""

    def __init__(self, count: int) -> None:
        self.hits = tuple(Hit(passage(n), "Title", 1 / n, n, None) for n in range(1, count + 1))
        self.asked: list[tuple[SearchMode, int]] = []

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        self.asked.append((mode, k))
        return SearchResult(self.hits[:k], (), {"total_ms": 5.0})


class Judge:
    def __init__(self, *scores: float) -> None:
        self.answer = list(scores)
        self.asked: list[list[str]] = []
        self.fails: Exception | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        self.asked.append(list(texts))
        if self.fails is not None:
            raise self.fails
        return self.answer[: len(texts)]


class Stage:
    def __init__(self, found: int, *scores: float, weight: float = 1.0) -> None:
        self.finder, self.judge, self.metrics = Finder(found), Judge(*scores), CountingMetrics()
        self.retriever = RerankingRetriever(self.finder, self.judge, self.metrics, candidates=3, weight=weight)

    def search(self, k: int = 10, mode: SearchMode = SearchMode.HYBRID) -> SearchResult:
        return self.retriever.search("question", [collection()], mode, k)


def ids(result: SearchResult) -> list[int]:
    return [hit.passage.id for hit in result.hits]


def test_the_best_are_ordered_anew_and_the_others_follow() -> None:
    on = Stage(5, -4.0, 9.0, 0.5)
    result = on.search()
    assert ids(result) == [2, 3, 1, 4, 5]
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert on.judge.asked == [["Title\npassage 1", "Title\npassage 2", "Title\npassage 3"]]
    assert set(result.timings) == {"rerank_ms", "total_ms"}
    assert result.timings["total_ms"] == pytest.approx(5.0 + result.timings["rerank_ms"])


def test_a_lower_passage_comes_up_to_few_places() -> None:
    on = Stage(5, 0.1, 0.2, 0.9)
    assert ids(on.search(k=1)) == [3]
    assert on.finder.asked == [(SearchMode.HYBRID, 3)]
    assert ids(on.search(k=4)) == [3, 2, 1, 4]


def test_both_orders_count_by_their_weight() -> None:
    # Found with 1, 1/2 and 1/3, which are 1, 1/4 and 0 of their range.
    assert ids(Stage(3, 0.0, 10.0, 6.0, weight=0.5).search()) == [2, 1, 3]
    assert ids(Stage(3, 0.0, 10.0, 6.0, weight=0.3).search()) == [1, 2, 3]
    assert ids(Stage(3, 0.0, 10.0, 6.0, weight=0.9).search()) == [2, 3, 1]
    scores = [hit.score for hit in Stage(3, 0.0, 10.0, 6.0, weight=0.5).search().hits]
    assert scores == pytest.approx([0.625, 0.5, 0.3])


def test_what_was_looked_at_stays_above_the_rest() -> None:
    scores = {hit.passage.id: hit.score for hit in Stage(5, -4.0, 9.0, 0.5, weight=0.5).search().hits}
    assert min(scores[1], scores[2], scores[3]) >= scores[4] > scores[5]


def test_equal_scores_keep_their_order() -> None:
    assert ids(Stage(3, 0.5, 0.5, 0.5).search()) == [1, 2, 3]


def test_without_an_answer_the_order_stays_and_is_marked() -> None:
    on = Stage(5)
    on.judge.fails = SearchUnavailable("away")
    result = on.search(k=2)
    assert (ids(result), result.degraded, on.metrics.degraded) == ([1, 2], ("rerank",), {"rerank": 1})
    on.finder.search = lambda *_, **__: replace(result, degraded=("vector",))  # type: ignore[method-assign]
    assert on.search().degraded == ("vector", "rerank")


@pytest.mark.parametrize("mode", [SearchMode.BM25, SearchMode.VECTOR])
def test_one_branch_alone_is_shown_as_it_is(mode: SearchMode) -> None:
    on = Stage(5, 0.1, 0.2, 0.9)
    assert ids(on.search(mode=mode)) == [1, 2, 3, 4, 5]
    assert on.judge.asked == []


@pytest.mark.parametrize("found", [0, 1])
def test_nothing_is_asked_where_there_is_nothing_to_order(found: int) -> None:
    on = Stage(found)
    assert len(on.search().hits) == found
    assert on.judge.asked == []
