"""The measures against values worked out by hand after trec_eval's definitions."""

from __future__ import annotations

import math

import pytest

from backend.app.services.evaluation.measures import ndcg, percentile, recall, reciprocal_rank

GRADED = {"a": 3, "b": 2, "c": 0, "d": 1, "e": -1}


def test_ndcg_takes_the_judgement_itself_as_gain() -> None:
    # trec_eval -m ndcg_cut.10: (2/log2(2) + 0 + 3/log2(4)) / (3/log2(2) + 2/log2(3) + 1/log2(4))
    expected = (2 + 3 / 2) / (3 + 2 / math.log2(3) + 1 / 2)
    assert ndcg(["b", "c", "a"], GRADED, 10) == pytest.approx(expected)
    assert expected == pytest.approx(0.7350, abs=1e-4)
    exponential = (3 + 7 / 2) / (7 + 3 / math.log2(3) + 1 / 2)
    assert ndcg(["b", "c", "a"], GRADED, 10) != pytest.approx(exponential, abs=0.01)


def test_ndcg_of_the_ideal_ranking_is_one_and_of_none_zero() -> None:
    assert ndcg(["a", "b", "d", "x"], GRADED, 10) == pytest.approx(1)
    assert ndcg(["x", "y"], GRADED, 10) == 0
    assert ndcg([], GRADED, 10) == 0
    assert ndcg(["a"], {}, 10) == 0


def test_ndcg_looks_no_further_than_its_depth() -> None:
    relevance = {f"d{n}": 1 for n in range(20)}
    ranking = [f"x{n}" for n in range(9)] + ["d1", "d2"]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, 11))
    assert ndcg(ranking, relevance, 10) == pytest.approx(1 / math.log2(11) / ideal)


def test_a_negative_judgement_takes_nothing_away() -> None:
    assert ndcg(["e", "a"], {"e": -1, "a": 1}, 10) == pytest.approx(1 / math.log2(3))


def test_recall_counts_relevant_documents_within_the_depth() -> None:
    assert recall(["b", "c", "x", "y", "z", "a"], GRADED, 5) == pytest.approx(1 / 3)
    assert recall(["b", "a", "d"], GRADED, 5) == 1
    assert recall(["e", "c"], GRADED, 5) == 0
    assert recall(["a"], {"a": 0}, 5) == 0


def test_reciprocal_rank_is_of_the_first_relevant_document() -> None:
    assert reciprocal_rank(["x", "c", "d", "a"], GRADED, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"] * 9 + ["a"], GRADED, 10) == pytest.approx(1 / 10)
    assert reciprocal_rank(["x"] * 10 + ["a"], GRADED, 10) == 0


def test_percentiles_are_values_that_occurred() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 0.5) == 3
    assert percentile(values, 0.95) == 5
    assert percentile([7.0], 0.5) == 7
    assert percentile(list(map(float, range(1, 101))), 0.95) == 95
    assert percentile([], 0.5) == 0
