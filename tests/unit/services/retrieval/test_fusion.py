from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.domain.search import FusedId, ScoredId
from backend.app.services.retrieval.fusion import fuse, min_max, strength


def scored(*pairs: tuple[int, float]) -> list[ScoredId]:
    return [ScoredId(*pair) for pair in pairs]


scores = st.floats(-1e6, 1e6, allow_nan=False)
branches = st.dictionaries(st.integers(1, 30), scores, max_size=20).map(
    lambda found: sorted(scored(*found.items()), key=lambda item: -item.score)
)
weights = st.floats(0, 1)


def test_scores_are_brought_to_nought_and_one() -> None:
    assert min_max(scored((1, 12.0), (2, 7.0), (3, 2.0))) == {1: 1.0, 2: 0.5, 3: 0.0}
    assert min_max(scored((1, 3.0), (2, 3.0))) == {1: 1.0, 2: 1.0}
    assert min_max([]) == {}


def test_both_branches_are_weighed() -> None:
    found = fuse(scored((1, 10.0), (2, 5.0), (3, 0.0)), scored((3, 0.9), (2, 0.6), (4, 0.3)), 0.25)
    assert [(item.passage_id, item.score) for item in found] == [
        (1, pytest.approx(0.75)),
        (2, pytest.approx(0.375 + 0.125)),
        (3, pytest.approx(0.25)),
        (4, 0.0),
    ]
    assert [(item.bm25_rank, item.vector_rank) for item in found] == [(1, None), (2, 2), (3, 1), (None, 3)]


def spread(count: int, best: float, first: int = 1) -> list[ScoredId]:
    """Return candidates between 0 and 1, and before them one with a score of its own."""
    return scored((first, best), *((first + n, 1 - n / count) for n in range(1, count)))


def weight(bm25: list[ScoredId], vector: list[ScoredId], usual: float, strong: float = 0.0) -> float:
    """Tell the weight that was used: the score of what the vector branch alone found, and found best."""
    return next(item.score for item in fuse(bm25, vector, usual, strong) if item.passage_id == vector[0].passage_id)


def test_the_weight_is_the_usual_one_where_both_are_equally_sure_and_agree() -> None:
    bm25 = spread(20, best=3.0)
    vector = [ScoredId(99, 3.0), *bm25[1:]]
    assert weight(bm25, vector, 0.3) == pytest.approx(0.3)


def test_the_branch_that_is_surer_is_believed_more() -> None:
    bm25 = spread(20, best=3.0)
    surer, less_sure = ([ScoredId(99, best), *bm25[1:]] for best in (9.0, 1.1))
    assert weight(bm25, less_sure, 0.3) < 0.3 < weight(bm25, surer, 0.3)


def test_a_branch_that_finds_what_has_nothing_to_do_with_the_question_is_believed_less() -> None:
    bm25 = spread(20, best=3.0)
    shared = [weight(bm25, [ScoredId(99, 3.0), *strangers(bm25, n)], 0.3) for n in (0, 4, 6, 9)]
    assert shared == sorted(shared, reverse=True)
    assert shared[0] == pytest.approx(0.3)
    assert 0 < shared[-1] < 0.02


def strangers(bm25: list[ScoredId], count: int) -> list[ScoredId]:
    """Return the nearest after the first, so many of which words did not find."""
    return [ScoredId(item.passage_id + (1000 if n < count else 0), item.score) for n, item in enumerate(bm25[1:])]


def test_vectors_yield_where_words_hold_much_of_the_question_the_later_the_better_the_embedder_is() -> None:
    bm25 = spread(20, best=3.0)
    vector = [ScoredId(99, 3.0), *bm25[1:]]
    for usual in (0.3, 0.6):
        by_strength = [weight(bm25, vector, usual, strong) for strong in (0.0, 0.2, 0.5, 0.9)]
        assert by_strength == sorted(by_strength, reverse=True)
        assert by_strength[:2] == pytest.approx([usual, usual], rel=0.35)
        assert by_strength[-1] < usual / 2
    kept = [weight(bm25, vector, usual, 0.5) / usual for usual in (0.3, 0.6)]
    assert kept[0] < kept[1]


