"""Indexing a test set as the product would, and asking it every question."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from backend.app.domain.documents import Chunk, Collection, ExtractedDocument, Passage
from backend.app.domain.search import SearchMode, SearchResult
from backend.app.services.embedding.base import Embedder
from backend.app.services.evaluation.beir import Entry, LabelledSet
from backend.app.services.evaluation.measures import ndcg, percentile, recall, reciprocal_rank
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.index_interfaces import LexicalIndexes, VectorIndexes
from backend.app.storage.interfaces import NewDocument

RANKED = 10  # documents a question is judged by
_RECALL_DEPTH = 5
_DOCUMENTS_BATCH = 2000  # in one transaction and one commit of the word index


class Corpora(Protocol):
    """Collections that are filled at once instead of document by document, and have no owner."""

    def create(self, name: str) -> str: ...
    def add(self, collection_id: str, documents: Sequence[tuple[NewDocument, Sequence[Chunk]]]) -> list[Passage]:
        """Store documents as ready, in one transaction; return their passages with ids, in order."""

    def get(self, collection_id: str) -> Collection: ...


class Retriever(Protocol):
    def search(self, query: str, collections: Sequence[Collection], mode: SearchMode, k: int) -> SearchResult: ...


class Progress(Protocol):
    def __call__(self, stage: str, done: int, total: int) -> None:
        """``stage`` is documents, then questions."""


@dataclass(frozen=True, slots=True)
class Report:
    """Means over the questions; times in milliseconds. ``degraded`` questions lost a branch."""

    ndcg: float
    recall: float
    mrr: float
    p50_ms: float
    p95_ms: float
    queries: int
    passages: int
    index_seconds: float
    degraded: int


@dataclass(frozen=True, slots=True)
class _Indexed:
    collection: Collection
    corpus_ids: dict[str, str]  # a document's id -> its id in the corpus
    passages: int
    places: int  # hits that surely hold RANKED documents
    seconds: float


class Evaluator:
    """Works on an empty data folder of its own, through the product's parts."""

    def __init__(
        self,
        *,
        corpora: Corpora,
        lexical: LexicalIndexes,
        vectors: VectorIndexes,
        retriever: Retriever,
        chunk: Callable[[ExtractedDocument], list[Chunk]],
        embedder: Embedder,
        analyzer: Analyzer,
        new_id: Callable[[], str],
        candidates: int,
    ) -> None:
        """``candidates`` is what each branch offers to fusion: more hits than that are never asked for."""
        self._corpora = corpora
        self._lexical = lexical
        self._vectors = vectors
        self._retriever = retriever
        self._chunk = chunk
        self._embedder = embedder
        self._analyzer = analyzer
        self._new_id = new_id
        self._candidates = candidates

    def run(self, labelled: LabelledSet, mode: SearchMode, progress: Progress) -> Report:
        """Index what ``mode`` searches and measure it, one question after the other.

        A document stands where its first passage does.

        Raises:
            Unavailable: an index does not answer.
        """
        indexed = self._index(labelled.documents, mode, progress)
        times: list[float] = []
        scores: list[tuple[float, float, float]] = []
        degraded = 0
        for number, question in enumerate(labelled.questions, 1):
            started = time.perf_counter()
            result = self._retriever.search(question.text, [indexed.collection], mode, indexed.places)
            times.append((time.perf_counter() - started) * 1000)
            degraded += bool(result.degraded)
            ranking = _documents_in_order(result, indexed.corpus_ids)
            scores.append(
                (
                    ndcg(ranking, question.relevance, RANKED),
                    recall(ranking, question.relevance, _RECALL_DEPTH),
                    reciprocal_rank(ranking, question.relevance, RANKED),
                )
            )
            progress("questions", number, len(labelled.questions))
        means = [fmean(values) for values in zip(*scores, strict=True)]
        return Report(
            ndcg=means[0],
            recall=means[1],
            mrr=means[2],
            p50_ms=percentile(times, 0.5),
            p95_ms=percentile(times, 0.95),
            queries=len(times),
            passages=indexed.passages,
            index_seconds=indexed.seconds,
            degraded=degraded,
        )

    def _index(self, entries: Sequence[Entry], mode: SearchMode, progress: Progress) -> _Indexed:
        started = time.perf_counter()
        collection_id = self._corpora.create("Evaluation")
        corpus_ids: dict[str, str] = {}
        lengths: list[int] = []  # of the documents, in passages
        for first in range(0, len(entries), _DOCUMENTS_BATCH):
            batch = entries[first : first + _DOCUMENTS_BATCH]
            documents = [self._document(collection_id, entry) for entry in batch]
            corpus_ids |= {new.id: entry.id for (new, _), entry in zip(documents, batch, strict=True)}
            lengths += [len(chunks) for _, chunks in documents]
            titles = {new.id: new.title for new, _ in documents}
            passages = self._corpora.add(collection_id, documents)
            texts = [index_text(titles[passage.document_id], passage) for passage in passages]
            if mode is not SearchMode.VECTOR:
                terms = [self._analyzer.terms(text) for text in texts]
                self._lexical.add(collection_id, list(zip(passages, terms, strict=True)))
            if mode is not SearchMode.BM25:
                for share in self._embed(collection_id, passages, texts):
                    progress("documents", first + int(share * len(batch)), len(entries))
            progress("documents", first + len(batch), len(entries))
        return _Indexed(
            collection=self._corpora.get(collection_id),
            corpus_ids=corpus_ids,
            passages=sum(lengths),
            places=min(_places(lengths), self._candidates),
            seconds=time.perf_counter() - started,
        )

    def _document(self, collection_id: str, entry: Entry) -> tuple[NewDocument, list[Chunk]]:
        extracted = ExtractedDocument(entry.text, entry.title or None, "text/plain", pages=(), headings=())
        content = entry.text.encode()
        new = NewDocument(
            id=self._new_id(),
            collection_id=collection_id,
            title=entry.title,
            filename=entry.id,
            media_type="text/plain",
            # With the id in it: a corpus may hold the same text twice, a collection may not.
            sha256=hashlib.sha256(entry.id.encode() + b"\0" + content).hexdigest(),
            bytes=len(content),
        )
        return new, self._chunk(extracted)

    def _embed(self, collection_id: str, passages: Sequence[Passage], texts: Sequence[str]) -> Iterator[float]:
        """Make and store the vectors; yield the share that is done."""
        size = self._embedder.batch
        for first in range(0, len(texts), size):
            vectors = self._embedder.embed_passages(texts[first : first + size])
            self._vectors.add(collection_id, passages[first : first + size], vectors)
            yield min(1.0, (first + size) / len(texts))


def _places(lengths: Sequence[int]) -> int:
    """Return how many hits hold ten documents even if the longest nine come first, passage by passage."""
    return sum(sorted(lengths, reverse=True)[: RANKED - 1]) + 1


def _documents_in_order(result: SearchResult, corpus_ids: dict[str, str]) -> list[str]:
    """Return the corpus' ids of the documents found, each where its first passage stands."""
    found = dict.fromkeys(hit.passage.document_id for hit in result.hits)
    return [corpus_ids[document_id] for document_id in found]
