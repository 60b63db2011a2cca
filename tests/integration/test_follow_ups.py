"""Questions that lean on the one before, over the word index and the embedder that people get."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from backend.app.concurrency import NativePool
from backend.app.config import Settings
from backend.app.domain.chat import Turn
from backend.app.services.embedding.base import Embedder
from backend.app.services.embedding.registry import create
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query, judged_by
from backend.app.services.retrieval.relevance import SentenceRelevance
from benchmarks.follow_ups import conversations, found, passages, share
from benchmarks.support.in_process import InProcessSearch, Uncached

ELSEWHERE = (
    "Which river flows through the capital of Hungary?",
    "Who won the football world cup in 2002?",
    "What is the boiling point of liquid nitrogen?",
    "헝가리의 수도를 지나 흐르는 강의 이름은 무엇인가요?",
    "조선을 건국한 왕의 아버지는 누구였나요?",
    "액체 질소의 끓는점은 섭씨 몇 도입니까?",
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return create("use")


@pytest.fixture(scope="module")
def search(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> InProcessSearch:
    return InProcessSearch(passages(), tmp_path_factory.mktemp("index"), embedder, Analyzer())


def test_the_conversation_finds_what_a_follow_up_question_asks_for(search: InProcessSearch) -> None:
    talks, analyzer = conversations(), Analyzer()
    assert len(talks) >= 40
    alone = found(search, talks, lambda talk: talk.follow_up)
    together = found(search, talks, lambda talk: contextual_query(talk.follow_up, talk.history, analyzer))
    for language in ("en", "ko"):
        assert share(talks, together, language=language) >= 0.85
        assert share(talks, together, language=language) >= share(talks, alone, language=language) + 0.2
    assert share(talks, together, kind="alone") == 1  # a change of subject is not held back


def test_what_nothing_is_about_is_told_so_in_a_conversation_too_and_what_leans_on_it_is_not(
    search: InProcessSearch, embedder: Embedder
) -> None:
    analyzer = Analyzer()
    relevance = SentenceRelevance(analyzer, Uncached(), embedder, NativePool())
    least = Settings().least_relevance

    def fits(question: str, history: Sequence[Turn]) -> bool:
        query = contextual_query(question, history, analyzer)
        sources = search.best(query, 6)  # as a chat has
        return any(relevance.of(text, sources) >= least for text in judged_by(question, query))

    talks = conversations()
    answered = [fits(talk.follow_up, talk.history) for talk in talks]
    assert sum(answered) / len(answered) > 0.9
    for question in ELSEWHERE:
        assert not fits(question, ())
        assert not any(fits(question, talk.history) for talk in talks[::5])
