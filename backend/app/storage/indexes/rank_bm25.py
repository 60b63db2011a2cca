"""BM25 by rank_bm25: the plain reference that the fast engine is compared with.

It holds every term of a collection in memory and scores every passage for every question, so
it is for small collections and for tests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from rank_bm25 import BM25Okapi

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId

_K1, _B = 1.2, 0.75

TermSource = Callable[[str], Iterable[tuple[int, list[str]]]]


class _Bm25(BM25Okapi):  # type: ignore[misc]  # rank_bm25 ships no types
    """BM25 with the idf that tantivy and Lucene have.

    Okapi's own is negative for a term that more than half of the passages hold. BM25Okapi puts a
    quarter of the mean idf in its place, so that a common term weighs more the rarer the others are.
    """

    def _calc_idf(self, nd: dict[str, int]) -> None:
        for term, n in nd.items():
            self.idf[term] = math.log(1 + (self.corpus_size - n + 0.5) / (n + 0.5))


class RankBm25Indexes:
    """Builds a collection's index from SQL when its version moves; there is nothing to write."""

    def __init__(self, terms_of: TermSource) -> None:
        """``terms_of`` gives a collection's passages as (id, terms)."""
        self._terms_of = terms_of
        self._built: dict[str, tuple[int, list[int], _Bm25 | None]] = {}

    def search(self, collection_id: str, version: int, terms: Sequence[str], k: int) -> list[ScoredId]:
        ids, engine = self._engine(collection_id, version)
        if engine is None or not terms:
            return []
        scores = engine.get_scores(list(terms))
        known = set(terms)
        best = np.argsort(-scores, kind="stable")[:k]
        # It scores all passages; those without any of the terms were not found.
        return [ScoredId(ids[i], float(scores[i])) for i in best if known & engine.doc_freqs[i].keys()]

    def size(self, collection_id: str, version: int) -> int:
        return len(self._engine(collection_id, version)[0])

    def add(self, collection_id: str, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
        self._built.pop(collection_id, None)

    def remove_document(self, collection_id: str, document_id: str) -> None:
        self._built.pop(collection_id, None)

    def drop(self, collection_id: str) -> None:
        self._built.pop(collection_id, None)

    def count(self, collection_id: str) -> int:
        return sum(1 for _ in self._terms_of(collection_id))

    def exists(self, collection_id: str) -> bool:
        return True

    def close(self) -> None:
        self._built.clear()

    def strays(self, known: Sequence[str]) -> list[str]:
        return []

    def remove_stray(self, name: str) -> None:
        return None

    def entries(self, collection_id: str) -> Counter[int]:
        return Counter(passage_id for passage_id, _ in self._terms_of(collection_id))

    def remove(self, collection_id: str, ids: Sequence[int]) -> None:
        self._built.pop(collection_id, None)

    def replace(
        self, collection_id: str, documents: Sequence[str], passages: Sequence[tuple[Passage, Sequence[str]]]
    ) -> None:
        self._built.pop(collection_id, None)

    def _engine(self, collection_id: str, version: int) -> tuple[list[int], _Bm25 | None]:
        known = self._built.get(collection_id)
        if known is None or known[0] != version:
            passages = list(self._terms_of(collection_id))
            # It divides by the number of passages and by their mean length.
            engine = _Bm25([terms for _, terms in passages], k1=_K1, b=_B) if any(t for _, t in passages) else None
            known = (version, [passage_id for passage_id, _ in passages], engine)
            self._built[collection_id] = known
        return known[1], known[2]
