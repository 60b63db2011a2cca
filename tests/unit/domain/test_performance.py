from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.performance import Figures, Histogram, Step, added, difference, mean_gauges, summed_gauges

BOUNDS = (1.0, 2.0, 5.0, 10.0)


def counted(values: list[float]) -> dict[str, float]:
    """Return what a histogram of these values has counted."""
    counts: dict[str, float] = {"h|sum": sum(values)}
    for value in values:
        bound = next((bound for bound in BOUNDS if value <= bound), float("inf"))
        key = "h|+Inf" if bound == float("inf") else f"h|{bound}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def histogram(counts: Mapping[str, float]) -> Histogram:
    return Figures(counts).histogram(BOUNDS, "h")


@given(st.lists(st.floats(0, 12), min_size=1, max_size=40), st.sampled_from([0.5, 0.75, 0.95, 0.99]))
def test_a_quantile_lies_in_the_bucket_of_the_value_that_so_many_reach(values: list[float], share: float) -> None:
    reached = sorted(values)[math.ceil(share * len(values)) - 1]
    upper = next((bound for bound in BOUNDS if reached <= bound), None)
    found = histogram(counted(values)).quantile(share)
    assert found is not None
    if upper is None:
        assert found == BOUNDS[-1]
    else:
        assert max((bound for bound in BOUNDS if bound < upper), default=0.0) <= found <= upper


@given(st.lists(st.floats(0, 12), max_size=40))
def test_the_mean_and_the_number_are_those_of_the_values(values: list[float]) -> None:
    found = histogram(counted(values))
    assert found.count == len(values)
    assert found.mean == (pytest.approx(sum(values) / len(values)) if values else None)


def test_within_a_bucket_values_lie_evenly() -> None:
    found = histogram({"h|1.0": 50, "h|2.0": 50})
    assert [found.quantile(share) for share in (0.25, 0.5, 0.75, 1.0)] == [0.5, 1.0, 1.5, 2.0]


def test_what_lies_above_the_last_bound_is_told_as_that() -> None:
    assert histogram({"h|+Inf": 3}).quantile(0.5) == 10.0


def test_without_values_there_is_no_quantile() -> None:
    found = histogram({"other|1.0": 3})
    assert (found.count, found.mean, found.quantile(0.5)) == (0, None, None)


def test_a_difference_holds_what_was_counted_since() -> None:
    before = {"requests": 3, "response|0.1": 2, "response|sum": 0.2}
    now = {"requests": 5, "response|0.1": 2, "response|0.5": 2, "response|sum": 0.9}
    assert difference(now, before) == {"requests": 2, "response|0.5": 2, "response|sum": pytest.approx(0.7)}
    assert difference(now, now) == {}
    assert difference(now, {}) == now


@pytest.mark.parametrize("now", [{"requests": 2, "miss": 9}, {"miss": 9}, {}])
def test_after_a_restart_all_was_counted_since(now: dict[str, float]) -> None:
    assert difference(now, {"requests": 3, "miss": 1}) == now


def test_sums_of_floats_that_come_out_smaller_by_a_hair_are_no_restart() -> None:
    assert difference({"requests": 4, "h|sum": 0.3}, {"requests": 3, "h|sum": 0.30000000000000004}) == {"requests": 1}


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)), max_size=5))
def test_what_is_added_up_is_what_the_parts_hold(parts: list[dict[str, int]]) -> None:
    assert sum(added(*parts).values()) == sum(sum(part.values()) for part in parts)


def test_steps_of_one_instance_are_averaged_and_instances_added_up() -> None:
    steps = [
        Step(0, {}, {"memory": 30.0}, 1, "one"),
        Step(10, {}, {"memory": 100.0}, 2, "one").plus(Step(10, {}, {"memory": 50.0}, 1, "one")),
        Step(0, {}, {"memory": 7.0}, 1, "two"),
        Step(0, {}, {}, 0, "three"),
    ]
    assert summed_gauges(steps) == {"memory": 180 / 4 + 7}
    assert mean_gauges(steps) == {"memory": 187 / 5}
    assert summed_gauges([]) == mean_gauges([]) == {}


def test_names_are_those_of_their_kind() -> None:
    counts = {"stage.bm25|0.1": 1, "stage.bm25|sum": 1, "stage.vector|1.0": 1, "hit.memory": 1, "requests": 1}
    figures = Figures(counts)
    assert figures.names("stage") == ["bm25", "vector"]
    assert figures.names("hit") == ["memory"]
    assert figures.names("vital") == []
    assert (figures.count("requests"), figures.count("hit.memory"), figures.count("miss")) == (1, 1, 0)


def test_histograms_of_several_names_are_added_up() -> None:
    counts = {"one|1.0": 1, "one|sum": 0.5, "two|1.0": 2, "two|5.0": 1, "two|sum": 6.0}
    both = Figures(counts).histogram(BOUNDS, "one", "two", "three")
    assert (both.count, both.mean) == (4, 6.5 / 4)
    assert Figures(counts).histogram(BOUNDS, "one").count == 1
