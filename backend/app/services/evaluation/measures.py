"""Measures of a ranking, as trec_eval defines them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], relevance: Mapping[str, int], depth: int) -> float:
    """Return the normalised discounted cumulative gain of the first ``depth``.

    trec_eval's ``ndcg_cut``: the gain is the judgement itself (not 2^judgement - 1, as some write
    it), the discount log2(rank + 1), and the ideal ranking holds every judged document, found
    or not.
    """
    gains = [max(0, relevance.get(document_id, 0)) for document_id in ranking[:depth]]
    ideal = sorted((gain for gain in relevance.values() if gain > 0), reverse=True)[:depth]
    return _discounted(gains) / _discounted(ideal) if ideal else 0.0


def recall(ranking: Sequence[str], relevance: Mapping[str, int], depth: int) -> float:
    """Return the share of the relevant documents that are among the first ``depth``."""
    relevant = {document_id for document_id, gain in relevance.items() if gain > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], relevance: Mapping[str, int], depth: int) -> float:
    """Return one through the rank of the first relevant document, 0 if it is not among ``depth``."""
    for rank, document_id in enumerate(ranking[:depth], 1):
        if relevance.get(document_id, 0) > 0:
            return 1 / rank
    return 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` (0 to 1) of all do not exceed."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
