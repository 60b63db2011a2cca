from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.llm.thoughts import ThoughtFilter


def filtered(*pieces: str) -> str:
    thoughts = ThoughtFilter()
    return "".join(thoughts.feed(piece) for piece in pieces) + thoughts.close()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Hm.\nLet me see.</think>\n\nYes.", "Yes."),
        ("\n<think></think>Yes.", "Yes."),
        ("<thinking>Hm</thinking> Yes.", "Yes."),
        ("Yes.", "Yes."),
        ("  Yes.", "  Yes."),
        ("The tag <think>is text</think> here.", "The tag <think>is text</think> here."),
        ("<think>a</think>b<think>c</think>", "b<think>c</think>"),
        ("<thin air>", "<thin air>"),
        ("<think>never closed", ""),
        ("<thi", "<thi"),
        ("", ""),
    ],
)
def test_only_a_thought_at_the_beginning_is_dropped(text: str, answer: str) -> None:
    assert filtered(text) == answer
    assert filtered(*text) == answer, "one character at a time"


@given(st.text(alphabet="<think/> ag\n", max_size=60), st.integers(min_value=1, max_value=7))
def test_it_does_not_matter_where_the_text_was_cut(text: str, size: int) -> None:
    assert filtered(*(text[i : i + size] for i in range(0, len(text), size))) == filtered(text)


def test_text_is_passed_on_at_once_after_the_beginning() -> None:
    thoughts = ThoughtFilter()

    assert thoughts.feed("Yes") == "Yes"
    assert thoughts.feed("<") == "<"
