from __future__ import annotations

import threading
from typing import Any

import pytest

from backend.app.concurrency import NativePool
from backend.app.domain.documents import Collection, Passage
from backend.app.domain.search import ScoredId, SearchMode
from backend.app.errors import SearchUnavailable
from backend.app.services.embedding.base import Embedder, Vectors
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.hybrid import HybridRetriever
from tests.fakes.indexes import FakeEmbedder, FakeLexical, FakePassages, FakeVectors, one_space
from tests.fakes.metrics import CountingMetrics
from tests.fakes.things import collection, passage

PATIENCE = 20.0


class Stage:
    """A retriever with everything around it."""

    def __init__(self, *passages: Passage, **changes: Any) -> None:
        self.lexical, self.vectors, self.passages = FakeLexical(), FakeVectors(), FakePassages(*passages)
        self.embedder, self.metrics = FakeEmbedder(), CountingMetrics()
        self.retriever = HybridRetriever(
            lexical=self.lexical,
            spaces=one_space(self.embedder, self.vectors),
            passages=self.passages,
            queries=self,
            analyzer=Analyzer(),
            pool=NativePool(2),
            metrics=self.metrics,
            **{"branch_timeout": PATIENCE, "vector_weight": 0.5, **changes},
        )

    def of(self, query: str, embedder: Embedder) -> Vectors:
        return embedder.embed_queries([query])[0]

    def find(self, words: list[int], meaning: list[int], collection_id: str = "c1") -> None:
        """Let both branches find these passages, best first."""
        for index, found in ((self.lexical, words), (self.vectors, meaning)):
            index.found[collection_id] = [ScoredId(id_, 10.0 - place) for place, id_ in enumerate(found)]

    def ids(self, *collections: Collection, k: int = 10, mode: SearchMode = SearchMode.HYBRID) -> list[int]:
        result = self.retriever.search("a question", collections or [collection()], mode, k)
        return [hit.passage.id for hit in result.hits]


def stage(count: int = 5, **changes: Any) -> Stage:
    return Stage(*[passage(n) for n in range(1, count + 1)], **changes)


def test_hits_are_fused_and_carry_their_passages_titles_and_ranks() -> None:
    on = stage()
    on.find(words=[1, 2], meaning=[2, 3])
    result = on.retriever.search("a question", [collection()], k=2)
    assert [(hit.passage.id, hit.document_title) for hit in result.hits] == [(1, "Title of d1"), (2, "Title of d1")]
    assert [(hit.bm25_rank, hit.vector_rank) for hit in result.hits] == [(1, None), (2, 1)]
    assert result.degraded == ()


def test_the_branches_are_given_the_query_in_their_own_form() -> None:
    on = stage(candidates=7)
    on.ids(collection(version=42), k=5)
    assert on.lexical.asked == [("c1", 42, ("question",), 7)]
    assert on.embedder.embedded == ["a question"]
    assert [(asked[0], asked[2]) for asked in on.vectors.asked] == [("c1", 7)]


def test_as_many_candidates_are_asked_for_as_hits_are_wanted() -> None:
    on = stage(candidates=3)
    on.ids(k=9)
    assert on.lexical.asked[0][3] == 9


def test_both_branches_are_asked_at_the_same_time() -> None:
    on = stage()
    both = threading.Barrier(2, timeout=PATIENCE)
    on.lexical.before = on.vectors.before = lambda action, collection_id: both.wait()
    on.find(words=[1], meaning=[2])
    assert sorted(on.ids()) == [1, 2]


def test_all_collections_are_asked_for_vectors_at_the_same_time_and_merged_by_score() -> None:
    on = Stage(passage(1), passage(2, collection_id="c2"), passage(3, collection_id="c3"))
    every = threading.Barrier(3, timeout=PATIENCE)
    on.vectors.before = lambda action, collection_id: every.wait()
    for number, score in ((1, 0.2), (2, 0.9), (3, 0.5)):
        on.vectors.found[f"c{number}"] = [ScoredId(number, score)]
    collections = [collection(f"c{n}") for n in (1, 2, 3)]
    assert on.ids(*collections, mode=SearchMode.VECTOR) == [2, 3, 1]


