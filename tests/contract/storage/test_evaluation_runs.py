"""Runs over test questions and their results, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from backend.app.domain.accounts import Access, User
from backend.app.domain.documents import Problem
from backend.app.domain.evaluation import (
    Change,
    Figures,
    Found,
    Judgement,
    NewQuestion,
    QuestionSource,
    Result,
    Run,
    RunStatus,
    RunTask,
    SearchSettings,
    Side,
)
from backend.app.domain.search import SearchMode
from backend.app.errors import CollectionNotFound, Conflict, NotFound, RunNotFound
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.evaluation_runs import KEPT_RUNS, SqlEvaluationRuns
from backend.app.storage.repositories.labelled_questions import SqlLabelledQuestions
from backend.app.storage.repositories.run_work import LEASE, SqlRunWork
from tests.contract.storage.world import World, at_once

TODAY = SearchSettings(SearchMode.HYBRID, 0.2, 100)
OTHER = SearchSettings(SearchMode.BM25, 0.2, 50)
FIGURES = (Figures(0.5, 0.6, 0.4, 12.5, 0), Figures(0.75, 0.8, 0.7, 3.25, 1))


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def runs(world: World) -> SqlEvaluationRuns:
    return SqlEvaluationRuns(world.database)


@pytest.fixture
def work(world: World) -> SqlRunWork:
    return SqlRunWork(world.database)


def collection(world: World, user: User, questions: int = 3) -> str:
    """Return the person's first collection, with so many questions."""
    collection_id = world.collection(user)
    judgement = Judgement("d" * 32, "f" * 64, "a.txt", 1, 0, 10, "Knead")
    new = [NewQuestion(f"Question {n}?", "en", QuestionSource.TYPED, (judgement,)) for n in range(questions)]
    SqlLabelledQuestions(world.database).add(user.id, collection_id, new, most=100)
    return collection_id


def side(ndcg: float, rank: int | None = 1) -> Side:
    return Side(ndcg, 1.0, 0.5, 2.5, rank, False, (Found(7, "d" * 32, True),))


def result(name: str, before: float, after: float) -> Result:
    return Result(name, f"What of {name}?", "en", side(before), side(after, None))


def claimed(work: SqlRunWork, run: Run, owner: str = "one") -> RunTask:
    task = work.claim(run.id, owner)
    assert task is not None
    return task


def test_a_run_goes_from_its_line_to_its_figures(
    world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork
) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    assert (run.status, run.done, run.total, run.before, run.after) == (RunStatus.QUEUED, 0, 3, TODAY, OTHER)
    assert work.pending() == [run.id]
    task = claimed(work, run)
    assert (task.before, task.after, task.answered) == (TODAY, OTHER, frozenset())
    assert work.store(task, [result("a", 0.5, 1.0)], 2)
    now = runs.get(ann.id, run.id)
    assert (now.status, now.done, now.total) == (RunStatus.RUNNING, 1, 2)
    assert work.store(task, [result("b", 1.0, 0.0)], 2)
    assert work.results(task) == [result("a", 0.5, 1.0), result("b", 1.0, 0.0)]
    work.finish(task, FIGURES, better=1, worse=1, left_out=1)
    end = runs.get(ann.id, run.id)
    assert (end.status, end.figures_before, end.figures_after) == (RunStatus.DONE, *FIGURES)
    assert (end.better, end.worse, end.left_out, end.error) == (1, 1, 1, None)
    assert end.finished_at is not None
    assert work.pending() == []
    assert runs.page(ann.id, run.collection_id, Page()) == ([end], None)


