"""What holds in a plain process and under gevent alike: each function is run in both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from time import monotonic
from traceback import extract_tb

from structlog.testing import capture_logs

from backend.app.concurrency import (
    EndWhenIdle,
    NativePool,
    Outcome,
    Pump,
    Turns,
    each,
    gather,
    in_background,
    is_cooperative,
    is_readable,
    shielded,
)

PATIENCE = 20.0  # seconds: reached only where something hangs

request: ContextVar[str] = ContextVar("request", default="none")


def until(ready: Callable[[], bool]) -> None:
    """Wait until ``ready()``; fail where it never becomes so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if ready():
            return
        pause.wait(0.01)
    raise AssertionError("waited in vain")


def raised_by(call: Callable[[], object]) -> BaseException:
    """Return what ``call`` raises."""
    error = Outcome.of(call).error
    assert error is not None, "the error was kept back"
    return error


# --- sockets ----------------------------------------------------------------------------------


def a_look_at_a_socket_sees_what_came_and_the_end_and_never_waits() -> None:
    here, there = socket.socketpair()
    with here:
        here.settimeout(PATIENCE)
        assert not is_readable(here)
        there.sendall(b"+")
        assert is_readable(here)
        assert here.recv(1) == b"+", "a look takes nothing away"
        assert not is_readable(here)
        there.close()
        assert is_readable(here)


# --- turns ------------------------------------------------------------------------------------


def turns_come_in_the_order_of_coming_and_no_late_comer_takes_one() -> None:
    turns = Turns(1)
    assert turns.acquire(0)
    served: list[int] = []

    def wait(n: int) -> None:
        came = turns.acquire(PATIENCE)
        served.append(n if came else -1)
        turns.release()

    waiting = []
    for n in range(20):
        waiting.append(threading.Thread(target=wait, args=(n,)))
        waiting[-1].start()
        until(lambda: turns.waiting == len(waiting))
    turns.release()
    wait(20)  # a late-comer, which runs before those that are woken
    for thread in waiting:
        thread.join(PATIENCE)
    assert served == list(range(21))
    assert turns.acquire(0)


def so_many_have_a_turn_at_a_time_as_there_are() -> None:
    turns = Turns(3)
    assert [turns.acquire(0) for _ in range(4)] == [True, True, True, False]
    turns.release()
    assert turns.acquire(0)
    assert not turns.acquire(0)


def who_waited_long_enough_leaves_the_line() -> None:
    turns = Turns(1)
    assert turns.acquire()
    assert not turns.acquire(0.05)
    assert turns.waiting == 0
    turns.release()
    assert turns.acquire(0), "the turn went to one that had left"


# --- ending what is idle ----------------------------------------------------------------------


def what_is_used_no_more_is_ended_once_and_again_after_a_later_use() -> None:
    ends: list[float] = []
    idle = EndWhenIdle(lambda: ends.append(monotonic()), 0.2, "idle")
    for _ in range(2):
        before = len(ends)
        for _ in range(5):
            idle.used()
        last = monotonic()
        until(lambda: len(ends) > before)  # noqa: B023  called before the next round
        assert ends[-1] - last >= 0.2
        threading.Event().wait(0.3)
        assert len(ends) == before + 1


# --- gather -----------------------------------------------------------------------------------


def gather_makes_all_calls_at_the_same_time() -> None:
    everybody = threading.Barrier(3, timeout=PATIENCE)
    outcomes = gather(dict.fromkeys("abc", everybody.wait), PATIENCE)
    assert sorted(outcome.result() for outcome in outcomes.values()) == [0, 1, 2]
    assert list(outcomes) == ["a", "b", "c"]


def gather_of_nothing_is_nothing() -> None:
    assert gather({}, 0.01) == {}


def gather_names_late_calls_and_keeps_the_others() -> None:
    never = threading.Event()
    outcomes = gather({"late": lambda: never.wait(PATIENCE), "quick": lambda: True}, 0.2)
    never.set()
    assert isinstance(outcomes["late"].error, TimeoutError)
    assert outcomes["quick"].result() is True


