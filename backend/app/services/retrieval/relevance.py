"""How likely it is that the passages found hold an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.app.cache.decorator import cached
from backend.app.cache.interfaces import MEMORY
from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import TieredCache
from backend.app.concurrency import NativePool
from backend.app.domain.chat import Source
from backend.app.errors import EmbedderUnavailable
from backend.app.services.embedding.base import Embedder
from backend.app.services.embedding.queries import QueryVectors
from backend.app.services.text.sentences import sentence_spans
from backend.app.services.text.terms import TermAnalyzer, content_terms, rarity

# Where one sentence holds so much of the question, its meaning is not looked at: on SQuAD that is so of seven
# questions of ten, and the curve of those that are rightly left unanswered stays the same (docs/retrieval.md).
CLEAR = 0.5
# A question of more different words describes a subject, and no sentence holds half of such a text: of CISI's, a third
# was told that nothing fits, though judged passages were found.
_MOST_WORDS = 40
_SECONDS = 3600.0
_COMPARED = 5  # sentences, a millisecond each
_MIDDLING = (
    0.4  # the median of questions' cosines with the sentences that answer them: it speaks neither for nor against
)


class Relevance(Protocol):
    def of(self, question: str, sources: Sequence[Source]) -> float:
        """Return 0 (they say nothing about it) to 1 (one sentence holds all of its words)."""


class SentenceRelevance:
    """The mean of two things that fail in different places: the share of the question's words that the best sentence
    holds, weighted by how rare those are among the sentences, and the cosine of the question and the nearest one."""

    def __init__(self, analyzer: TermAnalyzer, queries: QueryVectors, embedder: Embedder, pool: NativePool) -> None:
        self._analyzer = analyzer
        self._queries = queries
        self._embedder = embedder
        self._pool = pool

    def of(self, question: str, sources: Sequence[Source]) -> float:
        if sources and len(set(question.split())) > _MOST_WORDS:
            return CLEAR
        sentences = list(dict.fromkeys(text for source in sources for text in _sentences(source)))
        asked = content_terms(question, self._analyzer)
        held = [asked & frozenset(self._analyzer.terms(sentence)) for sentence in sentences]
        weights = rarity(asked, held)
        total = sum(weights.values())
        if not held or not total:
            return 0.0
        coverage = [sum(weights[term] for term in terms) / total for terms in held]
        best = max(coverage)
        if best >= CLEAR:
            return best
        if any(self._is_named(source.title, asked) for source in sources):
            return CLEAR
        order = sorted(range(len(held)), key=lambda number: -coverage[number])[:_COMPARED]
        return min(CLEAR, (best + self._nearness(question, [sentences[number] for number in order])) / 2)

    def _is_named(self, title: str, asked: frozenset[str]) -> bool:
        """Tell whether the question names a document: then it is about that one, in whatever words."""
        terms = content_terms(title, self._analyzer)
        return bool(terms) and terms <= asked

    def _nearness(self, question: str, sentences: Sequence[str]) -> float:
        if not self._embedder.judges_relevance:
            return _MIDDLING
        try:
            vectors = self._pool.run(self._embedder.embed_queries, sentences)
            return max(0.0, float((vectors @ self._queries.of(question, self._embedder)).max()))
        except EmbedderUnavailable:
            return _MIDDLING


class CachedRelevance:
    """Remembers it in the worker's memory: it depends on nothing but the words of question and passages."""

    def __init__(self, relevance: Relevance, cache: TieredCache) -> None:
        policy = Policy(ttl=_SECONDS, layers=frozenset({MEMORY}), shared_flights=False)
        region = Region("relevance", schema=1, kind=float, policy=policy, scoped=False)
        self._kept = cached(cache, region, parts=_parts)(relevance.of)

    def of(self, question: str, sources: Sequence[Source]) -> float:
        return self._kept(question, sources)


def _parts(question: str, sources: Sequence[Source]) -> list[object]:
    return [question, [source.passage_id for source in sources]]


def _sentences(source: Source) -> list[str]:
    return [source.text[slice(*span)] for span in sentence_spans(source.text)]
