from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.concurrency import NativePool
from backend.app.domain.chat import Source
from backend.app.errors import EmbedderUnavailable
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.relevance import CLEAR, CachedRelevance, SentenceRelevance
from tests.fakes.indexes import FakeEmbedder
from tests.fakes.remembering import memory_cache
from tests.unit.cache.test_tiered import Cached

PUMP = "The pump moves forty litres a minute. It is painted green. Oil its bearing every spring."
FERRY = "The night ferry leaves at ten. Tickets cost twelve dollars."


class Near(FakeEmbedder):
    """Every sentence is ``cosine`` near to every question."""

    judges_relevance = True

    def __init__(self, cosine: float) -> None:
        super().__init__()
        self.cosine = cosine
        self.compared: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> Any:
        self.compared += texts
        return np.tile(np.array([self.cosine, np.sqrt(1 - self.cosine**2)], dtype=np.float32), (len(texts), 1))


class Queries:
    def of(self, query: str, embedder: object) -> Any:
        return np.array([1.0, 0.0], dtype=np.float32)


def source(n: int, text: str, title: str = "") -> Source:
    return Source(n, f"d{n}", title, None, None, n, text, 0, len(text), 1.0)


SOURCES = (source(1, PUMP), source(2, FERRY))


def relevance(question: str, embedder: FakeEmbedder, sources: Sequence[Source] = SOURCES) -> float:
    return SentenceRelevance(Analyzer(), Queries(), embedder, NativePool()).of(question, sources)


def test_a_text_that_describes_a_subject_at_length_is_not_judged_by_single_sentences() -> None:
    described = " ".join(f"word{number}" for number in range(41))
    assert relevance(described, Near(0.0)) == CLEAR
    assert relevance(described.removesuffix(" word40"), Near(0.0)) < 0.3
    assert relevance("unheard words " * 40, Near(0.0)) < 0.3, "a short question, said often"
    assert relevance(described, Near(0.0), ()) == 0.0


def test_a_sentence_that_holds_all_words_is_relevant_whatever_its_meaning() -> None:
    near = Near(0.0)
    assert relevance("How many litres does the pump move?", near) >= CLEAR
    assert not near.compared


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("톱을 쓸 때 무엇을 써야 하나요?", "톱을 쓸 써야"),
        ("보안경은 언제 사용됩니까?", "보안경 사용"),
        ("톱은 어떻게 보관할까요?", "톱은 보관"),
    ],
)
def test_how_korean_asks_does_not_count_as_something_asked_for(question: str, bare: str) -> None:
    sources = (source(1, "톱을 쓸 때는 반드시 보안경을 씁니다. 톱은 벽에 걸어 둡니다."),)
    assert relevance(question, Near(0.2), sources) == relevance(bare, Near(0.2), sources) > 0


def test_other_words_of_the_same_meaning_are_relevant_and_others_are_not() -> None:
    question = "When should I lubricate the thing?"
    assert relevance(question, Near(0.9)) >= 0.3
    assert relevance(question, Near(0.1)) < 0.1


def test_only_the_sentences_that_hold_most_are_compared() -> None:
    near = Near(0.5)
    relevance("Is the ferry owned by a bank, a family or the state of Denmark?", near)
    assert len(near.compared) == 5
    assert near.compared[0] == "The night ferry leaves at ten."


@pytest.mark.parametrize("question", ["Who won the election in Brazil?", "브라질 선거에서 누가 이겼나요?"])
def test_what_the_sources_do_not_speak_of_is_below_the_default(question: str) -> None:
    assert relevance(question, FakeEmbedder()) < 0.3  # not even with an embedder that cannot tell


def test_who_names_a_document_asks_about_it() -> None:
    question = "What are the main points of “Harbour rules”?"
    assert relevance(question, Near(0.1), (source(1, FERRY, "Harbour rules"),)) == CLEAR
    assert relevance(question, Near(0.1), (source(1, FERRY, "Harbour rules of Oslo"),)) < 0.3


def test_an_embedder_that_is_away_speaks_neither_for_nor_against() -> None:
    class Away(Near):
        def embed_queries(self, texts: Sequence[str]) -> Any:
            raise EmbedderUnavailable

    question = "When does the boat to the island leave, and from where?"
    assert relevance(question, Away(0.0)) == relevance(question, FakeEmbedder())


@given(question=st.text(max_size=60), texts=st.lists(st.text(max_size=120), max_size=3))
def test_it_is_a_share_for_any_text(question: str, texts: list[str]) -> None:
    sources = [source(n, text) for n, text in enumerate(texts, 1)]
    assert 0.0 <= relevance(question, Near(0.7), sources) <= 1.0


def test_it_is_worked_out_anew_behind_the_reader_shortly_before_its_hour_is_over() -> None:
    here, worked_out = Cached(), []

    class Slow:
        def of(self, question: str, sources: Sequence[Source]) -> float:
            here.clock.pass_by(1.0)
            worked_out.append(question)
            return 0.25

    kept = CachedRelevance(Slow(), here.cache)
    kept.of("Why?", SOURCES)
    here.clock.pass_by(3598)
    here.chance = 0.9  # 2.3 seconds ahead
    before = here.clock.now
    assert (kept.of("Why?", SOURCES), here.clock.now) == (0.25, before)
    here.background.run()
    assert worked_out == ["Why?"] * 2


def test_it_is_worked_out_once_for_a_question_and_its_passages() -> None:
    class Counted:
        times = 0

        def of(self, question: str, sources: Sequence[Source]) -> float:
            self.times += 1
            return 0.25

    counted = Counted()
    kept = CachedRelevance(counted, memory_cache())
    assert [kept.of("Why?", SOURCES), kept.of("Why?", SOURCES)] == [0.25, 0.25]
    assert counted.times == 1
    kept.of("Why?", SOURCES[:1])
    assert counted.times == 2