def gather_waits_once_for_all_late_calls_together() -> None:
    released = threading.Event()
    timer = threading.Timer(2.0, released.set)  # one wait after the other would see this
    timer.start()
    outcomes = gather({str(n): lambda: released.wait(PATIENCE) for n in range(40)}, 0.2)
    late = [outcome for outcome in outcomes.values() if isinstance(outcome.error, TimeoutError)]
    timer.cancel()
    released.set()
    timer.join()
    assert len(late) == 40


def gather_hands_over_what_a_call_raised() -> None:
    def broken() -> str:
        raise LookupError("no such thing")

    outcomes = gather({"broken": broken, "whole": lambda: "value"}, PATIENCE)
    assert outcomes["whole"].result() == "value"
    assert str(outcomes["broken"].error) == "no such thing"
    assert raised_by(outcomes["broken"].result) is outcomes["broken"].error


def gather_takes_the_callers_context_along() -> None:
    request.set("r-1")
    outcomes = gather({"a": request.get, "b": request.get}, PATIENCE)
    assert [outcome.result() for outcome in outcomes.values()] == ["r-1", "r-1"]


# --- the native pool --------------------------------------------------------------------------


def a_pool_returns_what_the_function_returns() -> None:
    assert NativePool(2).run(divmod, 17, 5) == (3, 2)
    assert NativePool(2).run(dict, a=1) == {"a": 1}


def a_pool_hands_over_what_the_function_raised() -> None:
    def broken() -> None:
        raise KeyError("no such thing")

    error = raised_by(lambda: NativePool(2).run(broken))
    assert str(error) == "'no such thing'"
    assert "broken" in [entry.name for entry in extract_tb(error.__traceback__)], "the traceback leads to the place"


def a_pool_takes_the_callers_context_along() -> None:
    request.set("r-2")
    assert NativePool(2).run(request.get) == "r-2"


def a_pools_function_may_use_a_pool_itself() -> None:
    pool, other = NativePool(1), NativePool(1)
    assert pool.run(lambda: pool.run(lambda: other.run(threading.get_native_id))) == pool.run(threading.get_native_id)


def more_calls_than_threads_are_all_made() -> None:
    pool = NativePool(2)
    outcomes = gather({str(n): lambda n=n: pool.run(pow, n, 2) for n in range(50)}, PATIENCE)  # type: ignore[misc]
    assert [outcome.result() for outcome in outcomes.values()] == [n * n for n in range(50)]


def a_shielded_call_is_a_call() -> None:
    def broken() -> None:
        raise LookupError

    request.set("r-3")
    assert shielded(request.get) == "r-3"
    assert shielded(divmod, 7, 2) == (3, 1)
    assert isinstance(raised_by(lambda: shielded(broken)), LookupError)


# --- in the background ------------------------------------------------------------------------


def a_call_in_the_background_is_made_while_its_caller_goes_on() -> None:
    go_on, made = threading.Event(), threading.Event()

    def call() -> None:
        if go_on.wait(PATIENCE):
            made.set()

    in_background(call)
    in_background(call, 0.01)
    assert not made.is_set()
    go_on.set()
    assert made.wait(PATIENCE)


def calls_in_the_background_come_in_the_order_of_their_delays() -> None:
    made: list[str] = []
    in_background(lambda: made.append("later"), 0.3)
    in_background(lambda: made.append("sooner"), 0.01)
    until(lambda: len(made) == 2)
    assert made == ["sooner", "later"]


def a_call_in_the_background_has_its_callers_context() -> None:
    seen: list[str] = []
    request.set("r-5")
    in_background(lambda: seen.append(request.get()))
    request.set("r-6")
    until(lambda: bool(seen))
    assert seen == ["r-5"]


def what_a_call_in_the_background_raises_is_logged() -> None:
    def broken() -> None:
        raise LookupError("a secret")

    with capture_logs() as logs:
        in_background(broken)
        until(lambda: bool(logs))
    assert logs == [{"event": "background_call_failed", "error": "LookupError", "log_level": "error"}]