def test_strength_grows_with_the_score_and_not_with_the_length_of_the_question_or_the_collection() -> None:
    assert strength(8.0, 4, 1000) > strength(4.0, 4, 1000) > 0
    assert strength(8.0, 4, 1000) == strength(16.0, 8, 1000)  # the question said twice
    assert strength(8.0, 4, 100_000) < strength(8.0, 4, 1000)  # where rare words are rarer
    assert strength(8.0, 0, 1000) == strength(8.0, 4, 0) == 0.0


def test_words_that_found_little_say_nothing_against_the_meaning() -> None:
    """As of a question in another language than the documents'."""
    vector = spread(20, best=3.0, first=50)
    assert weight(scored((1, 2.0), (2, 1.0)), vector, 0.3) > 0.2


@pytest.mark.parametrize("usual", [0.0, 1.0])
@pytest.mark.parametrize("strong", [0.0, 0.1, 0.9])
def test_nought_and_one_leave_a_branch_out_whatever_the_question(usual: float, strong: float) -> None:
    assert weight(spread(20, best=1.1), spread(20, best=9.0, first=50), usual, strong) == usual


def test_ties_go_to_the_lower_id() -> None:
    assert [item.passage_id for item in fuse(scored((9, 1.0), (3, 1.0), (5, 1.0)), [], 0.2)] == [3, 5, 9]


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_one_branch_alone_keeps_its_order_and_its_best_is_one(weight: float) -> None:
    found = scored((7, 3.0), (2, 2.0), (5, 1.0))
    for fused in (fuse(found, [], weight), fuse([], found, weight)):
        assert [item.passage_id for item in fused] == [7, 2, 5]
        assert fused[0].score == 1.0
    assert fuse([], [], weight) == []


@given(branches, branches, weights)
def test_every_candidate_comes_once_best_first(bm25: list[ScoredId], vector: list[ScoredId], weight: float) -> None:
    fused = fuse(bm25, vector, weight)
    ids = [item.passage_id for item in fused]
    assert sorted(ids) == sorted({item.passage_id for item in bm25 + vector})
    assert fused == sorted(fused, key=lambda item: (-item.score, item.passage_id))
    assert all(0 <= item.score <= 1 + 1e-9 for item in fused)


@given(branches, branches, weights)
def test_ranks_are_the_places_in_each_branch(bm25: list[ScoredId], vector: list[ScoredId], weight: float) -> None:
    def place(item: FusedId, found: list[ScoredId]) -> int | None:
        return next((n for n, one in enumerate(found, 1) if one.passage_id == item.passage_id), None)

    for item in fuse(bm25, vector, weight):
        assert (item.bm25_rank, item.vector_rank) == (place(item, bm25), place(item, vector))


@given(branches, branches, weights, st.randoms())
def test_the_order_of_equal_scores_within_a_branch_makes_no_difference(
    bm25: list[ScoredId], vector: list[ScoredId], weight: float, random: object
) -> None:
    shuffled = list(bm25)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = fuse(bm25, vector, weight), fuse(shuffled, vector, weight)
    assert [(item.passage_id, item.score) for item in before] == [(item.passage_id, item.score) for item in after]


@given(branches, branches, weights)
def test_what_is_better_in_both_branches_stays_better(
    bm25: list[ScoredId], vector: list[ScoredId], weight: float
) -> None:
    words, meaning = min_max(bm25), min_max(vector)
    places = {item.passage_id: place for place, item in enumerate(fuse(bm25, vector, weight))}
    for one in places:
        for other in places:
            if words.get(one, 0) > words.get(other, 0) and meaning.get(one, 0) > meaning.get(other, 0):
                assert places[one] < places[other]
