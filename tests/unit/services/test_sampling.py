from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from backend.app.domain.performance import Step
from backend.app.services.sampling import Sampler
from tests.fakes.performance import KeptBaseline, KeptSteps, SetMetrics

NOW = 1_000_050.4


class Bench:
    """A sampler and all that it works with."""

    def __init__(self) -> None:
        self.metrics, self.steps, self.baseline = SetMetrics(), KeptSteps(), KeptBaseline()
        self.now = NOW
        self.elected = True
        self.sampler = self.another()

    def another(self) -> Sampler:
        return Sampler(
            metrics=self.metrics,
            state=lambda: {"load": 0.5},
            performance=self.steps,
            baseline=self.baseline,
            elected=lambda: self.elected,
            instance="here",
            clock=lambda: self.now,
        )

    def counted(self, seconds: int = 10) -> list[dict[str, float]]:
        return [dict(step.counts) for step in self.steps.between(seconds, 0, 10**10)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_sample_holds_what_was_counted_since_the_one_before(bench: Bench) -> None:
    for total in (3, 3, 8):
        bench.metrics.counts = {"requests": total}
        bench.sampler.tick()
        bench.now += 10
    assert bench.counted() == [{"requests": 3}, {}, {"requests": 5}]
    assert bench.counted(60) == [{"requests": 8}]


def test_a_sample_belongs_to_the_step_that_has_just_ended(bench: Bench) -> None:
    bench.metrics.gauges = {"memory": 5.0}
    bench.sampler.tick()
    (step,) = bench.steps.between(10, 0, 10**10)
    assert step == Step(1_000_040, {}, {"memory": 5.0, "load": 0.5}, 1, "here")


def test_whoever_is_not_elected_notes_its_own_process_alone(bench: Bench) -> None:
    bench.elected = False
    bench.metrics.counts = {"requests": 3}
    bench.sampler.tick()
    assert (bench.counted(), bench.metrics.sampled) == ([], 1)


def test_whoever_takes_over_counts_on_from_there(bench: Bench) -> None:
    bench.metrics.counts = {"requests": 3}
    bench.sampler.tick()
    bench.metrics.counts = {"requests": 4}
    bench.another().tick()
    assert bench.counted() == [{"requests": 4}], "three and one, in the same step"


def test_counters_that_began_anew_are_counted_from_nothing(bench: Bench) -> None:
    bench.metrics.counts = {"requests": 30}
    bench.sampler.tick()
    bench.metrics.counts = {"requests": 2}
    bench.now += 10
    bench.sampler.tick()
    assert bench.counted() == [{"requests": 30}, {"requests": 2}]


def test_what_could_not_be_stored_is_counted_next_time(bench: Bench) -> None:
    bench.metrics.counts = {"requests": 3}
    bench.steps.away = True
    with capture_logs() as logs:
        bench.sampler.tick()
    assert [(entry["event"], entry["error"]) for entry in logs] == [("performance_not_sampled", "StorageUnavailable")]
    bench.steps.away = False
    bench.metrics.counts = {"requests": 4}
    bench.now += 10
    bench.sampler.tick()
    assert bench.counted() == [{"requests": 4}]


def test_the_next_tick_is_due_when_the_step_ends(bench: Bench) -> None:
    assert bench.sampler.tick() == pytest.approx(9.6)


def test_it_ticks_again_and_again_whatever_happens(bench: Bench) -> None:
    calls: list[tuple[Callable[[], None], float]] = []
    bench.sampler.run(lambda call, delay: calls.append((call, delay)))
    assert (bench.metrics.sampled, calls[0][1]) == (1, 10), "the first step is given time"
    bench.steps.away = True
    for _ in range(3):
        with capture_logs():
            calls.pop()[0]()
    assert bench.metrics.sampled == 1 + 3
    assert len(calls) == 1, "one, and only one, is to come"


def test_whoever_ends_stores_what_is_left(bench: Bench) -> None:
    bench.metrics.counts = {"requests": 3}
    bench.sampler.tick()
    bench.metrics.counts = {"requests": 5}
    bench.now += 4
    bench.sampler.finish()
    assert sum(counts["requests"] for counts in bench.counted()) == 5


def test_the_end_of_one_that_is_not_elected_or_cannot_store_is_quiet(bench: Bench) -> None:
    bench.metrics.counts = {"requests": 3}
    bench.elected = False
    bench.sampler.finish()
    bench.elected = bench.steps.away = True
    with capture_logs() as logs:
        bench.sampler.finish()
    assert bench.counted() == []
    assert [entry["event"] for entry in logs] == ["performance_not_sampled"]
