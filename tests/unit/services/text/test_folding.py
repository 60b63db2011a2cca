from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.text.folding import FoldedText, fold


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("The  tower was\nbuilt in 1889.", "tower was built", "tower was\nbuilt"),
        (
            "x " + unicodedata.normalize("NFD", "등대는 섰다") + " y",
            "등대는 섰다",
            unicodedata.normalize("NFD", "등대는 섰다"),
        ),
        ("eﬃcient “use” of it", 'efficient "use"', "eﬃcient “use”"),
        ("ＡＢＣ １２３", "abc 123", "ＡＢＣ １２３"),
        ("soft\xadhyphen", "softhyphen", "soft\xadhyphen"),
        ("띄어 쓰기", "띄어쓰기", "띄어 쓰기"),
    ],
)
def test_a_quote_is_found_at_its_place_in_the_original(text: str, quote: str, found: str) -> None:
    span = FoldedText(text).find(fold(quote))

    assert span is not None
    assert text[slice(*span)] == found


def test_what_is_not_there_is_not_found() -> None:
    assert FoldedText("abc").find(fold("abd")) is None
    assert FoldedText("abc").find("") is None


@given(st.text(max_size=100), st.integers(min_value=0, max_value=100), st.integers(min_value=0, max_value=100))
def test_any_piece_of_a_text_is_found_in_it(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    # A piece that begins or ends inside a composed character is not a piece of the text.
    piece = fold(text[start:end])
    folded = FoldedText(text)
    if piece and piece in folded.folded:
        span = folded.find(piece)
        assert span is not None
        assert piece in fold(text[slice(*span)])
