from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.domain.chat import Prompt, Source, TextDelta, Usage
from backend.app.services.llm.extractive import PHRASES, Extractive
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.citations import CitationVerifier

LIGHTHOUSE = (
    "# Cape Brett\n\nThe lighthouse at Cape Brett was lit on 21 February 1910. It stands 149 metres above the sea.[4]"
    " Three keepers lived there with their families. The road to it was never finished."
)
FERRY = "The ferry leaves at nine. Tickets cost 12 dollars. Dogs are allowed on the upper deck only."
KOREAN = (
    "등대는 1910년 2월 21일에 처음 불을 밝혔다. 바다에서 149미터 높이에 서 있다. 세 명의 등대지기가 가족과 함께 살았다."
)
CONTENTS = "# The lighthouse and the ferry\n\n1 The lighthouse ........ 3\n2 The ferry ........ 9\n- ferry\n|---|---|"
TABLE = "| Vessel | Tickets |\n|---|---|\n| Night ferry | 12 dollars |"


def source(n: int, text: str, score: float = 1.0) -> Source:
    return Source(n, f"d{n}", "Cape Brett", 1, None, n, text, 0, len(text), score)


@pytest.fixture(scope="module")
def model() -> Extractive:
    return Extractive(Analyzer())


def answer(model: Extractive, question: str, *texts: str) -> str:
    sources = tuple(source(n, text) for n, text in enumerate(texts, 1))
    return "".join(event.text for event in model.stream(Prompt(question, (), sources)) if isinstance(event, TextDelta))


def test_the_sentence_that_answers_is_quoted_with_its_number(model: Extractive) -> None:
    text = answer(model, "When was the lighthouse lit?", FERRY, LIGHTHOUSE)

    assert "The lighthouse at Cape Brett was lit on 21 February 1910. [2]" in text
    assert "ferry" not in text


@pytest.mark.parametrize(
    ("question", "echo", "said"),
    [
        ("메모리 배리어는 왜 필요한가요?", "메모리 배리어가 필요한 곳", "메모리 배리어는 명령의 순서가 바뀌는 것을 막기 위해 쓴다."),
        ("이 FAQ는 무엇인가요?", "이 FAQ는 무엇인가요?", "이 FAQ는 데비안에 대해 자주 묻는 질문을 모은 글이다."),
        ("What is the ferry guide?", "What is the ferry guide?", "The ferry guide lists departures and prices."),
    ],
)  # fmt: skip
def test_a_heading_that_only_repeats_the_question_is_no_answer(
    model: Extractive, question: str, echo: str, said: str
) -> None:
    first = answer(model, question, f"{echo}\n\n{said}").split("\n\n")[1]
    alone = answer(model, question, f"{said}\n\n{echo}").split("\n\n")[1]

    assert said in first or said in alone
    assert echo not in answer(model, question, f"{echo}\n\n{said}").replace(said, "")


def test_a_korean_question_gets_a_korean_answer(model: Extractive) -> None:
    text = answer(model, "등대는 언제 불을 밝혔나요?", FERRY, KOREAN)

    assert text.startswith(PHRASES["ko"].lead)
    assert "등대는 1910년 2월 21일에 처음 불을 밝혔다. [2]" in text


def test_the_answer_comes_sentence_by_sentence(model: Extractive) -> None:
    prompt = Prompt(
        "Who lived at the lighthouse, and how high does it stand above the sea?", (), (source(1, LIGHTHOUSE),)
    )
    *deltas, usage = model.stream(prompt)

    assert usage == Usage()
    assert len(deltas) >= 3
    assert deltas[0] == TextDelta(PHRASES["en"].lead)


def test_a_sources_own_reference_marks_are_not_taken_for_ours(model: Extractive) -> None:
    text = answer(model, "How high above the sea does it stand?", LIGHTHOUSE)

    assert "It stands 149 metres above the sea. [1]" in text
    assert "[4]" not in text


def test_a_tables_row_is_shown_as_a_line(model: Extractive) -> None:
    assert "Night ferry · 12 dollars [1]" in answer(model, "What does the night ferry cost?", TABLE)


