"""Test sets with both branches' candidates: tantivy's, and exact nearest neighbours.

Vectors are kept under ``build/vectors``, as embedding takes longer than all the rest. A slow embedder gets a
part of a set: so many of its questions, their judged documents, and so many documents beside them.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.app.domain.documents import ExtractedDocument, Passage
from backend.app.domain.search import ScoredId
from backend.app.services.embedding import registry
from backend.app.services.embedding.base import Embedder, Vectors
from backend.app.services.evaluation.beir import Entry, LabelledSet, Question, read_folder
from backend.app.services.ingestion.chunking import chunk
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.fusion import strength
from backend.app.services.retrieval.index_text import index_text
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.storage.indexes.tantivy import TantivyIndexes

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "vectors"
CANDIDATES = 100
_COLLECTION = "set"


@dataclass(frozen=True)
class Asked:
    """A question with what each branch answers; ``tuned`` tells its half."""

    question: Question
    bm25: list[ScoredId]
    vector: list[ScoredId]
    strength: float  # of words, as fusion takes it
    tuned: bool


@dataclass(frozen=True)
class PreparedSet:
    name: str
    passages: list[Passage]
    titles: dict[str, str]
    documents: dict[int, str]  # of each passage
    asked: list[Asked]


def prepare(folder: Path, embedding: str, questions: int | None, beside: int | None) -> PreparedSet:
    """Read, cut, index and embed a set, and ask both branches every question."""
    labelled = part(read_folder(folder), questions, beside)
    passages, titles = cut(labelled.documents)
    texts = [index_text(titles[passage.document_id], passage) for passage in passages]
    asked = [question.text for question in labelled.questions]
    embedder = registry.create(embedding, threads=2)
    name = folder.resolve().name
    space = embedded(embedder, f"{name}-passages", texts, of_questions=False)
    points = embedded(embedder, f"{name}-questions", asked, of_questions=True)
    by_meaning = [nearest(point, space) for point in points]
    by_words = bm25(passages, texts, asked)
    found = [
        Asked(question, words, meaning, strong, in_first_half(question.id))
        for question, (words, strong), meaning in zip(labelled.questions, by_words, by_meaning, strict=True)
    ]
    return PreparedSet(name, passages, titles, {p.id: p.document_id for p in passages}, found)


def in_first_half(question_id: str) -> bool:
    """Split by the id alone: the same whatever else is in the set."""
    return _order(question_id) % 2 == 0


def part(labelled: LabelledSet, questions: int | None, beside: int | None) -> LabelledSet:
    """Return so many questions, the documents that are relevant for them, and others ``beside``."""
    asked = sorted(labelled.questions, key=lambda question: _order(question.id))[:questions]
    if beside is None:
        return LabelledSet(labelled.documents, tuple(asked))
    relevant = {id for question in asked for id, gain in question.relevance.items() if gain > 0}
    others = sorted((d for d in labelled.documents if d.id not in relevant), key=lambda document: _order(document.id))
    kept = relevant | {document.id for document in others[:beside]}
    return LabelledSet(tuple(d for d in labelled.documents if d.id in kept), tuple(asked))


def cut(entries: Sequence[Entry]) -> tuple[list[Passage], dict[str, str]]:
    """Cut documents as the product does; ids count from 1."""
    passages: list[Passage] = []
    for entry in entries:
        for piece in chunk(ExtractedDocument(entry.text, entry.title or None, "text/plain", (), ()), target=1000):
            passages.append(
                Passage(
                    id=len(passages) + 1,
                    document_id=entry.id,
                    collection_id=_COLLECTION,
                    ordinal=piece.ordinal,
                    text=piece.text,
                    start=piece.start,
                    end=piece.end,
                    page=piece.page,
                    heading=piece.heading,
                )
            )
    return passages, {entry.id: entry.title for entry in entries}


def embedded(embedder: Embedder, name: str, texts: Sequence[str], *, of_questions: bool) -> Vectors:
    """Return the texts' vectors, kept from the last time where the texts are the same."""
    content = hashlib.blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()
    path = KEPT / f"{name}-{embedder.name.replace('/', '-')}-{content}.npy"
    if path.exists():
        kept: Vectors = np.load(path)
        return kept
    started = time.perf_counter()
    embed = embedder.embed_queries if of_questions else embedder.embed_passages
    size = embedder.batch
    vectors = np.concatenate([embed(texts[first : first + size]) for first in range(0, len(texts), size)])
    print(f"# {name}, {embedder.name}: {len(texts) / (time.perf_counter() - started):.1f} texts/s", flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors)
    return vectors


def bm25(
    passages: Sequence[Passage], texts: Sequence[str], questions: Sequence[str]
) -> list[tuple[list[ScoredId], float]]:
    """Return what tantivy finds for each question, and how strong that is."""
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndexes(Path(folder), analyzer.version)
        index.add(_COLLECTION, [(p, analyzer.terms(text)) for p, text in zip(passages, texts, strict=True)])
        looked_up = QueryTerms(analyzer)
        terms = [looked_up(question) for question in questions]
        found = [index.search(_COLLECTION, 1, asked, CANDIDATES) for asked in terms]
        index.close()
    return [
        (scored, strength(scored[0].score, len(asked), len(passages)) if scored else 0.0)
        for scored, asked in zip(found, terms, strict=True)
    ]


def nearest(point: Vectors, space: Vectors) -> list[ScoredId]:
    scores = space @ point
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    return [ScoredId(int(row) + 1, float(scores[row])) for row in best]


def _order(id: str) -> int:
    return int.from_bytes(hashlib.blake2b(id.encode(), digest_size=8).digest(), "big")
