"""Convex fusion of two branches' scores.

Both branches' scores are brought to 0..1 by min-max over their candidates and added with weights
that sum to one (Bruch, Gai and Ingber 2023, «An Analysis of Fusion Functions for Hybrid
Retrieval», section 3). Measured here (docs/retrieval.md), reciprocal rank fusion and means of raw
scores are worse than BM25 alone; this is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.app.domain.search import FusedId, ScoredId


def min_max(scored: Sequence[ScoredId]) -> dict[int, float]:
    """Return scores scaled to 0..1; where all are equal, each is 1."""
    if not scored:
        return {}
    highest = max(item.score for item in scored)
    lowest = min(item.score for item in scored)
    span = highest - lowest
    return {item.passage_id: (item.score - lowest) / span if span > 0 else 1.0 for item in scored}


def fuse(bm25: Sequence[ScoredId], vector: Sequence[ScoredId], vector_weight: float) -> list[FusedId]:
    """Return every candidate once, best first; ties go to the lower id, so that order is stable.

    A branch that found nothing leaves the other's scores whole.
    """
    if not bm25:
        vector_weight = 1.0
    elif not vector:
        vector_weight = 0.0
    by_words, by_meaning = min_max(bm25), min_max(vector)
    word_ranks = {item.passage_id: rank for rank, item in enumerate(bm25, 1)}
    meaning_ranks = {item.passage_id: rank for rank, item in enumerate(vector, 1)}
    fused = [
        FusedId(
            passage_id=passage_id,
            score=(1 - vector_weight) * by_words.get(passage_id, 0.0) + vector_weight * by_meaning.get(passage_id, 0.0),
            bm25_rank=word_ranks.get(passage_id),
            vector_rank=meaning_ranks.get(passage_id),
        )
        for passage_id in by_words.keys() | by_meaning.keys()
    ]
    return sorted(fused, key=lambda item: (-item.score, item.passage_id))
