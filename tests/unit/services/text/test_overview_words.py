from __future__ import annotations

import pytest

from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.text.overview_words import overview_question

ANALYZER = Analyzer()


def names_in(question: str) -> frozenset[str] | None:
    asked = overview_question(question, ANALYZER)
    return None if asked is None else asked.names


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What are the main points of the annual report 2024?", "annual 2024"),
        ("Give me a summary of handbook.pdf", "handbook"),
        ("What is the handbook about?", "handbook"),
        ("What does the contract cover?", "contract"),
        ("선박 안전 규정 요약해줘", "선박 안전 규정"),
        ("선박 안전 규정의 핵심 내용은 무엇인가요?", "선박 안전 규정"),
        ("2023년 예산안의 주요 내용을 정리해 주세요", "2023 예산안"),
    ],
)
def test_a_document_is_asked_for_by_its_name(question: str, name: str) -> None:
    assert names_in(question) == frozenset(ANALYZER.terms(name))


@pytest.mark.parametrize(
    "question",
    ["Summarize this document", "tl;dr", "What is this file about?", "이 문서 요약해 줘", "이 문서는 무엇에 대한 문서인가요?",
     "보고서를 세 줄로 요약해줘", "전체 내용을 간단히 설명해 주세요", "내용 정리해줘"],
)  # fmt: skip
def test_a_document_is_pointed_at(question: str) -> None:
    asked = overview_question(question, ANALYZER)
    assert asked is not None
    assert (asked.names, asked.several) == (frozenset(), False)


@pytest.mark.parametrize(
    "question",
    [
        "What are these documents about?",
        "Summarise all my documents in five bullet points",
        "올린 문서들 요약해 주세요",
    ],
)
def test_several_are_pointed_at(question: str) -> None:
    asked = overview_question(question, ANALYZER)
    assert asked is not None
    assert (asked.names, asked.several) == (frozenset(), True)


@pytest.mark.parametrize(
    "question",
    ["What is the capital of France?", "What does the handbook say about ropes?", "저자는 누구인가요?", "When does the lamp burn?",
     "문서 보존 기간은?", "How many points did the team score?"],
)  # fmt: skip
def test_something_in_particular_is_no_overview(question: str) -> None:
    assert overview_question(question, ANALYZER) is None


def test_what_stands_in_quotes_is_the_name() -> None:
    assert names_in("What are the main points of “All about reports”?") == frozenset(
        ANALYZER.terms("All about reports")
    )
    assert names_in("‘문서 관리 규정’의 핵심 내용은 무엇인가요?") == frozenset(ANALYZER.terms("문서 관리 규정"))


def test_what_is_asked_of_a_part_keeps_the_parts_words() -> None:
    assert names_in("summarize the section on cooling") == frozenset(ANALYZER.terms("section cooling"))
    assert names_in("냉각 장치의 핵심 부품은?") == frozenset(ANALYZER.terms("냉각 장치 부품"))
