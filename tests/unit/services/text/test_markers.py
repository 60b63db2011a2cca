from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.text.markers import find_markers


def found(answer: str) -> list[tuple[tuple[int, ...], str]]:
    return [(marker.numbers, marker.claim) for marker in find_markers(answer)]


@pytest.mark.parametrize(
    ("marker", "numbers"),
    [
        ("[1]", (1,)),
        ("[1, 2]", (1, 2)),
        ("[1;2]", (1, 2)),
        ("[1-3]", (1, 2, 3)),
        ("[1–3, 5]", (1, 2, 3, 5)),
        ("[^2]", (2,)),
        ("【4】", (4,)),
        ("【4†report.pdf】", (4,)),
        ("[1-900]", (1, 900)),
        ("[2, 2]", (2,)),
    ],
)
def test_ways_of_citing(marker: str, numbers: tuple[int, ...]) -> None:
    assert found(f"The tower stands in Paris {marker}.") == [(numbers, "The tower stands in Paris")]


@pytest.mark.parametrize("text", ["[1](http://x)", "[a]", "[]", "[1.5]", "[1234]", "[^1]: a footnote", "x[i]"])
def test_what_is_no_marker(text: str) -> None:
    assert found(f"The tower stands {text}") == []


def test_the_claim_is_the_sentence_before_the_marker() -> None:
    assert found("The tower is old. It stands in Paris [1]. Nobody knows why.") == [((1,), "It stands in Paris")]
    assert found("The tower is old. It stands in Paris.[1] Nobody knows why. [2]") == [
        ((1,), "It stands in Paris."),
        ((2,), "Nobody knows why."),
    ]
    assert found("등대는 오래되었다[1]. 바닷가에 우뚝 서 있는 탑이다【2】.") == [
        ((1,), "등대는 오래되었다"),
        ((2,), "바닷가에 우뚝 서 있는 탑이다"),
    ]


def test_neighbouring_markers_share_a_claim() -> None:
    assert found("It stands in Paris [1][2] [3].") == [((n,), "It stands in Paris") for n in (1, 2, 3)]


def test_two_claims_in_one_sentence_are_kept_apart() -> None:
    assert found("It was built in 1889 [1] and stands 330 metres high [2].") == [
        ((1,), "It was built in 1889"),
        ((2,), "and stands 330 metres high"),
    ]


def test_a_word_or_two_between_markers_is_no_claim_of_its_own() -> None:
    assert found("It was built in 1889 [1] by him [2].")[1] == ((2,), "It was built in 1889 by him")


def test_a_marker_that_opens_a_line_stands_for_what_follows() -> None:
    assert found("Answer:\n\n[1] It stands in Paris. It is old.\n- [2] It is tall.") == [
        ((1,), "It stands in Paris."),
        ((2,), "- It is tall."),
    ]


@given(st.text(alphabet="[]【】^0123456789, -–†가a.\n(:)", max_size=300))
def test_garbage_never_breaks_it(answer: str) -> None:
    for marker in find_markers(answer):
        assert marker.numbers
        assert isinstance(marker.claim, str)
