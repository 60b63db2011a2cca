"""Steps of figures, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.app.domain.performance import STEPS, Step
from backend.app.storage.database import Database
from backend.app.storage.interfaces import Performance
from backend.app.storage.repositories.performance import SqlPerformance
from backend.app.storage.repositories.queue_state import SqlQueueState
from tests.contract.storage.world import World

START = 1_700_000_400  # a whole number of ten minutes
END = START * 2


@pytest.fixture
def performance(database: Database) -> Performance:
    return SqlPerformance(database)


def test_what_is_added_comes_back(performance: Performance) -> None:
    step = Step(START + 10, {"requests": 3.0, "response|0.05": 3.0}, {"memory": 1.5}, looks=1)
    performance.add("one", step)
    assert performance.between(10, START, END) == [Step(START + 10, step.counts, step.gauges, looks=1, instance="one")]


def test_a_step_is_added_to_the_steps_of_each_length_that_it_falls_into(performance: Performance) -> None:
    for number in range(61):
        performance.add("one", Step(START + number * 10, {"requests": 1.0}, {"memory": 2.0}, looks=1))
    assert [len(performance.between(seconds, START, END)) for seconds in (10, 60, 600)] == [61, 11, 2]
    minutes = performance.between(60, START, END)
    assert [step.counts["requests"] for step in minutes] == [6.0] * 10 + [1.0]
    assert (minutes[0].gauges["memory"], minutes[0].looks) == (12.0, 6)
    assert [step.at for step in performance.between(600, START, END)] == [START, START + 600]


def test_each_instance_has_steps_of_its_own(performance: Performance) -> None:
    for instance in ("one", "two", "two"):
        performance.add(instance, Step(START, {"requests": 1.0}))
    found = {step.instance: step.counts["requests"] for step in performance.between(10, START, END)}
    assert found == {"one": 1.0, "two": 2.0}


def test_only_steps_of_that_time_are_told_oldest_first(performance: Performance) -> None:
    for at in (30, 10, 0, 20):
        performance.add("one", Step(START + at, {"requests": 1.0}))
    assert [step.at - START for step in performance.between(10, START + 10, START + 30)] == [10, 20]


@pytest.mark.parametrize(("seconds", "kept"), STEPS.items())
def test_steps_are_kept_for_their_time_and_no_longer(performance: Performance, seconds: int, kept: int) -> None:
    performance.add("gone long ago", Step(START, {"requests": 1.0}))
    performance.add("one", Step(START + kept, {"requests": 1.0}))
    assert len(performance.between(seconds, 0, END)) == 2
    performance.add("one", Step(START + kept + 2 * seconds, {"requests": 1.0}))
    assert [step.instance for step in performance.between(seconds, 0, END)] == ["one", "one"]


def test_the_queue_is_as_long_as_what_nobody_works_at(world: World) -> None:
    now = datetime.now(UTC)
    state = SqlQueueState(world.database, now=lambda: now + timedelta(seconds=90))
    assert state.waiting() == (0, 0.0)
    ann = world.person("ann")
    jobs = [world.upload(ann, f"{number}.txt")[1] for number in range(3)]
    length, oldest = state.waiting()
    assert length == 3
    assert oldest == pytest.approx(90, abs=30)
    world.claimed(jobs[0])
    assert state.waiting()[0] == 2
    world.indexed(ann, name="ready.txt")
    assert state.waiting()[0] == 2, "what is done does not wait"
