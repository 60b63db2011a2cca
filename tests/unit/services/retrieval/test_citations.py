from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.chat import Citation, Source
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.citations import CitationVerifier

TOWER = (
    "The tower was built in 1889. It is 330 metres tall,\nand stands in Paris. The firm of Gustave Eiffel designed it."
)
PROTEST = "임종석은 1989년 2월 15일 여의도 농민 폭력 시위를 주도한 혐의로 지명수배되었다. 그 뒤 국회의원이 되었다."


def source(n: int, text: str) -> Source:
    return Source(n, f"d{n}", "t", None, None, n * 10, text, 0, len(text), 1.0)


SOURCES = (source(1, TOWER), source(2, PROTEST))


@pytest.fixture(scope="module")
def verifier() -> CitationVerifier:
    return CitationVerifier(Analyzer())


def quotes(verifier: CitationVerifier, answer: str) -> list[tuple[int, str]]:
    return [(citation.n, citation.quote) for citation in verifier.verify(answer, SOURCES).citations]


def test_an_exact_quote_is_found_in_spite_of_line_breaks(verifier: CitationVerifier) -> None:
    citations, dropped = verifier.verify("It is 330 metres tall, and stands in Paris [1].", SOURCES)

    assert citations == (Citation(1, 10, "It is 330 metres tall,\nand stands in Paris.", 29, 72),)
    assert dropped == 0


def test_an_exact_quote_is_found_in_spite_of_unicode_forms(verifier: CitationVerifier) -> None:
    answer = unicodedata.normalize("NFD", "그 뒤 국회의원이 되었다") + " [2]."

    assert quotes(verifier, answer) == [(2, "그 뒤 국회의원이 되었다.")]


def test_what_stands_in_quotation_marks_is_looked_for_first(verifier: CitationVerifier) -> None:
    assert quotes(verifier, 'One source calls it "and stands in Paris", oddly enough [1].') == [
        (1, "and stands in Paris.")
    ]


def test_a_paraphrase_is_proved_by_the_sentence_that_it_is_of(verifier: CitationVerifier) -> None:
    assert quotes(verifier, "Gustave Eiffel's firm was its designer [1].") == [
        (1, "The firm of Gustave Eiffel designed it.")
    ]
    assert quotes(verifier, "1989년 2월 15일에 시위 주도 혐의로 지명수배되었습니다【2】.") == [
        (2, "임종석은 1989년 2월 15일 여의도 농민 폭력 시위를 주도한 혐의로 지명수배되었다.")
    ]


def test_a_claim_out_of_two_sentences_is_proved_by_both(verifier: CitationVerifier) -> None:
    assert quotes(verifier, "Built in 1889, the tower is 330 metres tall and in Paris [1].") == [(1, TOWER[:72])]


@pytest.mark.parametrize(
    "answer",
    [
        "Bananas are yellow and sweet [1].",
        "The tower was built in 1899 [1].",  # as like as can be, but for the number
        "The tower was built in 1889 [7].",
        "The tower was built in 1889 [0].",
        "시위는 1990년에 일어났다 [2].",
        "The tower was built in 1889 [2].",  # true, but not there
    ],
)
def test_what_nothing_proves_is_dropped_and_counted(verifier: CitationVerifier, answer: str) -> None:
    citations, dropped = verifier.verify(answer, SOURCES)

    assert citations == ()
    assert dropped == 1


def test_a_number_written_another_way_is_the_same_number(verifier: CitationVerifier) -> None:
    citations, _ = verifier.verify("It cost 1500 francs in all [1].", (source(1, "In all it cost 1,500 francs."),))

    assert len(citations) == 1


def test_one_proof_of_one_source_is_listed_once(verifier: CitationVerifier) -> None:
    answer = "The tower was built in 1889 [1]. As said, the tower was built in 1889 [1]. It is 330 metres tall [1]."

    assert [quote for _, quote in quotes(verifier, answer)] == ["The tower was built in 1889.", "It is 330 metres tall"]


def test_citations_come_in_the_answers_order(verifier: CitationVerifier) -> None:
    answer = "그 뒤 국회의원이 되었다 [2]. The tower was built in 1889 [1]."

    assert [n for n, _ in quotes(verifier, answer)] == [2, 1]


def test_no_marker_no_citation(verifier: CitationVerifier) -> None:
    assert verifier.verify("The tower was built in 1889.", SOURCES) == ((), 0)
    assert verifier.verify("", ()) == ((), 0)


TEXTS = st.text(max_size=200) | st.text(alphabet="ab가나. \n1234[]【】\u1100\u1161\u0301ﬁ,", max_size=400)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_quote_is_its_sources_text_character_by_character(answer: str, texts: list[str]) -> None:
    sources = {n: source(n, text) for n, text in enumerate(texts, 1)}
    citations, dropped = CitationVerifier(Analyzer()).verify(answer + " [1][2, 3]", tuple(sources.values()))

    assert dropped >= 0
    for citation in citations:
        text = sources[citation.n].text
        assert 0 <= citation.start < citation.end <= len(text)
        assert text[citation.start : citation.end] == citation.quote
        assert citation.passage_id == citation.n * 10
