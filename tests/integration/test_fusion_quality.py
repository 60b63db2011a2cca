"""Hybrid search is never worse than the better of its branches, over the word index and the embedder that people get.

The questions, in both languages, are about products, libraries and rules that differ in little but their names: words
are strong there, and an embedder that is believed too much brings the wrong one of eight alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import fmean

import pytest

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.services.embedding.openai_compatible import OpenAICompatibleEmbedder
from backend.app.services.embedding.registry import create
from backend.app.services.evaluation.beir import Question
from backend.app.services.evaluation.measures import ndcg
from backend.app.services.retrieval.fusion import fuse
from backend.app.services.retrieval.index_text import index_text
from benchmarks.follow_ups import FOLDER, passages
from benchmarks.quality.sets import Asked, bm25, in_first_half, nearest

ALLOWED = 0.003
Ranking = Sequence[ScoredId]


class Measured:
    """The fixtures' questions with what both branches answer, in each language."""

    def __init__(self) -> None:
        entries, embedder = passages(), create("use")
        self.ids = {number: entry.id for number, entry in enumerate(entries, 1)}
        rows = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()]
        stored = [
            Passage(number, entry.id, "set", 0, entry.text, 0, len(entry.text), None, None)
            for number, entry in enumerate(entries, 1)
        ]
        texts = [index_text(entry.title, passage) for entry, passage in zip(entries, stored, strict=True)]
        space = embedder.embed_passages(texts)
        points = embedder.embed_queries([row["text"] for row in rows])
        found = bm25(stored, texts, [row["text"] for row in rows])
        self.asked: dict[str, list[Asked]] = {"en": [], "ko": []}
        for row, point, (words, strong) in zip(rows, points, found, strict=True):
            question = Question(row["_id"], row["text"], {row["relevant"]: 1})
            self.asked[row["language"]].append(
                Asked(question, words, nearest(point, space), strong, in_first_half(row["_id"]))
            )

    def words(self, language: str) -> float:
        return self._mean(language, [asked.bm25 for asked in self.asked[language]])

    def meaning(self, language: str) -> float:
        return self._mean(language, [asked.vector for asked in self.asked[language]])

    def hybrid(self, language: str, weight: float) -> float:
        fused = [fuse(asked.bm25, asked.vector, weight, asked.strength) for asked in self.asked[language]]
        return self._mean(language, [[ScoredId(item.passage_id, item.score) for item in one] for one in fused])

    def _mean(self, language: str, rankings: Sequence[Ranking]) -> float:
        return fmean(
            ndcg([self.ids[item.passage_id] for item in ranking], asked.question.relevance, 10)
            for asked, ranking in zip(self.asked[language], rankings, strict=True)
        )


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


def test_the_questions_tell_something(measured: Measured) -> None:
    """Neither branch finds all, and neither nothing."""
    for language, asked in measured.asked.items():
        assert len(asked) == 30
        assert 0.3 < measured.meaning(language) < 0.97
        assert 0.6 < measured.words(language) < 0.995


@pytest.mark.parametrize(
    "weight",
    [
        pytest.param(create("use").fusion_weight, id="use"),
        pytest.param(OpenAICompatibleEmbedder.fusion_weight, id="a weak model at an endpoint"),
    ],
)
def test_hybrid_search_is_not_below_the_better_of_its_branches_and_above_words_alone(
    measured: Measured, weight: float
) -> None:
    gains = []
    for language in measured.asked:
        words, meaning = measured.words(language), measured.meaning(language)
        hybrid = measured.hybrid(language, weight)
        assert hybrid >= max(words, meaning) - ALLOWED, language
        gains.append(hybrid - words)
    assert fmean(gains) >= 0


def test_a_weight_that_no_embedder_here_deserves_breaks_the_promise(measured: Measured) -> None:
    """So that the test above would see it."""
    kept = [
        measured.hybrid(language, 0.95) >= max(measured.words(language), measured.meaning(language)) - ALLOWED
        for language in measured.asked
    ]
    assert not all(kept)
