"""What answers questions, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend.app.domain.chat import Citation, Source
from backend.app.services.answering import Answering
from backend.app.services.answers import GivenAnswers, NoGivenAnswers
from backend.app.services.llm.prompting import PROMPT_VERSION
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.retrieval import fusion
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.cached import CachedRetriever
from backend.app.services.retrieval.citations import CitationVerifier
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.wiring.building_blocks import Parts
from backend.app.wiring.retrieving import hybrid_retriever, reranked, sourcing, vector_weight


def answering_service(parts: Parts, retriever: CachedRetriever, models: LanguageModels) -> Answering:
    return Answering(
        sourcing=sourcing(parts, retriever),
        answers=_given_answers(parts),
        models=models,
        cite=_citer(parts.analyzer),
        metrics=parts.metrics,
    )


def cached_retriever(parts: Parts) -> CachedRetriever:
    cache, seconds = parts.caches.answers, parts.settings.cache_search_seconds
    retriever = reranked(parts, hybrid_retriever(parts, parts.metrics), parts.metrics)
    return CachedRetriever(retriever, cache, settings=_found_by(parts), seconds=seconds)


def _found_by(parts: Parts) -> list[object]:
    """Return all that changes what a search finds, besides the question and the collections."""
    settings = parts.settings
    versions = [
        settings.lexical_engine,
        parts.analyzer.version,
        QueryTerms.version,
        fusion.VERSION,
        parts.embedder.name,
    ]
    reranker = [settings.rerank_url, settings.rerank_model, settings.rerank_candidates, settings.rerank_weight]
    return [*versions, settings.candidates, vector_weight(parts), *reranker]


def _given_answers(parts: Parts) -> GivenAnswers | NoGivenAnswers:
    settings = parts.settings
    if not settings.cache_answer_seconds:
        return NoGivenAnswers()
    answered_by: list[object] = [
        PROMPT_VERSION,
        settings.llm_base_url,
        settings.llm_temperature,
        settings.llm_max_tokens,
        settings.llm_context_tokens,
        settings.chat_sources,
        settings.least_relevance,
        *_found_by(parts),
    ]
    return GivenAnswers(parts.caches.answers, settings=answered_by, seconds=settings.cache_answer_seconds)


def _citer(analyzer: Analyzer) -> Callable[[str, Sequence[Source]], tuple[tuple[Citation, ...], int]]:
    verifier = CitationVerifier(analyzer)

    def cite(answer: str, sources: Sequence[Source]) -> tuple[tuple[Citation, ...], int]:
        verified = verifier.verify(answer, sources)
        return verified.citations, verified.dropped

    return cite
