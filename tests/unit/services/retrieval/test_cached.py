from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from backend.app.cache.interfaces import MEMORY
from backend.app.cache.layers import Layer
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullLeases
from backend.app.cache.tiered import TieredCache
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, RenderedSearch, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.services.retrieval.cached import CachedRetriever
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock
from tests.fakes.remembering import memory_cache
from tests.fakes.things import collection, passage

HERS = collection("hers")


class Finder:
    """Finds as many passages as it was asked before, so that each result is another."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.degraded: tuple[str, ...] = ()
        self.fails: Exception | None = None

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        self.asked.append(query)
        if self.fails is not None:
            raise self.fails
        hits = [Hit(passage(n, f"{mode} {k}", heading="Über"), "Title", 1 / n, n, None) for n in range(1, 3)]
        return SearchResult(tuple(hits), self.degraded, {"bm25_ms": 1.0, "total_ms": 2.0})


@pytest.fixture
def finder() -> Finder:
    return Finder()


@pytest.fixture
def retriever(finder: Finder) -> CachedRetriever:
    return CachedRetriever(finder, memory_cache(), settings=["tantivy", 0.2])


def test_what_was_found_is_found_again_without_a_search(finder: Finder, retriever: CachedRetriever) -> None:
    first = retriever.search("a question", [HERS])
    again = retriever.search("a question", [HERS])
    assert finder.asked == ["a question"]
    assert (first.cached, again.cached) == (False, True)
    assert (again.hits, again.degraded) == (first.hits, ())
    assert list(again.timings) == ["total_ms"], "the times of the search that was made are not this one's"


def test_past_its_time_it_is_served_and_found_anew_behind_the_reader(finder: Finder) -> None:
    clock = FakeClock()
    background = FakeBackground(clock)
    cache = TieredCache(
        [Layer(MEMORY, MemoryCache(1024 * 1024, clock=clock), trusted=True)],
        leases=NullLeases(),
        events=CountedEvents(),
        background=background,
        clock=clock,
    )
    retriever = CachedRetriever(finder, cache, settings=[], seconds=60.0)
    retriever.search("a question", [HERS])
    clock.pass_by(61)
    assert retriever.search("a question", [HERS]).cached
    assert finder.asked == ["a question"]
    background.run()
    assert finder.asked == ["a question"] * 2
    clock.pass_by(59)
    assert retriever.search("a question", [HERS]).cached
    clock.pass_by(121)
    assert not retriever.search("a question", [HERS]).cached


@pytest.mark.parametrize("spelling", ["  caf\u00e9   au lait\n", "cafe\u0301 au lait"])
def test_blanks_and_the_form_of_letters_do_not_make_another_question(
    finder: Finder, retriever: CachedRetriever, spelling: str
) -> None:
    retriever.search("caf\u00e9 au lait", [HERS])
    assert retriever.search(spelling, [HERS]).cached


def test_a_change_of_a_collection_is_seen_by_the_next_search(finder: Finder, retriever: CachedRetriever) -> None:
    retriever.search("a question", [HERS])
    assert not retriever.search("a question", [replace(HERS, version=HERS.version + 1)]).cached
    assert len(finder.asked) == 2


def test_nobody_is_given_what_was_found_in_other_collections(finder: Finder, retriever: CachedRetriever) -> None:
    his = collection("his")
    retriever.search("a question", [HERS])
    assert not retriever.search("a question", [his]).cached
    assert not retriever.search("a question", [HERS, his]).cached
    assert retriever.search("a question", [his, HERS]).cached, "their order says nothing"


def test_each_way_to_ask_is_remembered_for_itself(retriever: CachedRetriever) -> None:
    ways = [(SearchMode.HYBRID, 10), (SearchMode.BM25, 10), (SearchMode.VECTOR, 10), (SearchMode.HYBRID, 5)]
    for mode, k in ways:
        assert not retriever.search("a question", [HERS], mode, k).cached
    for mode, k in ways:
        found = retriever.search("a question", [HERS], mode, k)
        assert found.cached
        assert found.hits[0].passage.text == f"{mode} {k}"


def test_other_settings_find_other_passages(finder: Finder) -> None:
    cache = memory_cache()
    CachedRetriever(finder, cache, settings=["tantivy", 0.2]).search("a question", [HERS])
    other = CachedRetriever(finder, cache, settings=["tantivy", 0.3])
    assert not other.search("a question", [HERS]).cached


def test_what_was_found_without_a_branch_is_not_remembered(finder: Finder, retriever: CachedRetriever) -> None:
    finder.degraded = ("vector",)
    assert retriever.search("a question", [HERS]).degraded == ("vector",)
    finder.degraded = ()
    found = retriever.search("a question", [HERS])
    assert (found.cached, found.degraded) == (False, ())


def test_a_failure_is_not_remembered(finder: Finder, retriever: CachedRetriever) -> None:
    finder.fails = SearchUnavailable()
    with pytest.raises(SearchUnavailable):
        retriever.search("a question", [HERS])
    finder.fails = None
    assert len(retriever.search("a question", [HERS]).hits) == 2


def test_a_search_in_nothing_asks_no_cache(finder: Finder, retriever: CachedRetriever) -> None:
    empty = replace(HERS, searchable=0)
    for query, collections in (("a question", [empty]), ("a question", []), ("  ", [HERS])):
        assert not retriever.search(query, collections).cached


class Renderer:
    """Renders a result as its number of hits, and remembers each that it was given."""

    def __init__(self) -> None:
        self.given: list[SearchResult] = []

    def __call__(self, result: SearchResult) -> RenderedSearch:
        self.given.append(result)
        return RenderedSearch(f"{len(self.given)}. of {result.hits[0].passage.text}".encode(), b"", "")


@pytest.fixture
def render() -> Renderer:
    return Renderer()


def rendered(
    retriever: CachedRetriever, render: Renderer, within: Sequence[Collection] = (HERS,), query: str = "a question"
) -> bytes:
    return retriever.rendered(query, within, SearchMode.HYBRID, 10, render).body


def test_what_is_found_again_is_rendered_once(finder: Finder, retriever: CachedRetriever, render: Renderer) -> None:
    assert [rendered(retriever, render) for _ in range(4)] == [
        b"1. of hybrid 10", b"2. of hybrid 10", b"2. of hybrid 10", b"2. of hybrid 10",
    ]  # fmt: skip
    assert finder.asked == ["a question"]
    assert [result.cached for result in render.given] == [False, True]
    assert render.given[1].timings == {"bm25_ms": 1.0, "total_ms": 2.0}, "it is the same whoever asks when"


def test_a_rendered_result_is_of_the_collections_as_they_are(retriever: CachedRetriever, render: Renderer) -> None:
    for within in ([HERS], [replace(HERS, version=HERS.version + 1)], [collection("his")], [HERS, collection("his")]):
        before = len(render.given)
        for _ in range(3):
            rendered(retriever, render, within)
        assert len(render.given) == before + 2


def test_a_rendered_result_without_a_branch_is_not_remembered(
    finder: Finder, retriever: CachedRetriever, render: Renderer
) -> None:
    finder.degraded = ("vector",)
    for _ in range(3):
        rendered(retriever, render)
    assert len(finder.asked) == len(render.given) == 3


def test_a_failure_is_not_rendered(finder: Finder, retriever: CachedRetriever, render: Renderer) -> None:
    finder.fails = SearchUnavailable()
    with pytest.raises(SearchUnavailable):
        rendered(retriever, render)
    assert render.given == []


def test_nothing_is_rendered_where_there_is_nothing_to_look_for(
    finder: Finder, retriever: CachedRetriever, render: Renderer
) -> None:
    assert rendered(retriever, render, [replace(HERS, searchable=0)]) == b"1. of hybrid 10"
    assert rendered(retriever, render, [replace(HERS, searchable=0)]) == b"2. of hybrid 10"
    assert [result.cached for result in render.given] == [False, False]
