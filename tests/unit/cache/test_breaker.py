from __future__ import annotations

import pytest

from backend.app.cache.breaker import BreakerOpen, CircuitBreaker, Verdict
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock


class Refused(Exception):
    verdict = Verdict.DOWN


class Late(Exception):
    verdict = Verdict.DOUBTFUL


class Complaint(Exception):
    verdict = Verdict.FINE


class Service:
    """Raises ``error`` while it has one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0
        self.probes = 0

    def use(self, word: str = "done", *, times: int = 1) -> str:
        self.calls += 1
        if self.error:
            raise self.error
        return word * times

    def probe(self) -> None:
        self.probes += 1
        if self.error:
            raise self.error


class Guarded:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.background = FakeBackground(self.clock)
        self.service = Service()
        self.events = CountedEvents()
        self.elapsed: list[float] = []
        self.breaker = CircuitBreaker(
            "redis",
            judge=self.judge,
            probe=self.service.probe,
            background=self.background,
            clock=self.clock,
            events=self.events,
        )

    def judge(self, error: Exception, elapsed: float) -> Verdict:
        self.elapsed.append(elapsed)
        return getattr(error, "verdict", Verdict.FINE)

    def fails_with(self, error: type[Exception]) -> None:
        self.service.error = error()
        with pytest.raises(error):
            self.breaker.call(self.service.use)


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


def test_a_service_that_is_there_is_called(guarded: Guarded) -> None:
    assert guarded.breaker.call(guarded.service.use, "a", times=2) == "aa"
    assert guarded.breaker.state == "closed"
    assert guarded.background.waiting == []


def test_one_failure_that_proves_something_opens_and_costs_nobody_else_a_call(guarded: Guarded) -> None:
    guarded.fails_with(Refused)
    for _ in range(5):
        with pytest.raises(BreakerOpen):
            guarded.breaker.call(guarded.service.use)
    assert guarded.service.calls == 1
    assert guarded.breaker.state == "open"
    assert guarded.events.breaker == ["redis open"]


def test_an_error_that_is_an_answer_passes_through(guarded: Guarded) -> None:
    for _ in range(5):
        guarded.fails_with(Complaint)
    assert guarded.service.calls == 5
    assert (guarded.breaker.state, guarded.background.waiting) == ("closed", [])


def test_the_judge_is_told_how_long_the_call_took(guarded: Guarded) -> None:
    def slow() -> None:
        guarded.clock.pass_by(0.25)
        raise Complaint

    with pytest.raises(Complaint):
        guarded.breaker.call(slow)
    assert guarded.elapsed == [pytest.approx(0.25, abs=1e-6)]


def test_it_closes_by_itself_when_the_probe_gets_through(guarded: Guarded) -> None:
    guarded.fails_with(Refused)
    guarded.service.error = None
    with pytest.raises(BreakerOpen):
        guarded.breaker.call(guarded.service.use)
    guarded.background.run()
    assert guarded.breaker.call(guarded.service.use) == "done"
    assert guarded.events.breaker == ["redis open", "redis closed"]
    assert guarded.background.waiting == []


def test_only_one_call_in_the_background_probes_with_pauses_that_double_up_to_two_seconds(guarded: Guarded) -> None:
    guarded.fails_with(Refused)
    pauses = []
    for _ in range(8):
        before = guarded.clock.now
        assert guarded.background.run() == 1
        pauses.append(guarded.clock.now - before)
    assert pauses == pytest.approx([0.1, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0], abs=1e-4)
    assert guarded.service.probes == 8
    assert guarded.events.breaker == ["redis open"]


def test_many_failures_at_once_start_one_probe(guarded: Guarded) -> None:
    def meanwhile(others: int) -> None:
        if others:  # these were under way when the first one failed
            with pytest.raises(Refused):
                guarded.breaker.call(lambda: meanwhile(others - 1))
        raise Refused

    with pytest.raises(Refused):
        guarded.breaker.call(lambda: meanwhile(5))
    assert len(guarded.background.waiting) == 1
    assert guarded.events.breaker == ["redis open"]


def test_a_doubtful_failure_asks_at_once_and_lets_requests_go_on(guarded: Guarded) -> None:
    guarded.fails_with(Late)
    guarded.fails_with(Late)
    guarded.service.error = None
    assert guarded.breaker.call(guarded.service.use) == "done"
    before = guarded.clock.now
    assert guarded.background.run() == 1
    assert guarded.clock.now == before
    assert guarded.background.waiting == []
    assert guarded.events.breaker == []


def test_a_doubtful_failure_opens_when_the_probe_proves_it(guarded: Guarded) -> None:
    guarded.fails_with(Late)
    guarded.service.error = Refused()
    guarded.background.run()
    assert guarded.breaker.state == "open"
    guarded.service.error = None
    guarded.background.run()
    assert guarded.breaker.state == "closed"


def test_doubt_opens_in_the_end(guarded: Guarded) -> None:
    guarded.fails_with(Late)
    states = []
    for _ in range(3):
        guarded.background.run()
        states.append(guarded.breaker.state)
    assert states == ["closed", "closed", "open"]


def test_a_proven_failure_opens_while_doubt_is_being_looked_into(guarded: Guarded) -> None:
    guarded.fails_with(Late)
    guarded.fails_with(Refused)
    assert guarded.breaker.state == "open"
    guarded.service.error = None
    assert guarded.background.run() == 1
    assert guarded.breaker.state == "closed"


def test_a_service_that_answers_the_probe_with_an_error_is_there(guarded: Guarded) -> None:
    guarded.fails_with(Refused)
    guarded.service.error = Complaint()
    guarded.background.run()
    assert guarded.breaker.state == "closed"


def test_it_opens_anew_after_it_closed(guarded: Guarded) -> None:
    guarded.fails_with(Refused)
    guarded.service.error = None
    guarded.background.run()
    guarded.fails_with(Refused)
    assert len(guarded.background.waiting) == 1
    assert guarded.events.breaker == ["redis open", "redis closed", "redis open"]
