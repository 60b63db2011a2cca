"""Figures, their aims, and the JSON in which benchmarks hand them on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.support.figures import Figure, Result, Series, read_result, shown
from benchmarks.support.measures import percentile


@pytest.mark.parametrize(
    ("aim", "value", "met"),
    [
        ("under 60", 59.9, True),
        ("under 60", 60, False),
        ("at most 3", 3, True),
        ("at most 3", 3.01, False),
        ("at least 0.7", 0.7, True),
        ("at least 0.7", 0.69, False),
        ("at least 1,000 a second", 999, False),
        ("over 5", 5, False),
        ("≤ 1.3", 1.3, True),
        ("> 10", 11, True),
    ],
)
def test_an_aim_is_met_or_not_as_its_words_say(aim: str, value: float, met: bool) -> None:
    assert Figure("key", "label", value, "ms", aim).met is met


@pytest.mark.parametrize("aim", ["", "as little as can be", "10"])
def test_an_aim_without_a_bound_is_neither_met_nor_missed(aim: str) -> None:
    assert Figure("key", "label", 1.0, aim=aim).met is None


def test_which_way_is_better_is_told_or_follows_from_the_aim() -> None:
    assert Figure("key", "label", 1.0, aim="under 5").direction == "lower"
    assert Figure("key", "label", 1.0, aim="at least 5").direction == "higher"
    assert Figure("key", "label", 1.0, better="higher").direction == "higher"
    assert Figure("key", "label", 1.0).direction == ""


def test_a_result_is_printed_as_it_comes_and_read_back_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result("thing", notes=["Over real texts."])
    result.add("rate", "requests", 1234.56789, "/s", "at least 2,000")
    assert "1,235 /s" in capsys.readouterr().out
    result.series = [Series("Cost", "passages", "ms", [1, 10], {"p50": [0.5, 0.7]}, log=True)]
    result.write(tmp_path / "thing.json")
    assert read_result(tmp_path / "thing.json") == result


def test_a_result_needs_no_more_than_its_name_and_figures(tmp_path: Path) -> None:
    path = tmp_path / "thing.json"
    path.write_text(json.dumps({"name": "thing", "figures": [{"key": "k", "label": "l", "value": 1}]}), "utf-8")
    assert read_result(path) == Result("thing", [Figure("k", "l", 1.0)])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0153, "0.015"), (1.5, "1.5"), (2.0, "2"), (43.26, "43.3"), (595.2, "595"), (12345.6, "12,346")],
)
def test_numbers_are_shown_with_the_digits_that_matter(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 50, 95, 100]
    assert percentile([7.0], 0.95) == 7.0
