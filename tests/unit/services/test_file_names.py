from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.file_names import safe_name


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "unnamed"),
        ("", "unnamed"),
        ("..", "unnamed"),
        (" . ", "unnamed"),
        ("a/..", "unnamed"),
        ("\x00\x1b", "unnamed"),
        (".profile", ".profile"),
        ("two\nlines\t.txt", "two lines .txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\ufeffbom.txt", "bom.txt"),
        ("bad\udcff.txt", "bad.txt"),
        (unicodedata.normalize("NFD", "회의록.hwpx"), "회의록.hwpx"),
        ("👩‍💻 notes.md", "👩‍💻 notes.md"),
        ("'; DROP TABLE x; $(reboot) \".txt", "'; DROP TABLE x; $(reboot) \".txt"),
    ],
)
def test_safe_names(given: str, shown: str) -> None:
    assert safe_name(given) == shown


def test_a_long_name_keeps_its_suffix() -> None:
    for name in ("가" * 300 + ".hwpx", "가" * 300 + " .hwpx"):
        short = safe_name(name)
        assert short.startswith("가가가")
        assert short.endswith("가.hwpx")
        assert 250 < len(short.encode()) <= 255


def test_a_long_name_without_a_suffix_is_cut() -> None:
    assert safe_name("x" * 300) == "x" * 255
    assert len(safe_name("v2. " + "가" * 300).encode()) <= 255


def test_a_name_of_a_megabyte_is_cut_at_once() -> None:
    assert safe_name("가" * 1_000_000 + ".pdf").endswith(".pdf")


@given(st.text(max_size=400) | st.text(alphabet="./\\ \u202e\x00a가", max_size=20))
def test_any_name_becomes_one_that_can_be_shown(given: str) -> None:
    name = safe_name(given)
    assert name
    assert len(name.encode()) <= 255
    assert not set(name) & set("/\\\n\r\t\x00\u202e")
    assert name.strip(". ") or name == "unnamed" or name.strip() == name
    assert name not in (".", "..")
    assert unicodedata.is_normalized("NFC", name)
    assert safe_name(name) == name
