from __future__ import annotations

import pytest

from backend.app.cache.copies import Copies
from backend.app.domain.documents import Collection
from backend.app.domain.search import SearchMode, SearchResult
from backend.app.epochs import NoEpoch
from backend.app.errors import CollectionNotFound, InvalidRequest, SearchUnavailable
from backend.app.services.collections import CollectionService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.search import SearchService
from tests.fakes.documents import ListQueue, MemoryCollections
from tests.fakes.things import collection, user

ADA, EVE = user("ada"), user("eve")


class Retriever:
    """Says which search it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str], SearchMode, int]] = []
        self.fails: Exception | None = None

    def search(self, query: str, collections: list[Collection], mode: SearchMode, k: int) -> SearchResult:
        if self.fails:
            raise self.fails
        self.asked.append((query, [c.id for c in collections], mode, k))
        return SearchResult((), ("bm25",), {})


@pytest.fixture
def retriever() -> Retriever:
    return Retriever()


@pytest.fixture
def service(retriever: Retriever) -> SearchService:
    rows = MemoryCollections()
    rows.put("ada", collection("c1"))
    rows.put("ada", collection("c2"))
    rows.put("eve", collection("c3"))
    return SearchService(retriever, CollectionService(rows, None, ListQueue(), Copies(NoEpoch())), Analyzer())  # type: ignore[arg-type]


def test_everything_that_the_user_may_see_is_searched(service: SearchService, retriever: Retriever) -> None:
    assert service.search(ADA, "q", SearchMode.HYBRID, 10).degraded == ("bm25",)
    service.search(EVE, "q", SearchMode.VECTOR, 100)
    assert retriever.asked == [("q", ["c1", "c2"], SearchMode.HYBRID, 10), ("q", ["c3"], SearchMode.VECTOR, 100)]


def test_named_collections_alone_are_searched(service: SearchService, retriever: Retriever) -> None:
    service.search(ADA, "q", SearchMode.BM25, 1, ["c2"])
    assert retriever.asked == [("q", ["c2"], SearchMode.BM25, 1)]


def test_somebody_elses_collection_is_not_found(service: SearchService, retriever: Retriever) -> None:
    with pytest.raises(CollectionNotFound):
        service.search(ADA, "q", SearchMode.HYBRID, 10, ["c1", "c3"])
    assert retriever.asked == []


@pytest.mark.parametrize(
    ("query", "k", "said"),
    [
        ("", 10, "empty"),
        (" \n", 10, "empty"),
        ("x" * 2001, 10, "2000"),
        ("q", 0, "100"),
        ("q", 101, "100"),
        ("q", -1, "100"),
    ],
)
def test_bad_input_is_refused(service: SearchService, retriever: Retriever, query: str, k: int, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        service.search(ADA, query, SearchMode.HYBRID, k)
    assert retriever.asked == []


def test_a_search_without_any_index_says_so(service: SearchService, retriever: Retriever) -> None:
    retriever.fails = SearchUnavailable()
    with pytest.raises(SearchUnavailable):
        service.search(ADA, "q", SearchMode.HYBRID, 10)