def test_those_that_changed_most_come_first(world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    task = claimed(work, run)
    results = [
        result("same", 0.5, 0.5),
        result("little better", 0.5, 0.6),
        result("much worse", 1.0, 0.0),
        result("better", 0.2, 0.9),
        result("worse", 0.5, 0.3),
    ]
    assert work.store(task, results, 5)

    def names(change: Change, limit: int = 2) -> list[str]:
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            part, cursor = runs.results(ann.id, run.id, change, Page(limit, cursor or None))
            found += [one.question_id for one in part]
        return found

    assert names(Change.ALL) == ["much worse", "better", "worse", "little better", "same"]
    assert names(Change.BETTER) == ["better", "little better"]
    assert names(Change.WORSE) == ["much worse", "worse"]
    assert names(Change.SAME) == ["same"]


def test_a_killed_process_leaves_a_run_that_goes_on_where_it_was(
    world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork
) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    first = claimed(work, run)
    work.store(first, [result("a", 0, 1)], 3)
    assert work.claim(run.id, "two") is None, "another works at it"
    assert work.leases() == ["one"]
    work.free_leases("one")
    again = claimed(work, run, "two")
    assert (again.answered, again.attempts) == (frozenset({"a"}), 2)
    assert not work.store(first, [result("b", 0, 1)], 3), "who slept through its lease changes nothing"
    work.finish(first, FIGURES, better=0, worse=0, left_out=0)
    assert runs.get(ann.id, run.id).status is RunStatus.RUNNING
    work.release(again)
    assert (work.pending(), runs.get(ann.id, run.id).status) == ([run.id], RunStatus.QUEUED)


def test_a_lease_runs_out(world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    claimed(work, run)
    later = SqlRunWork(world.database, now=lambda: datetime.now(UTC) + LEASE + timedelta(seconds=1))
    assert work.pending() == []
    assert later.pending() == [run.id]


def test_of_two_that_claim_a_run_one_gets_it(
    world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork
) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    outcomes = at_once(*(partial(work.claim, run.id, str(number)) for number in range(4)))
    assert sum(isinstance(outcome, RunTask) for outcome in outcomes) == 1
    assert outcomes.count(None) == 3


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_soon(
    world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork
) -> None:
    waiting = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    assert runs.cancel(ann.id, waiting.id).status is RunStatus.CANCELLED
    running = runs.start(ann.id, waiting.collection_id, TODAY, OTHER)
    task = claimed(work, running)
    assert runs.cancel(ann.id, running.id).status is RunStatus.RUNNING
    assert not work.store(task, [result("a", 0, 1)], 3)
    work.fail(task, None)
    assert runs.get(ann.id, running.id).status is RunStatus.CANCELLED
    assert runs.cancel(ann.id, running.id).status is RunStatus.CANCELLED, "a second time changes nothing"


def test_a_failed_run_says_why(world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    problem = Problem("SEARCH_UNAVAILABLE", "Neither search index is answering.")
    work.fail(claimed(work, run), problem)
    end = runs.get(ann.id, run.id)
    assert (end.status, end.error) == (RunStatus.FAILED, problem)


def test_one_run_of_a_collection_at_a_time(world: World, ann: User, runs: SqlEvaluationRuns) -> None:
    collection_id = collection(world, ann)
    outcomes = at_once(*[partial(runs.start, ann.id, collection_id, TODAY, OTHER)] * 3)
    assert sum(isinstance(outcome, Run) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 2


def test_without_questions_nothing_is_run(world: World, ann: User, runs: SqlEvaluationRuns) -> None:
    with pytest.raises(Conflict, match="no test questions"):
        runs.start(ann.id, world.collection(ann), TODAY, OTHER)


def test_old_runs_make_room_with_their_results(
    world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork
) -> None:
    collection_id = collection(world, ann)
    made = []
    for number in range(KEPT_RUNS + 2):
        run = runs.start(ann.id, collection_id, TODAY, OTHER)
        task = claimed(work, run)
        work.store(task, [result(str(number), 0, 1)], 1)
        work.finish(task, FIGURES, better=1, worse=0, left_out=0)
        made.append(run.id)
    first, cursor = runs.page(ann.id, collection_id, Page(15))
    rest, _ = runs.page(ann.id, collection_id, Page(15, cursor))
    assert [run.id for run in first + rest] == made[:1:-1]
    assert world.rows()["evaluation_results"] == KEPT_RUNS


Act = Callable[[SqlEvaluationRuns, Run, str], Any]
REFUSED: list[tuple[str, type[NotFound], Act]] = [
    ("start", CollectionNotFound, lambda runs, run, who: runs.start(who, run.collection_id, TODAY, OTHER)),
    ("page", CollectionNotFound, lambda runs, run, who: runs.page(who, run.collection_id, Page())),
    ("get", RunNotFound, lambda runs, run, who: runs.get(who, run.id)),
    ("cancel", RunNotFound, lambda runs, run, who: runs.cancel(who, run.id)),
    ("delete", RunNotFound, lambda runs, run, who: runs.delete(who, run.id)),
    ("results", RunNotFound, lambda runs, run, who: runs.results(who, run.id, Change.ALL, Page())),
]


@pytest.mark.parametrize(("error", "act"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_another_persons_runs_are_not_there(
    world: World, ann: User, runs: SqlEvaluationRuns, error: type[NotFound], act: Act
) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    bob = world.person("bob")
    with pytest.raises(error) as refused:
        act(runs, run, bob.id)
    assert type(refused.value) is error
    assert runs.get(ann.id, run.id) == run
    world.collections.put_member(ann.id, run.collection_id, bob.email, Access.READER)
    assert runs.get(bob.id, run.id) == run


def test_what_is_deleted_is_gone_and_stops(world: World, ann: User, runs: SqlEvaluationRuns, work: SqlRunWork) -> None:
    run = runs.start(ann.id, collection(world, ann), TODAY, OTHER)
    task = claimed(work, run)
    work.store(task, [result("a", 0, 1)], 3)
    runs.delete(ann.id, run.id)
    assert not work.store(task, [], 3)
    work.fail(task, None)
    rows = world.rows()
    assert (rows["evaluation_runs"], rows["evaluation_results"]) == (0, 0)


def test_a_collection_is_told_as_it_stands(world: World, ann: User, work: SqlRunWork) -> None:
    document = world.indexed(ann)
    world.upload(ann, "waiting.txt")
    found = work.collection(document.collection_id)
    assert found is not None
    assert (found.version, found.searchable) == (world.version(ann, document.collection_id), 1)
    assert work.collection("0" * 32) is None
    assert [question.text for question in work.questions(collection(world, ann))] == [
        "Question 0?", "Question 1?", "Question 2?",
    ]  # fmt: skip
