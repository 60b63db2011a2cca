"""What an answer is made from: the passages that a question is given, and whether they hold what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.app.domain.chat import Source, Turn
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit
from backend.app.services.exchange import source
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.cached import Retriever
from backend.app.services.retrieval.contextual_query import contextual_query, judged_by
from backend.app.services.retrieval.relevance import Relevance


class Overviews(Protocol):
    def of(self, question: str, history: Sequence[Turn], collections: Sequence[Collection]) -> list[Hit]:
        """Return what stands for whole documents, where their main points are asked for; else nothing."""


@dataclass(frozen=True, slots=True)
class Sources:
    """``fit`` tells whether they probably hold the answer; ``is_overview`` that they stand for whole documents."""

    sources: tuple[Source, ...]
    degraded: tuple[str, ...] = ()
    fit: bool = True
    is_overview: bool = False


class Sourcing:
    def __init__(
        self,
        *,
        retriever: Retriever,
        overviews: Overviews,
        analyzer: Analyzer,
        relevance: Relevance,
        most: int,
        least_relevance: float,
    ) -> None:
        """``least_relevance`` is what ``most`` sources must reach to be taken to hold the answer; 0 asks nothing."""
        self._retriever = retriever
        self._overviews = overviews
        self._analyzer = analyzer
        self._relevance = relevance
        self._most = most
        self._least_relevance = least_relevance

    def of(self, question: str, history: Sequence[Turn], collections: Sequence[Collection]) -> Sources:
        """Return the sources of a question, as a part of its conversation.

        Raises:
            SearchUnavailable
        """
        if whole := self._overviews.of(question, history, collections):
            return Sources(_numbered(whole), is_overview=True)
        query = contextual_query(question, history, self._analyzer)
        found = self._retriever.search(query, collections, k=self._most)
        sources = _numbered(found.hits)
        return Sources(sources, found.degraded, self._fit(question, query, sources))

    def _fit(self, question: str, query: str, sources: Sequence[Source]) -> bool:
        least = self._least_relevance
        return least <= 0 or any(self._relevance.of(text, sources) >= least for text in judged_by(question, query))


def _numbered(hits: Sequence[Hit]) -> tuple[Source, ...]:
    return tuple(source(n, hit) for n, hit in enumerate(hits, 1))
