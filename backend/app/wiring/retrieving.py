"""What finds passages, put together."""

from __future__ import annotations

from backend.app.monitoring.interfaces import Metrics
from backend.app.services.embedding.queries import CachedQueryVectors
from backend.app.services.retrieval.cached import Retriever
from backend.app.services.retrieval.hybrid import HybridRetriever
from backend.app.services.retrieval.overview import Overview
from backend.app.services.retrieval.relevance import CachedRelevance, SentenceRelevance
from backend.app.services.retrieval.rerank_endpoint import RerankEndpoint
from backend.app.services.retrieval.reranking import RerankingRetriever
from backend.app.services.sourcing import Sourcing
from backend.app.storage.repositories.outlines import SqlOutlines
from backend.app.wiring.building_blocks import Parts


def hybrid_retriever(
    parts: Parts, metrics: Metrics, *, candidates: int | None = None, weight: float | None = None
) -> HybridRetriever:
    """Build what searches past every cache; what is left out is as the settings say."""
    settings = parts.settings
    if weight is None and settings.vector_weight >= 0:
        weight = settings.vector_weight
    return HybridRetriever(
        lexical=parts.lexical,
        spaces=parts.spaces,
        passages=parts.passages,
        queries=CachedQueryVectors(parts.pool, parts.caches.answers),
        analyzer=parts.analyzer,
        pool=parts.pool,
        metrics=metrics,
        candidates=settings.candidates if candidates is None else candidates,
        vector_weight=weight,
        branch_timeout=settings.branch_timeout_ms / 1000,
    )


def reranked(parts: Parts, retriever: HybridRetriever, metrics: Metrics) -> Retriever:
    """Put the reranker behind a retriever, where the settings name one."""
    settings = parts.settings
    if not settings.rerank_url:
        return retriever
    endpoint = RerankEndpoint(
        settings.rerank_url,
        settings.rerank_model,
        settings.rerank_api_key.reveal(),
        seconds=settings.rerank_timeout_ms / 1000,
    )
    return RerankingRetriever(
        retriever, endpoint, metrics, candidates=settings.rerank_candidates, weight=settings.rerank_weight
    )


def vector_weight(parts: Parts) -> float:
    weight = parts.settings.vector_weight
    return parts.embedder.fusion_weight if weight < 0 else weight


def relevance(parts: Parts) -> CachedRelevance:
    """Build what tells whether the passages found hold an answer."""
    queries = CachedQueryVectors(parts.pool, parts.caches.answers)
    measured = SentenceRelevance(parts.analyzer, queries, parts.embedder, parts.pool)
    return CachedRelevance(measured, parts.caches.answers)


def sourcing(parts: Parts, retriever: Retriever) -> Sourcing:
    """Build what gives a question its sources."""
    settings = parts.settings
    most = settings.chat_sources
    return Sourcing(
        retriever=retriever,
        overviews=Overview(SqlOutlines(parts.database), parts.passages, parts.analyzer, most=most),
        analyzer=parts.analyzer,
        relevance=relevance(parts),
        most=most,
        least_relevance=settings.least_relevance,
    )
