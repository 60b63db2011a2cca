from __future__ import annotations

import pytest

from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.text.found_words import found_words

ANALYZER = Analyzer()


def found(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in found_words(query, [text], ANALYZER)[0]]


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("When do ferries leave?", "The ferry leaves at seven. Ferries do.", ["ferry", "leaves", "Ferries"]),
        ("데이터베이스를", "그 데이터베이스는 크다.", ["데이터베이스"]),
        ("등대는 언제 세워졌나요?", "그대는 등대를 보았다.", ["등대"]),
        ("패키지를 어떻게 설치하나요", "어떻게 하나요? 패키지를 설치한다.", ["패키지", "설치"]),
        ("등록되었는지", "등록되었는지 본다", ["등록되었"]),
        ("하나요", "어떻게 하나요?", ["하나요"]),
        ("배터리", "No Korean here.", []),
        ("the", "The whole.", ["The"]),
        ("istanbul", "İstanbul istanbul", ["istanbul"]),
        ("발전기 diesel", "😀 발전기는 diesel을 쓴다", ["발전기", "diesel"]),
    ],
)
def test_the_words_of_a_query_are_found_as_the_index_finds_them(query: str, text: str, words: list[str]) -> None:
    assert found(query, text) == words


def test_each_text_has_its_own_places() -> None:
    assert found_words("ferry", ["a ferry", "none", "ferry"], ANALYZER) == [((2, 7),), (), ((0, 5),)]


@pytest.mark.parametrize("text", ["Ferries, «배터리팩» 1만", "don’t stop x", "漢字かな交じり文", ""])
def test_located_terms_are_those_of_the_index(text: str) -> None:
    located = list(ANALYZER.located(text))
    assert [term for term, _, _ in located] == ANALYZER.terms(text)
    assert all(0 <= start < end <= len(text) for _, start, end in located)