def test_headings_and_contents_are_no_answers(model: Extractive) -> None:
    text = answer(model, "Tell me about the lighthouse and the ferry", CONTENTS)

    assert text == PHRASES["en"].nothing_fits


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many keepers lived there?", "Three keepers lived"),
        ("What do tickets cost?", "12 dollars"),
        ("Are dogs allowed?", "upper deck"),
        ("What is the road?", "never finished"),
    ],
)
def test_plain_questions(model: Extractive, question: str, sentence: str) -> None:
    assert sentence in answer(model, question, LIGHTHOUSE, FERRY)


def test_a_definition_comes_before_a_mention(model: Extractive) -> None:
    mentions = "Chloroplasts move about in the light. Chloroplasts were seen in 1837."
    defines = "A chloroplast is an organelle that makes sugar out of light. It has two membranes."

    assert "is an organelle" in answer(model, "What is a chloroplast?", mentions, defines)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_says_so_when_there_is_nothing(model: Extractive, language: str) -> None:
    question = {"en": "Who painted the ceiling?", "ko": "천장화는 누가 그렸나요?"}[language]
    phrases = PHRASES[language]  # type: ignore[index]

    assert answer(model, question) == phrases.no_sources
    assert answer(model, question, "Butter melts at room temperature.") == phrases.nothing_fits


@pytest.mark.parametrize("language", ["en", "ko"])
def test_sources_that_hardly_fit_are_not_quoted(model: Extractive, language: str) -> None:
    question = {"en": "When was the lighthouse painted?", "ko": "등대는 언제 칠했나요?"}[language]
    prompt = Prompt(question, (), (source(1, LIGHTHOUSE), source(2, KOREAN)), is_answerable=False)

    assert [*model.stream(prompt)] == [TextDelta(PHRASES[language].nothing_fits), Usage()]  # type: ignore[index]


@pytest.mark.parametrize(
    "question", ["When was the lighthouse lit and who lived there?", "등대는 언제 불을 밝혔고 누가 살았나요?"]
)
def test_every_sentence_is_proved_by_its_own_source(model: Extractive, question: str) -> None:
    sources = (source(1, LIGHTHOUSE), source(2, KOREAN), source(3, FERRY))
    text = "".join(event.text for event in model.stream(Prompt(question, (), sources)) if isinstance(event, TextDelta))
    citations, dropped = CitationVerifier(Analyzer()).verify(text, sources)

    assert citations
    assert dropped == 0


@settings(max_examples=60)
@given(
    st.text(max_size=80),
    st.lists(st.text(max_size=300) | st.text(alphabet="가나다 .\nab1|[]", max_size=300), max_size=4),
)
def test_any_question_and_sources_get_an_answer(question: str, texts: list[str]) -> None:
    assert answer(Extractive(Analyzer()), question, *texts)


def overview(model: Extractive, *sources: Source) -> str:
    prompt = Prompt("Summarise it", (), sources, is_overview=True)
    return "".join(event.text for event in model.stream(prompt) if isinstance(event, TextDelta))


def test_an_overview_quotes_how_each_part_begins(model: Extractive) -> None:
    later = Source(
        3,
        "d1",
        "Cape Brett",
        9,
        None,
        3,
        "and so it ended that day. The road was closed for good in 1978.",
        5000,
        5060,
        0.1,
    )
    told = overview(model, source(1, LIGHTHOUSE), source(2, TABLE), later)
    assert told.splitlines()[2:] == [
        "The lighthouse at Cape Brett was lit on 21 February 1910. [1] It stands 149 metres above the sea. [1]",
        "",
        "Vessel · Tickets [2]" if "Vessel · Tickets [2]" in told else "Night ferry · 12 dollars [2]",
        "",
        "The road was closed for good in 1978. [3]",
    ]


def test_an_overview_of_nothing_that_can_be_quoted_says_so(model: Extractive) -> None:
    assert overview(model, source(1, "|---|---|")) == PHRASES["en"].nothing_fits
