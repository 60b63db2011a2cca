from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.text.sentences import MAX_SENTENCE_CHARS, sentence_spans


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Smith paid $3.14 to the U.S. Navy.", "It was late!", "Was it?"],
        ["He lived in the U.S.", "The end came soon."],
        ["J. R. Tolkien wrote it, cf. Fig. 3 and p. 5.", "Others did not."],
        ['"What?" he asked.', "She left."],
        ["It began in Oct. 1973.[5]", "OPEC met. [6]", "It ended."],
        ["It rose from 1.5 to 2.5 million.", "See http://a.b/c.d for more."],
        ["Wait... what happened?", "Nothing."],
    ],
)
def test_english(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["그는 1989. 3. 5. 서울에서 태어났다.", "그 뒤 떠났다!", "왜 떠났을까?"],
        ["값은 3.5배 올랐습니다.", "놀라운 일이에요."],
        ['"정말?" 하고 그가 물었다.', "아무도 답하지 않았다."],
        ['그는 "간다."라고 말했다.', "그리고 갔다."],
    ],
)
def test_korean(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


def test_a_korean_ending_needs_no_space_behind_its_stop() -> None:
    assert split("그는 말했다.그리고 떠났다.") == ["그는 말했다.", "그리고 떠났다."]


def test_full_width_stops_need_no_space() -> None:
    assert split("这是一句。那是两句！") == ["这是一句。", "那是两句！"]


def test_lines_cut_by_the_page_are_put_together() -> None:
    assert split("This line was cut by\nthe width of a page and\ngoes on here. Then it ends.") == [
        "This line was cut by\nthe width of a page and\ngoes on here.",
        "Then it ends.",
    ]


def test_headings_items_rows_and_code_stand_alone() -> None:
    text = "# Title\nIntroduction\n\n1. First item. With two sentences.\n- Second item\n• 셋째 항목\n| a | b |\n| 1.5 | 2 |\n```\nx = a. b\n```\n"

    assert split(text) == [
        "# Title",
        "Introduction",
        "1. First item.",
        "With two sentences.",
        "- Second item",
        "• 셋째 항목",
        "| a | b |",
        "| 1.5 | 2 |",
        "```",
        "x = a. b",
        "```",
    ]


@given(st.text(max_size=400) | st.text(alphabet='가다. aA1\n|-\t`#!?"”[]', max_size=2000))
def test_spans_cover_the_text_in_order_and_lose_nothing_but_blanks(text: str) -> None:
    spans = sentence_spans(text)

    assert all(start < end <= start + MAX_SENTENCE_CHARS for start, end in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert "".join("".join(split(text)).split()) == "".join(text.split())