# --- the pump ---------------------------------------------------------------------------------


class Source:
    """Yields numbers; remembers whether it was closed, and may wait before an item."""

    def __init__(self, count: int, *, stop_before: int = -1, error: Exception | None = None) -> None:
        self.closed = threading.Event()
        self.waiting = threading.Event()
        self.go_on = threading.Event()
        self._count, self._stop_before, self._error = count, stop_before, error

    def __call__(self) -> Iterator[int]:
        try:
            for number in range(self._count):
                if number == self._stop_before:
                    self.waiting.set()
                    self.go_on.wait(PATIENCE)
                yield number
            if self._error is not None:
                raise self._error
        finally:
            self.closed.set()


def a_pump_hands_over_in_one_list_what_arrived_together() -> None:
    source = Source(5)
    pump = Pump(source(), idle=PATIENCE)
    assert source.closed.wait(PATIENCE)
    assert list(pump) == [[0, 1, 2, 3, 4]]


def a_pump_says_so_when_nothing_arrives() -> None:
    source = Source(2, stop_before=1)
    pump = iter(Pump(source(), idle=0.05))
    assert next(pump) == [0]
    assert next(pump) == []
    assert next(pump) == []
    source.go_on.set()
    assert [item for batch in pump for item in batch] == [1]


def a_pump_bounds_what_waits_and_what_a_list_holds() -> None:
    batches = list(Pump(iter(range(5000)), idle=PATIENCE))
    assert [item for batch in batches for item in batch] == list(range(5000))
    assert max(map(len, batches)) <= 1000


def a_pump_hands_over_the_items_before_the_error() -> None:
    source = Source(3, error=LookupError("broke off"))
    pump = Pump(source(), idle=PATIENCE)
    assert source.closed.wait(PATIENCE)
    batches = iter(pump)
    assert next(batches) == [0, 1, 2]
    assert str(raised_by(lambda: next(batches))) == "broke off"


def an_error_while_the_source_closes_reaches_the_reader() -> None:
    def source() -> Iterator[int]:
        try:
            yield 1
        finally:
            raise LookupError("while closing")

    assert str(raised_by(lambda: list(Pump(source(), idle=PATIENCE)))) == "while closing"


def closing_stops_a_source_that_cannot_hand_over() -> None:
    source = Source(1_000_000)
    pump = Pump(source(), idle=PATIENCE)
    until(lambda: pump._queue.full())
    pump.close()
    assert source.closed.wait(PATIENCE)


def closing_stops_a_source_that_waits() -> None:
    source = Source(3, stop_before=1)
    pump = Pump(source(), idle=PATIENCE)
    assert source.waiting.wait(PATIENCE)
    pump.close()
    if not is_cooperative():  # a thread has to come back by itself
        source.go_on.set()
    assert source.closed.wait(PATIENCE)
    assert list(pump) == [], "nothing is handed over after closing"


def closing_at_once_never_begins_the_source_or_ends_it() -> None:
    class Opened:
        closed = False

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            return 1

        def close(self) -> None:
            self.closed = True

    source = Opened()
    pump = Pump(source, idle=PATIENCE)
    pump.close()
    pump.close()
    until(lambda: source.closed)


def closing_after_the_end_is_harmless() -> None:
    pump = Pump(iter([1]), idle=PATIENCE)
    assert list(pump) == [[1]]
    pump.close()


def a_pump_takes_the_callers_context_along() -> None:
    def source() -> Iterator[str]:
        yield request.get()

    request.set("r-4")
    assert list(Pump(source(), idle=PATIENCE)) == [["r-4"]]


def a_pump_leaves_the_source_to_its_reader_after_the_item_it_was_told() -> None:
    worked_in: list[tuple[int, str]] = []

    def source() -> Iterator[int]:
        for number in range(4):
            worked_in.append((threading.get_ident(), request.get()))
            yield number

    request.set("r-5")
    pump = Pump(source(), idle=PATIENCE, until=lambda number: number == 1)
    batches = iter(pump)
    handed = next(batches)
    while handed[-1] != 1:
        handed += next(batches)
    assert handed == [0, 1]
    request.set("another")
    assert list(batches) == [[2], [3]]
    mine = threading.get_ident()
    assert [thread == mine for thread, _ in worked_in] == [False, False, True, True]
    assert {name for _, name in worked_in} == {"r-5"}, "the source keeps its own context"


