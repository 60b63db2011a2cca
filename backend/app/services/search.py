"""Searching passages without a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from backend.app.domain.accounts import User
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, RenderedSearch, SearchMode, SearchResult
from backend.app.errors import InvalidRequest
from backend.app.services.collections import CollectionService
from backend.app.services.retrieval.cached import Retriever
from backend.app.services.text.found_words import LocatingAnalyzer, found_words
from backend.app.services.text.sentences import Span

MAX_QUERY_CHARS = 2000
MAX_K = 100


class RenderingRetriever(Retriever, Protocol):
    def rendered(
        self,
        query: str,
        collections: Sequence[Collection],
        mode: SearchMode,
        k: int,
        render: Callable[[SearchResult], RenderedSearch],
    ) -> RenderedSearch:
        """Return what ``render`` makes, or made earlier, of what was found."""


class SearchService:
    def __init__(
        self, retriever: RenderingRetriever, collections: CollectionService, analyzer: LocatingAnalyzer
    ) -> None:
        self._retriever = retriever
        self._collections = collections
        self._analyzer = analyzer

    def search(
        self, user: User, query: str, mode: SearchMode, k: int, collection_ids: Sequence[str] | None = None
    ) -> SearchResult:
        """Search the named collections, or all that the user may see.

        Raises:
            InvalidRequest, CollectionNotFound, SearchUnavailable
        """
        _check(query, k)
        return self._retriever.search(query, self._collections.selected(user, collection_ids), mode, k)

    def rendered(
        self,
        user: User,
        query: str,
        mode: SearchMode,
        k: int,
        collection_ids: Sequence[str] | None,
        render: Callable[[SearchResult], RenderedSearch],
    ) -> RenderedSearch:
        """Search, and return what ``render`` makes of the result, or made of the same one earlier.

        Raises:
            InvalidRequest, CollectionNotFound, SearchUnavailable
        """
        _check(query, k)
        searched = self._collections.selected(user, collection_ids)
        return self._retriever.rendered(query, searched, mode, k, render)

    def marks(self, query: str, hits: Sequence[Hit]) -> list[tuple[Span, ...]]:
        """Return for each hit where its text holds the query's words."""
        return found_words(query, [hit.passage.text for hit in hits], self._analyzer)


def _check(query: str, k: int) -> None:
    if not query.strip():
        raise InvalidRequest("The query is empty. Give what to search for as `q`.")
    if len(query) > MAX_QUERY_CHARS:
        raise InvalidRequest(f"The query is longer than {MAX_QUERY_CHARS} characters. Shorten it.")
    if not 1 <= k <= MAX_K:
        raise InvalidRequest(f"`k` is a number from 1 to {MAX_K}.")
