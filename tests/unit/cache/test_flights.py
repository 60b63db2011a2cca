"""Flights inside a worker; those across workers are tested through the tiered cache and on real stores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from traceback import extract_tb

import pytest

from backend.app.cache.flights import Flights
from backend.app.concurrency import Outcome
from tests.fakes.child import output_of

PATIENCE = 20.0


def many(count: int, call: Callable[[], object]) -> list[Outcome[object]]:
    outcomes: list[Outcome[object]] = []
    threads = [threading.Thread(target=lambda: outcomes.append(Outcome.of(call))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class Slow:
    """A computation that lands when all the others wait for it."""

    def __init__(self, flights: Flights[object], others: int, error: Exception | None = None) -> None:
        self.flights, self.others, self.error, self.times = flights, others, error, 0

    def __call__(self) -> object:
        self.times += 1
        (flight,) = self.flights._flights.values()
        waiters = flight.done._cond._waiters  # type: ignore[attr-defined]
        pause = threading.Event()
        while len(waiters) < self.others:
            pause.wait(0.005)
        if self.error:
            raise self.error
        return object()


def test_many_who_ask_at_once_share_one_call_and_its_value() -> None:
    flights: Flights[object] = Flights()
    slow = Slow(flights, 19)
    outcomes = many(20, lambda: flights.run("key", slow, PATIENCE))
    values = {outcome.result()[0] for outcome in outcomes}  # type: ignore[index]
    assert (slow.times, len(values)) == (1, 1)
    assert sorted(outcome.result()[1] for outcome in outcomes) == [False] * 19 + [True]  # type: ignore[index]


def test_many_who_wait_are_raised_the_same_error_with_a_short_traceback() -> None:
    flights: Flights[object] = Flights()
    slow = Slow(flights, 19, LookupError("away"))
    outcomes = many(20, lambda: flights.run("key", slow, PATIENCE))
    assert slow.times == 1
    assert {outcome.error for outcome in outcomes} == {slow.error}
    assert len(extract_tb(slow.error.__traceback__)) < 12


def test_keys_are_apart_and_a_flight_that_has_landed_is_over() -> None:
    flights: Flights[str] = Flights()
    assert flights.run("a", lambda: flights.run("b", lambda: "inner", PATIENCE)[0] + " outer", PATIENCE) == (
        "inner outer",
        True,
    )
    assert flights.run("a", lambda: "anew", PATIENCE) == ("anew", True)
    with pytest.raises(LookupError):
        flights.run("a", lambda: {}["none"], PATIENCE)
    assert flights.run("a", lambda: "anew", PATIENCE) == ("anew", True)


def test_when_a_call_hangs_one_of_those_who_wait_begins_another() -> None:
    flights: Flights[str] = Flights()
    hangs, begun = threading.Event(), threading.Event()
    times: list[str] = []

    def hanging() -> str:
        begun.set()
        hangs.wait(PATIENCE)
        return "late"

    def another() -> str:
        times.append("called")
        return "in time"

    late: list[tuple[str, bool]] = []
    thread = threading.Thread(target=lambda: late.append(flights.run("key", hanging, PATIENCE)))
    thread.start()
    assert begun.wait(PATIENCE)
    assert flights.run("key", another, 0.01) == ("in time", True)
    assert (times, flights._flights) == (["called"], {}), "what was begun anew has landed, and hides no other"
    hangs.set()
    thread.join()
    assert late == [("late", True)]
    assert flights._flights == {}


def test_nobody_waits_longer_than_twice() -> None:
    flights: Flights[str] = Flights()
    hangs = threading.Event()
    begun = [threading.Event(), threading.Event()]

    def hanging(number: int) -> str:
        begun[number].set()
        hangs.wait(PATIENCE)
        return "late"

    first = threading.Thread(target=flights.run, args=("key", lambda: hanging(0), PATIENCE))
    first.start()
    assert begun[0].wait(PATIENCE)
    second = threading.Thread(target=flights.run, args=("key", lambda: hanging(1), 0.05))
    second.start()
    assert flights.run("key", lambda: "alone", 0.1) == ("alone", True)
    hangs.set()
    first.join()
    second.join()


def test_when_the_leader_is_killed_another_leads() -> None:
    program = """
        import gevent
        from backend.app.cache.flights import Flights

        flights = Flights()
        leader = gevent.spawn(flights.run, "key", lambda: gevent.sleep(60), 20)
        waiting = [gevent.spawn(flights.run, "key", lambda: "landed", 20) for _ in range(3)]
        gevent.sleep(0.05)
        leader.kill()
        gevent.joinall(waiting, timeout=20)
        print(sorted(each.value for each in waiting)[-1], len({each.value[0] for each in waiting}))
    """
    assert output_of(program, gevent=True) == "('landed', True) 1"
