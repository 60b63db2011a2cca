"""Searches whose results are remembered for as long as their collections stay as they are."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from backend.app.cache.interfaces import MEMORY
from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import Found, TieredCache, Uncached
from backend.app.domain.documents import Collection
from backend.app.domain.search import RenderedSearch, SearchMode, SearchResult


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
        # Its key has the collections' versions: past its time a result is what a new search would find.
        policy = Policy(ttl=seconds, stale=seconds)
        self._region = Region("retrieval", schema=1, kind=SearchResult, policy=policy)
        # Rendered by the worker that sends it: what the others need is the result. That is never cold where it is
        # hot, so there is nothing to begin early with.
        own = Policy(ttl=seconds, beta=0.0, layers=frozenset({MEMORY}), shared_flights=False)
        self._rendered = Region("rendered_search", schema=1, kind=RenderedSearch, policy=own)

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        """Return the ``k`` best passages; ``cached`` tells that they were found earlier.

        Raises:
            SearchUnavailable: every branch that ``mode`` names is away.
        """
        started = time.perf_counter()
        asked = self._asked(query, collections, mode, k)
        if asked is None:
            return self._retriever.search(query, collections, mode, k)
        found = self._find(asked, collections)
        if found.layer is None:
            return found.value
        timings = {"total_ms": round((time.perf_counter() - started) * 1000, 3)}
        return replace(found.value, timings=timings, cached=True)

    def rendered(
        self,
        query: str,
        collections: Sequence[Collection],
        mode: SearchMode,
        k: int,
        render: Callable[[SearchResult], RenderedSearch],
    ) -> RenderedSearch:
        """Return what ``render`` makes of the result; from the third time on what it made the second time.

        A result that was found earlier has the times of the search that found it, so that it is rendered
        the same whoever asks when. ``render`` must depend on nothing else.

        Raises:
            SearchUnavailable
        """
        asked = self._asked(query, collections, mode, k)
        if asked is None:
            return render(self._retriever.search(query, collections, mode, k))
        kept = self._cache.get(self._rendered, asked.scope, asked.parts)
        if kept is not None and kept.value is not None:
            return kept.value
        found = self._find(asked, collections)
        if found.layer is None:
            return render(found.value)
        made = render(replace(found.value, cached=True))
        self._cache.put(self._rendered, asked.scope, asked.parts, made)
        return made

    def _asked(self, query: str, collections: Sequence[Collection], mode: SearchMode, k: int) -> _Asked | None:
        """Return what the result depends on; None where there is nothing to look for or nowhere to look."""
        words = " ".join(unicodedata.normalize("NFC", query).split())
        searched = sorted((found.id, found.version, found.embedding) for found in collections if found.searchable)
        if not searched or not words:
            return None
        scope = ",".join(collection_id for collection_id, *_ in searched)
        return _Asked(words, mode, k, scope, [words, mode.value, k, searched, self._settings])

    def _find(self, asked: _Asked, collections: Sequence[Collection]) -> Found[SearchResult]:
        def search() -> SearchResult | Uncached[SearchResult]:
            result = self._retriever.search(asked.words, collections, asked.mode, asked.k)
            return Uncached(result) if result.degraded else result

        return self._cache.get_or_compute(self._region, asked.scope, asked.parts, search)


@dataclass(frozen=True, slots=True)
class _Asked:
    words: str
    mode: SearchMode
    k: int
    scope: str
    parts: list[object]