def test_words_of_several_collections_are_merged_by_score_up_to_the_depth() -> None:
    on = Stage(passage(1), passage(2), passage(3, collection_id="c2"), passage(4, collection_id="c2"), candidates=3)
    on.lexical.found = {"c1": [ScoredId(1, 4.0), ScoredId(2, 1.0)], "c2": [ScoredId(3, 3.0), ScoredId(4, 2.0)]}
    found = on.retriever.search("q", [collection("c1"), collection("c2")], SearchMode.BM25, 3)
    assert [(hit.passage.id, hit.bm25_rank) for hit in found.hits] == [(1, 1), (3, 2), (4, 3)]


@pytest.mark.parametrize("lost", ["bm25", "vector"])
@pytest.mark.parametrize("error", [SearchUnavailable("away"), TimeoutError()])
def test_a_branch_that_is_away_leaves_the_other_and_is_named(lost: str, error: Exception) -> None:
    on = stage()
    on.find(words=[1], meaning=[2])
    (on.lexical if lost == "bm25" else on.vectors).fails = error
    result = on.retriever.search("a question", [collection()])
    assert [hit.passage.id for hit in result.hits] == [2 if lost == "bm25" else 1]
    assert result.hits[0].score == 1.0, "the other branch counts whole"
    assert result.degraded == (lost,)
    assert on.metrics.degraded == {lost: 1}


@pytest.mark.parametrize("lost", ["bm25", "vector"])
def test_a_branch_that_is_late_is_given_up(lost: str) -> None:
    on = stage(branch_timeout=0.1)
    on.find(words=[1], meaning=[2])
    release, threads = threading.Event(), set(threading.enumerate())
    (on.lexical if lost == "bm25" else on.vectors).before = lambda *_: release.wait(PATIENCE)
    result = on.retriever.search("a question", [collection()])
    timings = dict(result.timings)
    release.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
    assert [hit.passage.id for hit in result.hits] == [2 if lost == "bm25" else 1]
    assert result.degraded == (lost,)
    assert f"{lost}_ms" not in timings
    assert result.timings == timings, "what comes late changes nothing any more"


def test_one_collections_vectors_away_lose_the_branch_not_the_search() -> None:
    on = Stage(passage(1), passage(2, collection_id="c2"))
    on.lexical.found = {"c1": [ScoredId(1, 1.0)]}
    on.vectors.found = {"c2": [ScoredId(2, 1.0)]}
    on.vectors.fails_for = {"c1": SearchUnavailable()}
    result = on.retriever.search("q", [collection("c1"), collection("c2")])
    assert [hit.passage.id for hit in result.hits] == [1]
    assert result.degraded == ("vector",)


def test_both_branches_away_is_an_error_with_its_cause() -> None:
    on = stage()
    on.lexical.fails = on.vectors.fails = SearchUnavailable("the words are away")
    with pytest.raises(SearchUnavailable) as caught:
        on.ids()
    assert str(caught.value.__cause__) == "the words are away"
    assert on.metrics.degraded == {"bm25": 1, "vector": 1}


@pytest.mark.parametrize("mode", [SearchMode.BM25, SearchMode.VECTOR])
def test_the_only_branch_away_is_an_error(mode: SearchMode) -> None:
    on = stage()
    (on.lexical if mode is SearchMode.BM25 else on.vectors).fails = SearchUnavailable()
    with pytest.raises(SearchUnavailable):
        on.ids(mode=mode)


def test_one_branch_alone_never_asks_the_other() -> None:
    on = stage()
    on.lexical.fails = AssertionError("not to be asked")
    on.find(words=[], meaning=[3])
    assert on.ids(mode=SearchMode.VECTOR) == [3]
    on.lexical.fails, on.vectors.fails = None, AssertionError("not to be asked")
    on.embedder.fails = AssertionError("not to be asked")
    on.find(words=[4], meaning=[])
    assert on.ids(mode=SearchMode.BM25) == [4]


@pytest.mark.parametrize("where", ["lexical", "vectors", "embedder"])
def test_a_defect_is_not_taken_for_an_absence(where: str) -> None:
    on = stage()
    getattr(on, where).fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        on.ids()
    assert on.metrics.degraded == {}


def test_hidden_passages_are_never_shown_and_further_candidates_take_their_places() -> None:
    on = Stage(*[passage(n) for n in range(40, 61)])  # 1 to 39 were deleted, their entries are still there
    on.find(words=list(range(1, 61)), meaning=[])
    assert on.ids(k=5, mode=SearchMode.BM25) == [40, 41, 42, 43, 44]
    assert [len(batch) for batch in on.passages.asked] == [5, 15, 15, 15], "no more is looked up than is needed"


