"""Looking a second time, with a slower and better eye, at the best of what was found."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, ScoredId, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.retrieval.cached import Retriever
from backend.app.services.retrieval.fusion import min_max
from backend.app.services.retrieval.index_text import index_text

log = structlog.get_logger(__name__)

PART = "rerank"  # in ``degraded`` and in the counters


class Reranker(Protocol):
    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers the query, higher is better, in any scale.

        Raises:
            SearchUnavailable: it is away, slow, or answers what it never should.
        """


class RerankingRetriever:
    """Orders the first ``candidates`` of a hybrid search anew; those below follow as they were.

    ``weight`` is the reranker's part in their order, the rest is the fusion's: by the reranker alone one that is worse than
    the fusion would cost quality, and one that is better loses less than it gains (docs/retrieval.md). The other modes show what one branch finds, and are left as they are. Without the reranker's answer the
    order is that of the fusion, and ``degraded`` says so.
    """

    def __init__(
        self, retriever: Retriever, reranker: Reranker, metrics: Metrics, *, candidates: int, weight: float
    ) -> None:
        self._retriever = retriever
        self._reranker = reranker
        self._metrics = metrics
        self._candidates = candidates
        self._weight = weight

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        if mode is not SearchMode.HYBRID:
            return self._retriever.search(query, collections, mode, k)
        found = self._retriever.search(query, collections, mode, max(k, self._candidates))
        if len(found.hits) < 2:
            return found
        started = time.perf_counter()
        first, rest = found.hits[: self._candidates], found.hits[self._candidates :]
        try:
            scores = self._reranker.scores(query, [index_text(hit.document_title, hit.passage) for hit in first])
        except SearchUnavailable as error:
            log.warning("branch_lost", branch=PART, error=str(error))
            self._metrics.count_degraded(PART)
            return replace(found, hits=found.hits[:k], degraded=(*found.degraded, PART))
        milliseconds = round((time.perf_counter() - started) * 1000, 3)
        timings = {**found.timings, f"{PART}_ms": milliseconds}
        timings["total_ms"] = found.timings.get("total_ms", 0.0) + milliseconds
        self._metrics.observe_stages({f"{PART}_ms": milliseconds})
        ordered = _ordered(first, scores, self._weight, above=rest[0].score if rest else 0.0)
        return replace(found, hits=(*ordered, *rest)[:k], timings=timings)


def weighed(before: Sequence[float], again: Sequence[float], weight: float) -> list[float]:
    """Return for each passage both scores as one between 0 and 1; models give theirs in any scale."""
    first, second = (min_max([ScoredId(n, score) for n, score in enumerate(scores)]) for scores in (before, again))
    return [(1 - weight) * first[n] + weight * second[n] for n in range(len(before))]


def _ordered(hits: Sequence[Hit], scores: Sequence[float], weight: float, *, above: float) -> list[Hit]:
    """Sort by both scores, which become the hits' own, none of them below ``above``; of equal ones the earlier stays before."""
    mixed = weighed([hit.score for hit in hits], scores, weight)
    pairs = sorted(zip(mixed, hits, strict=True), key=lambda pair: -pair[0])
    return [replace(hit, score=above + (1 - above) * score) for score, hit in pairs]
