from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.security.typed_text import cleaned, one_line


@pytest.mark.parametrize(
    ("given", "lines", "line"),
    [
        ("plain", "plain", "plain"),
        ("a\r\nb\rc\n", "a\nb\nc\n", "a b c"),
        (" a\tb  c ", " a\tb  c ", "a b c"),
        ("nul\x00 esc\x1b[31m", "nul esc[31m", "nul esc[31m"),
        ("\ufeffmark", "mark", "mark"),
        ("gpj.\u202eexe", "gpj.exe", "gpj.exe"),
        ("half \ud83d pair", "half  pair", "half pair"),
        ("e\u0301", "é", "é"),
        ("می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_is_kept(given: str, lines: str, line: str) -> None:
    assert (cleaned(given), one_line(given)) == (lines, line)


@given(st.text())
def test_any_text_can_be_stored_and_shown(given: str) -> None:
    for tidy in (cleaned(given), one_line(given)):
        tidy.encode()
        assert unicodedata.is_normalized("NFC", tidy)
        assert "\x00" not in tidy
    line = one_line(given)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
    assert cleaned(cleaned(given)) == cleaned(given)
