from __future__ import annotations

import pytest

from backend.app.services.ingestion.sections import Section


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ((), None),
        (("Power",), "Power"),
        (("Power", "Solar panels"), "Power › Solar panels"),
        (("9장. 최신으로 유지하기", "9장. 최신으로 유지하기", "9.1"), "9장. 최신으로 유지하기 › 9.1"),
        (("Power", "Solar panels", "Power"), "Power › Solar panels › Power"),
    ],
)
def test_a_path_is_one_line_that_names_each_step_once(path: tuple[str, ...], heading: str | None) -> None:
    assert Section(0, 1, path).heading == heading


def test_outer_steps_give_way_where_the_line_would_be_too_long() -> None:
    heading = Section(0, 1, tuple(f"{number} " + "word " * 30 for number in range(5))).heading
    assert heading is not None
    assert len(heading) <= 200
    assert heading.startswith("3 word")
