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
HISTORY = (Turn(Speaker.USER, "Something older"), Turn(Speaker.USER, EARLIER), Turn(Speaker.ASSISTANT, "Somebody."))


def query(question: str, history: tuple[Turn, ...] = HISTORY) -> str:
    return contextual_query(question, history, Analyzer())


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
def test_a_question_that_leans_is_searched_with_the_one_before(question: str) -> None:
    assert query(question) == f"{question}\n{EARLIER}"


@pytest.mark.parametrize(
    "question",
    ["How many people live in the capital of Norway?", "노르웨이의 수도에는 몇 명이 살고 있습니까?"],
)
def test_a_question_that_stands_by_itself_is_left_alone(question: str) -> None:
    assert query(question) == question


def test_without_an_earlier_question_there_is_nothing_to_add() -> None:
    assert query("And when?", ()) == "And when?"
    assert query("And when?", (Turn(Speaker.ASSISTANT, "Hello."),)) == "And when?"


def test_the_same_question_again_is_not_doubled() -> None:
    assert query("the constitution of Estonia?", (Turn(Speaker.USER, "Estonia constitution"),)) == (
        "the constitution of Estonia?"
    )


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