def test_passages_of_other_collections_are_never_shown() -> None:
    on = Stage(passage(1), passage(2, collection_id="somebody else's"))
    on.find(words=[2, 1], meaning=[2, 1])
    assert on.ids() == [1]


def test_fewer_hits_than_wanted_are_all_there_are() -> None:
    on = stage(2)
    on.find(words=[1, 2, 3, 4], meaning=[])
    assert on.ids(k=4) == [1, 2]


@pytest.mark.parametrize(
    ("collections", "query"),
    [([], "a question"), ([collection(searchable=0)], "a question"), ([collection()], " \n ")],
)
def test_nothing_to_search_asks_nobody(collections: list[Collection], query: str) -> None:
    on = stage()
    on.lexical.fails = on.vectors.fails = on.embedder.fails = AssertionError("not to be asked")
    result = on.retriever.search(query, collections)
    assert (result.hits, result.degraded) == ((), ())


def test_collections_without_a_searchable_document_are_passed_over() -> None:
    on = stage()
    on.lexical.fails_for = on.vectors.fails_for = {"empty": SearchUnavailable()}
    on.find(words=[1], meaning=[1])
    assert on.ids(collection("empty", searchable=0), collection()) == [1]


def test_every_stage_is_timed_and_counted() -> None:
    on = stage()
    on.find(words=[1], meaning=[2])
    timings = on.retriever.search("a question", [collection()]).timings
    assert set(timings) == {
        "wait_ms", "analyse_ms", "bm25_ms", "embed_ms", "vector_ms", "fuse_ms", "passages_ms", "total_ms",
    }  # fmt: skip
    assert on.metrics.stages == [timings]


def test_the_weight_decides_between_the_branches() -> None:
    for weight, best in ((0.0, 1), (0.4, 1), (0.6, 2), (1.0, 2)):
        on = stage(vector_weight=weight)
        on.find(words=[1], meaning=[2])
        assert on.ids()[0] == best


def test_vectors_yield_where_words_hold_much_of_the_question() -> None:
    on = stage(vector_weight=0.55)
    on.lexical.sizes["c1"] = 1000
    for score, best in ((0.01, 2), (40.0, 1)):
        on.find(words=[], meaning=[2])
        on.lexical.found["c1"] = [ScoredId(1, score)]
        assert on.ids()[0] == best


def test_no_more_searches_run_at_once_than_are_allowed_and_the_others_wait() -> None:
    on = stage(2, at_once=2)
    on.find(words=[1], meaning=[1])
    running, most, all_in = 0, 0, threading.Event()
    guard = threading.Lock()

    def search(*_: object) -> None:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        if running == 2:
            all_in.set()
        assert all_in.wait(PATIENCE), "two may run together"
        with guard:
            running -= 1

    on.lexical.before = search
    crowd = [threading.Thread(target=on.ids) for _ in range(6)]
    for person in crowd:
        person.start()
    for person in crowd:
        person.join(PATIENCE)
    assert most == 2
    assert len(on.metrics.stages) == 6, "everybody was answered"


def test_who_waits_too_long_is_told_to_try_again_and_the_turn_is_given_back() -> None:
    on = stage(2, at_once=1, patience=0.05)
    on.find(words=[1], meaning=[1])
    entered, leave = threading.Event(), threading.Event()

    def search(*_: object) -> None:
        entered.set()
        leave.wait(PATIENCE)

    on.lexical.before = search
    first = threading.Thread(target=on.ids)
    first.start()
    assert entered.wait(PATIENCE)
    with pytest.raises(SearchUnavailable, match="Too many"):
        on.ids()
    leave.set()
    first.join(PATIENCE)
    assert on.ids() == [1]


def test_a_search_that_fails_gives_its_turn_back() -> None:
    on = stage(2, at_once=1, patience=0.05)
    on.find(words=[1], meaning=[1])
    on.lexical.fails = on.vectors.fails = SearchUnavailable()
    for _ in range(3):
        with pytest.raises(SearchUnavailable) as told:
            on.ids()
        assert "Too many" not in told.value.message
    on.lexical.fails = on.vectors.fails = None
    assert on.ids() == [1]
