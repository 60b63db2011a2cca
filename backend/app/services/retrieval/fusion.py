"""Convex fusion of two branches' scores, weighed anew for each question.

Both branches' scores are brought to 0..1 by min-max over their candidates and added with weights
that sum to one (Bruch, Gai and Ingber 2023, «An Analysis of Fusion Functions for Hybrid
Retrieval», section 3). Measured here (docs/retrieval.md), reciprocal rank fusion and means of raw
scores are worse than BM25 alone; this is not.

One weight for all questions would have to suit the worst of them. Three things that what was found
tells change its odds:

- how far the best of a branch stands out from its other candidates: a branch that is sure of its
  answer is believed more than one to which all look alike;
- how many of the nearest passages are among the candidates by words at all. An embedder that knows the
  language nearly always agrees so far; one that does not brings passages that have nothing to do with the question;
- how much of the question words found: where one passage holds most of its rare words, there is little left that
  a vector could know better, and an embedder that nobody has measured does least harm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from backend.app.domain.search import FusedId, ScoredId

VERSION = "2"  # raise it when the same candidates come in another order: results are remembered by it
_NEAREST = 10
_USUAL_AGREEMENT = 0.6  # share of the nearest that are candidates by words too, with embedders that know the language
_LEAST_AGREEMENT = 0.15  # a branch is never silenced: its order still settles what words leave open
# Of a usual weight, the strength of words above which vectors are believed less: the better an embedder is, the later
# it yields. With 0.7 and 0.8, and with the square, the promise held for fewer embedders at one weight.
_YIELDING = 0.75


def min_max(scored: Sequence[ScoredId]) -> dict[int, float]:
    """Return scores scaled to 0..1; where all are equal, each is 1."""
    if not scored:
        return {}
    highest = max(item.score for item in scored)
    lowest = min(item.score for item in scored)
    span = highest - lowest
    return {item.passage_id: (item.score - lowest) / span if span > 0 else 1.0 for item in scored}


def strength(best: float, terms: int, passages: int) -> float:
    """Return how much of a question the best by words holds: what each of its terms brought to the BM25 score,
    as a share of the rarity of a term that only one of the ``passages`` holds.

    Measured medians: .5 where a passage answers the question in its words (SQuAD, KorQuAD), .2 where
    the question describes a subject at length (CISI).
    """
    return best / (terms * math.log1p(passages)) if terms and passages else 0.0


def fuse(
    bm25: Sequence[ScoredId], vector: Sequence[ScoredId], vector_weight: float, words_strength: float = 0.0
) -> list[FusedId]:
    """Return every candidate once, best first; ties go to the lower id, so that order is stable.

    ``vector_weight`` is that of a question of which both branches are equally sure; 0 and 1 leave out a
    branch whatever the question. A branch that found nothing leaves the other's scores whole. ``words_strength``
    is what ``strength`` tells; 0 where it is not known.
    """
    weight = _weight(bm25, vector, vector_weight, words_strength)
    by_words, by_meaning = min_max(bm25), min_max(vector)
    word_ranks = {item.passage_id: rank for rank, item in enumerate(bm25, 1)}
    meaning_ranks = {item.passage_id: rank for rank, item in enumerate(vector, 1)}
    fused = [
        FusedId(
            passage_id=passage_id,
            score=(1 - weight) * by_words.get(passage_id, 0.0) + weight * by_meaning.get(passage_id, 0.0),
            bm25_rank=word_ranks.get(passage_id),
            vector_rank=meaning_ranks.get(passage_id),
        )
        for passage_id in by_words.keys() | by_meaning.keys()
    ]
    return sorted(fused, key=lambda item: (-item.score, item.passage_id))


def _weight(bm25: Sequence[ScoredId], vector: Sequence[ScoredId], usual: float, words_strength: float) -> float:
    """Return the vector branch's weight for one question.

    The powers are those that did best on the halves of the questions that weights were chosen on.
    """
    if not bm25 or not vector:
        return 0.0 if bm25 else 1.0
    if usual in (0.0, 1.0):
        return usual
    yielding = min(1.0, _YIELDING * usual / words_strength) if words_strength > 0 else 1.0
    odds = usual / (1 - usual) * (_sureness(bm25, vector) * _agreement(bm25, vector)) ** 2 * yielding**3
    return odds / (1 + odds)


def _sureness(bm25: Sequence[ScoredId], vector: Sequence[ScoredId]) -> float:
    """Return by how much more the best vector stands out than the best by words."""
    words, meaning = _prominence(bm25), _prominence(vector)
    return meaning / words if words > 0 and meaning > 0 else 1.0


def _prominence(scored: Sequence[ScoredId]) -> float:
    """Return how many standard deviations the best lies above the mean; 0 where nothing stands out."""
    scores = [item.score for item in scored]
    mean = math.fsum(scores) / len(scores)  # the same in whatever order equal scores come
    spread = math.sqrt(
        math.fsum((score - mean) ** 2 for score in scores) / len(scores)
    )  # ``statistics`` is 50 times slower
    prominence = (max(scores) - mean) / spread if spread > 0 else 0.0
    return prominence if math.isfinite(prominence) else 0.0


def _agreement(bm25: Sequence[ScoredId], vector: Sequence[ScoredId]) -> float:
    """Return 1 for the agreement that is usual, less where there is less.

    Where words found fewer passages than vectors did, all others have no word in common with the question,
    and finding them is what vectors are for. And of a handful of passages all are near.
    """
    if len(bm25) < len(vector) or len(vector) <= _NEAREST:
        return 1.0
    by_words = {item.passage_id for item in bm25}
    nearest = vector[:_NEAREST]
    share = sum(item.passage_id in by_words for item in nearest) / len(nearest)
    return max(_LEAST_AGREEMENT, min(1.0, share / _USUAL_AGREEMENT))