def an_error_of_a_source_that_was_handed_over_reaches_its_reader() -> None:
    source = Source(3, error=LookupError("broke off"))
    batches = iter(Pump(source(), idle=PATIENCE, until=lambda number: number == 0))
    assert [next(batches) for _ in range(3)] == [[0], [1], [2]]
    assert str(raised_by(lambda: next(batches))) == "broke off"
    assert source.closed.is_set()


def closing_a_pump_closes_a_source_that_was_handed_over() -> None:
    source = Source(3)
    pump = Pump(source(), idle=PATIENCE, until=lambda number: number == 0)
    batches = iter(pump)
    assert [next(batches), next(batches)] == [[0], [1]]
    pump.close()
    assert source.closed.is_set()
    assert list(batches) == []


def each_returns_what_was_given_in_the_items_order() -> None:
    assert each(lambda item: item * 2, range(10), 3) == [item * 2 for item in range(10)]
    assert each(str, [], 3) == []


def each_takes_the_callers_context_along() -> None:
    token = request.set("mine")
    try:
        assert each(lambda item: request.get(), [1, 2], 2) == ["mine", "mine"]
    finally:
        request.reset(token)


def each_comes_to_an_end_of_all_before_it_raises() -> None:
    done: list[int] = []

    def call(item: int) -> None:
        if item == 1:
            raise LookupError(item)
        done.append(item)

    assert isinstance(raised_by(lambda: each(call, range(5), 2)), LookupError)
    assert sorted(done) == [0, 2, 3, 4]


SCENARIOS = [
    what_is_used_no_more_is_ended_once_and_again_after_a_later_use,
    a_look_at_a_socket_sees_what_came_and_the_end_and_never_waits,
    turns_come_in_the_order_of_coming_and_no_late_comer_takes_one,
    so_many_have_a_turn_at_a_time_as_there_are,
    who_waited_long_enough_leaves_the_line,
    gather_makes_all_calls_at_the_same_time,
    each_returns_what_was_given_in_the_items_order,
    each_takes_the_callers_context_along,
    each_comes_to_an_end_of_all_before_it_raises,
    gather_of_nothing_is_nothing,
    gather_names_late_calls_and_keeps_the_others,
    gather_waits_once_for_all_late_calls_together,
    gather_hands_over_what_a_call_raised,
    gather_takes_the_callers_context_along,
    a_pool_returns_what_the_function_returns,
    a_pool_hands_over_what_the_function_raised,
    a_pool_takes_the_callers_context_along,
    a_pools_function_may_use_a_pool_itself,
    more_calls_than_threads_are_all_made,
    a_shielded_call_is_a_call,
    a_call_in_the_background_is_made_while_its_caller_goes_on,
    calls_in_the_background_come_in_the_order_of_their_delays,
    a_call_in_the_background_has_its_callers_context,
    what_a_call_in_the_background_raises_is_logged,
    a_pump_hands_over_in_one_list_what_arrived_together,
    a_pump_says_so_when_nothing_arrives,
    a_pump_bounds_what_waits_and_what_a_list_holds,
    a_pump_hands_over_the_items_before_the_error,
    an_error_while_the_source_closes_reaches_the_reader,
    closing_stops_a_source_that_cannot_hand_over,
    closing_stops_a_source_that_waits,
    closing_at_once_never_begins_the_source_or_ends_it,
    closing_after_the_end_is_harmless,
    a_pump_takes_the_callers_context_along,
    a_pump_leaves_the_source_to_its_reader_after_the_item_it_was_told,
    an_error_of_a_source_that_was_handed_over_reaches_its_reader,
    closing_a_pump_closes_a_source_that_was_handed_over,
]
