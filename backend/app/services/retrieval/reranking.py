"""Looking a second time, with a slower and better eye, at the best of what was found."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.retrieval.cached import Retriever
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

    The other modes show what one branch finds, and are left as they are. Without the reranker's answer the
    order is that of the fusion, and ``degraded`` says so.
    """

    def __init__(self, retriever: Retriever, reranker: Reranker, metrics: Metrics, *, candidates: int) -> None:
        self._retriever = retriever
        self._reranker = reranker
        self._metrics = metrics
        self._candidates = candidates

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
        return replace(found, hits=(*_ordered(first, scores), *_below(rest, scores))[:k], timings=timings)


def _ordered(hits: Sequence[Hit], scores: Sequence[float]) -> list[Hit]:
    """Sort by the scores, which become the hits' own; of equal ones the earlier stays before."""
    squashed = [_between_0_and_1(score) for score in scores]
    pairs = sorted(zip(scores, squashed, hits, strict=True), key=lambda pair: -pair[0])
    return [replace(hit, score=score) for _, score, hit in pairs]


def _below(hits: Sequence[Hit], scores: Sequence[float]) -> list[Hit]:
    """Keep the scores of what was not looked at again below those that were."""
    lowest = _between_0_and_1(min(scores))
    return [replace(hit, score=hit.score * lowest) for hit in hits]


def _between_0_and_1(score: float) -> float:
    """Bring a score of any scale between 0 and 1 without changing the order: models give logits or shares of one."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
