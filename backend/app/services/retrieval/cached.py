"""Searches whose results are remembered for as long as their collections stay as they are."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import TieredCache, Uncached
from backend.app.domain.documents import Collection
from backend.app.domain.search import SearchMode, SearchResult


class Retriever(Protocol):
    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        """Return the ``k`` best passages of collections that the caller has been allowed to see."""


class CachedRetriever:
    """Keys hold the collections with their versions, which every change of what is found in them raises.

    So nothing is ever taken out by hand, and whoever may see the same collections shares the
    results: what is scoped is the collections, which the caller was allowed to see a moment ago.
    """

    def __init__(
        self,
        retriever: Retriever,
        cache: TieredCache,
        *,
        settings: Sequence[object],
        seconds: float = 3600.0,
    ) -> None:
        """``settings`` are plain values: all that changes what a search finds."""
        self._retriever = retriever
        self._cache = cache
        self._settings = list(settings)
        self._region = Region("retrieval", schema=1, kind=SearchResult, policy=Policy(ttl=seconds))

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        """Return the ``k`` best passages; ``cached`` tells that they were found earlier.

        Raises:
            SearchUnavailable: every branch that ``mode`` names is away.
        """
        started = time.perf_counter()
        words = " ".join(unicodedata.normalize("NFC", query).split())
        searched = sorted((found.id, found.version) for found in collections if found.searchable)
        if not searched or not words:
            return self._retriever.search(query, collections, mode, k)

        def search() -> SearchResult | Uncached[SearchResult]:
            result = self._retriever.search(words, collections, mode, k)
            return Uncached(result) if result.degraded else result

        scope = ",".join(collection_id for collection_id, _ in searched)
        asked = [words, mode.value, k, searched, self._settings]
        found = self._cache.get_or_compute(self._region, scope, asked, search)
        if found.layer is None:
            return found.value
        timings = {"total_ms": round((time.perf_counter() - started) * 1000, 3)}
        return SearchResult(found.value.hits, found.value.degraded, timings, cached=True)
