"""Runs worked off with rows in memory, and a retriever that answers what a test says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from backend.app.domain.documents import Collection, Passage, Problem
from backend.app.domain.evaluation import (
    Figures,
    Judgement,
    LabelledQuestion,
    QuestionSource,
    Result,
    RightPlace,
    RunTask,
    SearchSettings,
)
from backend.app.domain.search import Hit, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.services.evaluation.runner import MAX_ATTEMPTS, Runner
from tests.fakes.things import THEN, collection, passage

TODAY = SearchSettings(SearchMode.HYBRID, 0.2, 100)
OTHER = SearchSettings(SearchMode.BM25, 0.2, 40)
# Passage 11 is the first of document d1, 12 its second, and so on.
PASSAGES = {id: passage(id, document_id=f"d{id // 10}") for id in (11, 12, 13, 21, 22, 31, 41)}


def judged(passage_id: int | None = None, document_id: str = "d1", relevance: int = 1) -> Judgement:
    return Judgement(document_id, "f" * 64, "a.txt", passage_id, relevance=relevance)


def question(id: str, *judgements: Judgement) -> LabelledQuestion:
    return LabelledQuestion(id, "c1", id, "en", QuestionSource.TYPED, judgements, THEN)


class Runs:
    """One run in memory."""

    def __init__(self, *questions: LabelledQuestion) -> None:
        self.asked = list(questions)
        self.stored: list[Result] = []
        self.attempts = 0
        self.ended: tuple[str, object] | None = None
        self.better = self.worse = self.left_out = self.total = 0
        self.goes_on = True
        self.there: Collection | None = collection("c1")

    def pending(self) -> list[str]:
        return ["r1"] if self.ended is None else []

    def claim(self, run_id: str, owner: str) -> RunTask | None:
        if self.ended is not None:
            return None
        self.attempts += 1
        return RunTask(run_id, "c1", TODAY, OTHER, self.attempts, frozenset(one.question_id for one in self.stored))

    def collection(self, collection_id: str) -> Collection | None:
        return self.there

    def questions(self, collection_id: str) -> list[LabelledQuestion]:
        return self.asked

    def store(self, task: RunTask, results: Sequence[Result], total: int) -> bool:
        if self.goes_on:
            self.stored += results
            self.total = total
        return self.goes_on

    def results(self, task: RunTask) -> list[Result]:
        return self.stored

    def finish(
        self, task: RunTask, figures: tuple[Figures, Figures], *, better: int, worse: int, left_out: int
    ) -> None:
        self.ended = ("done", figures)
        self.better, self.worse, self.left_out = better, worse, left_out

    def fail(self, task: RunTask, problem: Problem | None) -> None:
        self.ended = ("failed", problem) if problem else ("cancelled", None)

    def release(self, task: RunTask) -> None:
        return None

    def leases(self) -> list[str]:
        return []

    def free_leases(self, owner: str) -> None:
        return None


class Places:
    """Judgements lead to their own passages, but for those that are ``lost``."""

    def __init__(self) -> None:
        self.lost: set[int | None] = set()

    def find(self, collection_id: str, judgements: Sequence[Judgement]) -> list[RightPlace]:
        return [self._place(judgement) for judgement in judgements]

    def _place(self, judgement: Judgement) -> RightPlace:
        if judgement.passage_id in self.lost:
            return RightPlace(judgement)
        passages: tuple[Passage, ...] = (PASSAGES[judgement.passage_id],) if judgement.passage_id else ()
        return RightPlace(judgement, judgement.document_id, "Bread", passages)


class Retrievers:
    """Answers each question by each mode with the passages of ``answers``."""

    def __init__(self, answers: dict[SearchMode, list[int]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, SearchMode, int]] = []
        self.degraded: tuple[str, ...] = ()
        self.before: Callable[[], object] = lambda: None

    def __call__(self, settings: SearchSettings) -> Retrievers:
        return self

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        self.before()
        self.asked.append((query, mode, k))
        hits = tuple(Hit(PASSAGES[id], "Bread", 1.0, 1, 1) for id in self.answers[mode][:k])
        return SearchResult(hits, self.degraded, {})


class World:
    def __init__(self, *questions: LabelledQuestion, today: list[int], other: list[int]) -> None:
        self.runs, self.places = Runs(*questions), Places()
        self.retrievers = Retrievers({SearchMode.HYBRID: today, SearchMode.BM25: other})
        self.time = 0.0

    def process(self, stopping: Callable[[], bool] = lambda: False) -> str | None:
        runner = Runner(
            runs=self.runs, places=self.places, retriever=self.retrievers, owner="me", clock=lambda: self.time
        )
        return runner.process("r1", stopping)

    @property
    def figures(self) -> tuple[Figures, Figures]:
        assert self.runs.ended is not None
        found = self.runs.ended[1]
        assert isinstance(found, tuple)
        return found

    def each_second(self) -> None:
        """Let every search take two seconds, so that each result is stored by itself."""
        self.retrievers.before = self._pass

    def _pass(self) -> None:
        self.time += 2.0


def test_both_sides_are_measured() -> None:
    world = World(question("a", judged(21)), today=[11, 21], other=[21, 11])
    assert world.process() == "done"
    before, after = world.figures
    assert (before.ndcg, after.ndcg) == (pytest.approx(1 / math.log2(3)), 1.0)
    assert (before.recall, after.recall, before.mrr, after.mrr) == (1.0, 1.0, 0.5, 1.0)
    (result,) = world.runs.stored
    assert (result.before.rank, result.after.rank) == (2, 1)
    assert [(found.passage_id, found.right) for found in result.before.found] == [(11, False), (21, True)]
    assert (world.runs.better, world.runs.worse, world.runs.left_out) == (1, 0, 0)


def test_passages_are_asked_for_as_deep_as_they_are_judged() -> None:
    world = World(question("a", judged(21)), today=[11], other=[21])
    world.process()
    assert {depth for _, _, depth in world.retrievers.asked} == {10}


def test_of_whole_documents_the_first_passage_counts_and_more_are_asked_for() -> None:
    world = World(question("a", judged(document_id="d2", relevance=2)), today=[11, 12, 22, 21], other=[21, 31])
    world.process()
    (result,) = world.runs.stored
    assert (result.before.rank, result.after.rank) == (2, 1)
    assert [found.passage_id for found in result.before.found] == [11, 22]
    assert {(mode, depth) for _, mode, depth in world.retrievers.asked[2:]} == {
        (SearchMode.HYBRID, TODAY.candidates),
        (SearchMode.BM25, OTHER.candidates),
    }


def test_worse_and_better_are_counted() -> None:
    questions = [question("a", judged(11)), question("b", judged(21)), question("c", judged(41))]
    world = World(*questions, today=[11, 21], other=[21, 11])
    world.process()
    assert (world.runs.better, world.runs.worse) == (1, 1)
    assert [result.change == 0 for result in world.runs.stored] == [False, False, True]
    assert world.runs.stored[2].before.rank is None


def test_each_side_comes_first_as_often_as_the_other() -> None:
    world = World(*(question(name, judged(11)) for name in "abcd"), today=[11], other=[11])
    world.process()
    modes = [mode for _, mode, _ in world.retrievers.asked[2:]]  # two that warm up
    assert modes[::2] == [SearchMode.BM25, SearchMode.HYBRID] * 2
    assert [result.before.ndcg for result in world.runs.stored] == [1.0] * 4


def test_a_question_whose_passages_are_lost_is_left_out() -> None:
    world = World(question("a", judged(11)), question("b", judged(21)), today=[11], other=[11])
    world.places.lost = {21}
    assert world.process() == "done"
    assert [result.question_id for result in world.runs.stored] == ["a"]
    assert (world.runs.left_out, world.runs.total) == (1, 1)


def test_of_several_passages_those_that_are_left_count() -> None:
    world = World(question("a", judged(11), judged(21)), today=[11], other=[31])
    world.places.lost = {21}
    world.process()
    assert (world.figures[0].ndcg, world.figures[1].ndcg) == (1.0, 0.0)


def test_when_all_are_lost_it_says_so() -> None:
    world = World(question("a", judged(21)), today=[], other=[])
    world.places.lost = {21}
    assert world.process() == "failed"
    assert world.runs.ended is not None
    problem = world.runs.ended[1]
    assert isinstance(problem, Problem)
    assert problem.error_code == "NO_RIGHT_PASSAGES"
    assert world.retrievers.asked == []


def test_a_branch_that_did_not_answer_is_counted() -> None:
    world = World(question("a", judged(11)), today=[11], other=[11])
    world.retrievers.degraded = ("vector",)
    world.process()
    assert [figures.degraded for figures in world.figures] == [1, 1]


def test_who_takes_it_up_asks_only_what_is_left() -> None:
    world = World(question("a", judged(11)), question("b", judged(11)), today=[11], other=[11])
    world.each_second()
    goes_on = [True]
    assert world.process(lambda: not (goes_on and goes_on.pop())) == "postponed"
    assert [result.question_id for result in world.runs.stored] == ["a"]
    assert world.runs.ended is None
    world.retrievers.asked.clear()
    assert world.process() == "done"
    assert {query for query, _, _ in world.retrievers.asked} == {"b"}
    assert [result.question_id for result in world.runs.stored] == ["a", "b"]


def test_a_cancelled_run_stops() -> None:
    world = World(*(question(name, judged(11)) for name in "abc"), today=[11], other=[11])
    world.each_second()
    world.runs.goes_on = False
    assert world.process() == "cancelled"
    assert world.runs.ended == ("cancelled", None)
    assert "b" not in {query for query, _, _ in world.retrievers.asked}


def test_a_part_that_is_away_puts_it_off_and_in_the_end_fails_it() -> None:
    world = World(question("a", judged(11)), today=[11], other=[11])

    def away() -> None:
        raise SearchUnavailable

    world.retrievers.before = away
    outcomes = [world.process() for _ in range(MAX_ATTEMPTS)]
    assert outcomes == ["postponed"] * (MAX_ATTEMPTS - 1) + ["failed"]
    assert world.runs.ended is not None
    problem = world.runs.ended[1]
    assert isinstance(problem, Problem)
    assert problem.error_code == "SEARCH_UNAVAILABLE"


def test_a_defect_fails_the_run_and_nothing_else() -> None:
    world = World(question("a", judged(11)), today=[11], other=[11])

    def broken() -> None:
        raise KeyError("x")

    world.retrievers.before = broken
    assert world.process() == "failed"
    assert world.process() is None, "it has ended"


def test_a_collection_that_was_deleted_ends_it() -> None:
    world = World(question("a", judged(11)), today=[11], other=[11])
    world.runs.there = None
    assert world.process() == "cancelled"
