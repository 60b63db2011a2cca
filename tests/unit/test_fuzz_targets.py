"""What `make fuzz` gives its bytes to runs, takes its own seeds, and holds where it has been broken before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import SEEDS, TARGETS

PAGE = Path(__file__).parents[2] / "docs" / "fuzzing.md"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_seeds_cut_anywhere(name: str) -> None:
    for seed in (b"", b"\0", b"a \xff\xed\xa0\x80\r\n\r\n", *SEEDS.get(name, ())):
        TARGETS[name](seed)
        TARGETS[name](seed[: len(seed) // 2])


def test_each_target_and_what_it_found_is_written_down() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert {name for name in TARGETS if any(row.startswith(f"| {name} | ") for row in rows)} == set(TARGETS)
