"""The evaluator with indexes in memory and a retriever that answers what a test says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import pytest

from backend.app.domain.documents import Chunk, Collection, Passage
from backend.app.domain.search import Hit, SearchMode, SearchResult
from backend.app.services.evaluation.beir import Entry, LabelledSet, Question
from backend.app.services.evaluation.evaluator import Evaluator, Report
from backend.app.services.ingestion.chunking import chunk
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.interfaces import NewDocument
from tests.fakes.indexes import FakeEmbedder, FakeLexical, FakeVectors
from tests.fakes.things import collection, ids

SENTENCE = "This sentence has exactly sixty characters, spaces included. "


class MemoryCorpora:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.documents: list[NewDocument] = []
        self.transactions = 0

    def create(self, name: str) -> str:
        return "c1"

    def add(self, collection_id: str, documents: Sequence[tuple[NewDocument, Sequence[Chunk]]]) -> list[Passage]:
        self.transactions += 1
        before = len(self.passages)
        for new, chunks in documents:
            self.documents.append(new)
            for piece in chunks:
                number = len(self.passages) + 1
                self.passages.append(
                    Passage(number, new.id, "c1", piece.ordinal, piece.text, piece.start, piece.end, None, None)
                )
        return self.passages[before:]

    def get(self, collection_id: str) -> Collection:
        return collection("c1", documents=len(self.documents), searchable=len(self.documents))


class Answering:
    """Answers a query with the passages of the corpus ids that ``answers`` lists, in that order."""

    def __init__(self, corpora: MemoryCorpora, **answers: list[str]) -> None:
        self._corpora = corpora
        self.answers = answers
        self.degraded: tuple[str, ...] = ()
        self.asked: list[tuple[str, SearchMode, int]] = []

    def search(self, query: str, collections: Sequence[Collection], mode: SearchMode, k: int) -> SearchResult:
        self.asked.append((query, mode, k))
        of = {new.filename: new.id for new in self._corpora.documents}
        hits = []
        for name in self.answers[query]:
            number, _, corpus_id = name.rpartition("#")
            found = [p for p in self._corpora.passages if p.document_id == of[corpus_id]]
            hits.append(Hit(found[int(number or 0)], "", 1.0, 1, 1))
        return SearchResult(tuple(hits[:k]), self.degraded, {})


class World:
    def __init__(self, **answers: list[str]) -> None:
        self.corpora = MemoryCorpora()
        self.lexical, self.vectors, self.embedder = FakeLexical(), FakeVectors(), FakeEmbedder()
        self.retriever = Answering(self.corpora, **answers)
        self.progress: list[tuple[str, int, int]] = []

    def run(self, labelled: LabelledSet, mode: SearchMode = SearchMode.HYBRID, candidates: int = 100) -> Report:
        evaluator = Evaluator(
            corpora=self.corpora,
            lexical=self.lexical,
            vectors=self.vectors,
            retriever=self.retriever,
            chunk=partial(chunk, target=400),
            embedder=self.embedder,
            analyzer=Analyzer(),
            new_id=ids(),
            candidates=candidates,
        )
        return evaluator.run(labelled, mode, lambda *step: self.progress.append(step))


def entries(*names: str, text: str = "words") -> tuple[Entry, ...]:
    return tuple(Entry(name, f"Title {name}", text) for name in names)


def test_the_means_are_those_worked_out_by_hand() -> None:
    world = World(first=["b", "a", "c"], second=["c"])
    labelled = LabelledSet(
        entries("a", "b", "c"),
        (Question("q1", "first", {"a": 1, "c": 2}), Question("q2", "second", {"a": 1})),
    )
    report = world.run(labelled)
    first = (1 / math.log2(3) + 2 / math.log2(4)) / (2 + 1 / math.log2(3))
    assert report.ndcg == pytest.approx(first / 2)
    assert report.recall == pytest.approx((1 + 0) / 2)
    assert report.mrr == pytest.approx((1 / 2 + 0) / 2)
    assert (report.queries, report.passages, report.degraded) == (2, 3, 0)
    assert 0 <= report.p50_ms <= report.p95_ms


def test_a_document_stands_where_its_first_passage_does() -> None:
    world = World(query=["0#long", "2#long", "1#long", "short"])
    labelled = LabelledSet(
        (Entry("long", "", SENTENCE * 20), *entries("short")), (Question("q", "query", {"short": 1}),)
    )
    report = world.run(labelled)
    assert report.passages >= 4
    assert report.mrr == pytest.approx(1 / 2)
    assert report.ndcg == pytest.approx(1 / math.log2(3))


def test_enough_passages_are_asked_for_to_fill_ten_documents() -> None:
    world = World(query=["short"])
    documents = (
        *(Entry(f"long{n}", "", SENTENCE * 20) for n in range(2)),
        *entries(*(f"short{n}" for n in range(12)), "short"),
    )
    report = world.run(LabelledSet(documents, (Question("q", "query", {"short": 1}),)))
    of_a_long_one = (report.passages - 13) // 2
    # Two long documents, seven short ones and one more passage: ten documents whatever comes first.
    assert world.retriever.asked == [("query", SearchMode.HYBRID, 2 * of_a_long_one + 7 + 1)]


def test_no_more_are_asked_for_than_the_branches_offer() -> None:
    world = World(query=["short"])
    documents = (*(Entry(f"long{n}", "", SENTENCE * 40) for n in range(9)), *entries("short"))
    world.run(LabelledSet(documents, (Question("q", "query", {"short": 1}),)), candidates=30)
    assert world.retriever.asked[0][2] == 30


@pytest.mark.parametrize(
    ("mode", "words", "vectors"),
    [(SearchMode.HYBRID, 3, 3), (SearchMode.BM25, 3, 0), (SearchMode.VECTOR, 0, 3)],
)
def test_only_what_the_mode_searches_is_indexed(mode: SearchMode, words: int, vectors: int) -> None:
    world = World(query=["a"])
    report = world.run(LabelledSet(entries("a", "b", "c"), (Question("q", "query", {"a": 1}),)), mode)
    assert len(world.lexical.entries.get("c1", {})) == words
    assert len(world.vectors.entries.get("c1", {})) == vectors == len(world.embedder.embedded)
    assert report.passages == 3


def test_passages_are_indexed_under_their_title() -> None:
    world = World(query=["a"])
    world.run(LabelledSet(entries("a"), (Question("q", "query", {"a": 1}),)))
    assert world.embedder.embedded == ["Title a\nwords"]
    assert ("terms", 1, ("titl", "a", "word")) in world.lexical.asked


def test_the_same_text_twice_is_two_documents() -> None:
    world = World(query=["b"])
    world.run(LabelledSet(entries("a", "b"), (Question("q", "query", {"b": 1}),)))
    assert len({new.sha256 for new in world.corpora.documents}) == 2


def test_many_documents_share_a_transaction() -> None:
    world = World(query=["d7"])
    names = [f"d{n}" for n in range(2001)]
    world.run(LabelledSet(entries(*names), (Question("q", "query", {"d7": 1}),)), SearchMode.BM25)
    assert world.corpora.transactions == 2
    assert world.progress == [("documents", 2000, 2001), ("documents", 2001, 2001), ("questions", 1, 1)]


def test_questions_that_lost_a_branch_are_counted() -> None:
    world = World(query=["a"])
    world.retriever.degraded = ("vector",)
    assert world.run(LabelledSet(entries("a"), (Question("q", "query", {"a": 1}),))).degraded == 1
