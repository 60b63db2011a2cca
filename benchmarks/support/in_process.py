"""Both branches of search in this process: the product's word index, and exact vectors in place of Chroma's graph.

For figures that are about questions, not about the index: what stands between a question and the best passages
is the product's own, and nothing has to be started.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.app.domain.chat import Source
from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.services.embedding.base import Embedder
from backend.app.services.evaluation.beir import Entry
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.fusion import fuse, strength
from backend.app.services.retrieval.index_text import index_text
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.storage.indexes.tantivy import TantivyIndexes

_CANDIDATES = 100
_BATCH = 64


class InProcessSearch:
    """Searches entries of a test set, each as one passage."""

    def __init__(self, entries: Sequence[Entry], folder: Path, embedder: Embedder, analyzer: Analyzer) -> None:
        self.entries = entries
        self._terms = QueryTerms(analyzer)
        self._embedder = embedder
        self._lexical = TantivyIndexes(folder, analyzer.version)
        self._collection = uuid.uuid4().hex
        passages = [_passage(number, entry, self._collection) for number, entry in enumerate(entries)]
        texts = [index_text(entry.title, passage) for entry, passage in zip(entries, passages, strict=True)]
        self._lexical.add(self._collection, [(p, analyzer.terms(t)) for p, t in zip(passages, texts, strict=True)])
        batches = (texts[first : first + _BATCH] for first in range(0, len(texts), _BATCH))
        self._vectors = np.concatenate([embedder.embed_passages(batch) for batch in batches])

    def best(self, query: str, k: int, without: frozenset[int] = frozenset()) -> list[Source]:
        """Return the ``k`` best passages as sources; those ``without`` are as if they were not there."""
        terms = self._terms(query)
        words = self._lexical.search(self._collection, 1, terms, _CANDIDATES)
        left = [item for item in words if item.passage_id not in without]
        cosines = self._vectors @ self._embedder.embed_queries([query])[0]
        nearest = np.argsort(-cosines, kind="stable")[:_CANDIDATES]
        fused = fuse(
            left,
            [ScoredId(int(number), float(cosines[number])) for number in nearest if int(number) not in without],
            self._embedder.fusion_weight,
            strength(left[0].score, len(terms), len(self.entries)) if left else 0.0,
        )
        return [self._source(n, item.passage_id, item.score) for n, item in enumerate(fused[:k], 1)]

    def _source(self, n: int, number: int, score: float) -> Source:
        entry = self.entries[number]
        return Source(n, entry.id, entry.title, None, None, number, entry.text, 0, len(entry.text), score)


class Uncached:
    """Questions' vectors, made each time."""

    def of(self, query: str, embedder: Embedder) -> np.ndarray:
        return embedder.embed_queries([query])[0]


def _passage(number: int, entry: Entry, collection_id: str) -> Passage:
    return Passage(number, entry.id, collection_id, 0, entry.text, 0, len(entry.text), None, None)
