from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.chat import Speaker, Turn
from backend.app.domain.documents import Passage
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query
from backend.app.services.retrieval.index_text import index_text
from tests.fakes.things import passage

EARLIER = "Who wrote the constitution of Estonia?"
WORDS = "wrote constitution Estonia?"
HISTORY = (
    Turn(Speaker.USER, "Something much older than that"),
    Turn(Speaker.ASSISTANT, "Yes.", "An older book"),
    Turn(Speaker.USER, EARLIER),
    Turn(Speaker.ASSISTANT, "Jüri Vilms did [1].", "History of Estonia"),
)


def query(question: str, history: tuple[Turn, ...] = HISTORY) -> list[str]:
    return contextual_query(question, history, Analyzer()).split("\n")


@pytest.mark.parametrize(
    "question",
    [
        "And when?",
        "When did they do that, and in which town?",
        "Why did people vote against it so often?",
        "그것은 언제 어디에서 누가 정한 것입니까",
        "그럼 개정은 언제 어디에서 이루어졌습니까？",
        "왜？",
    ],
)
def test_a_question_that_leans_is_searched_with_what_it_leans_on(question: str) -> None:
    assert query(question) == [question] * 3 + [WORDS, "History of Estonia"]


@pytest.mark.parametrize(
    "question",
    ["How many people live in the capital of Norway?", "노르웨이의 수도에는 몇 명이 살고 있습니까?"],
)
def test_a_question_that_stands_by_itself_is_hardly_moved(question: str) -> None:
    assert query(question) == [question] * 5 + [WORDS, "History of Estonia"]


def test_a_chain_of_leaning_questions_goes_back_to_what_it_began_with() -> None:
    history = (*HISTORY, Turn(Speaker.USER, "And the second one?"), Turn(Speaker.ASSISTANT, "Nobody knows."))
    assert query("그럼 그 다음은?", history) == ["그럼 그 다음은?"] * 3 + ["second one?", WORDS]


def test_no_chain_is_longer_than_three_questions() -> None:
    history = tuple(Turn(Speaker.USER, f"And it {name}?") for name in ("alpha", "beta", "gamma", "delta"))
    assert query("Why?", history) == ["Why?"] * 3 + ["delta?", "gamma?", "beta?"]


def test_an_answer_that_cites_nothing_adds_no_title() -> None:
    assert query("And when?", (Turn(Speaker.USER, EARLIER), Turn(Speaker.ASSISTANT, "Who knows."))) == (
        ["And when?"] * 3 + [WORDS]
    )


def test_without_an_earlier_question_there_is_nothing_to_add() -> None:
    assert query("And when?", ()) == ["And when?"]
    assert query("And when?", (Turn(Speaker.ASSISTANT, "Hello."),)) == ["And when?"]


def test_the_same_question_again_is_not_doubled() -> None:
    assert query("the constitution of Estonia?", (Turn(Speaker.USER, "Estonia constitution"),)) == [
        "the constitution of Estonia?"
    ]


def test_a_text_that_was_pasted_is_searched_as_it_is() -> None:
    pasted = " ".join(f"word{number}" for number in range(41))
    assert query(pasted) == [pasted]


@given(st.text(max_size=50), st.lists(st.builds(Turn, st.sampled_from(Speaker), st.text(max_size=50)), max_size=4))
def test_the_question_always_comes_first(question: str, history: list[Turn]) -> None:
    assert contextual_query(question, history, Analyzer()).startswith(question)


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Handbook", "Leave", "Handbook\nLeave\ntwenty days"),
        ("Handbook", None, "Handbook\ntwenty days"),
        ("", None, "twenty days"),
    ],
)
def test_a_passage_is_indexed_under_title_and_heading(title: str, heading: str | None, expected: str) -> None:
    found: Passage = passage(1, "twenty days", heading=heading)
    assert index_text(title, found) == expected
