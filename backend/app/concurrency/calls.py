"""Calls that are made together, in the background, or to their end whatever happens."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from typing import ParamSpec, TypeVar

import structlog

from backend.app.concurrency.worlds import Outcome, is_cooperative

T = TypeVar("T")
A = TypeVar("A")
P = ParamSpec("P")


def shielded(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function`` so that it comes to its end even if the calling greenlet is killed meanwhile.

    The killed greenlet ends after it: who waits for the greenlet has waited for the function.
    """
    if not is_cooperative():
        return function(*args, **kwargs)
    import gevent

    call = gevent.spawn(copy_context().run, Outcome.of, function, args, kwargs)
    try:
        outcome: Outcome[T] = call.get()
    finally:
        call.join()
    return outcome.result()


def in_background(call: Callable[[], None], delay: float = 0.0) -> None:
    """Make ``call`` after ``delay`` seconds, for nobody in particular; what it raises is logged.

    A greenlet under gevent, elsewhere a thread that does not hold up the end of the process. Not
    from native threads: they have no hub.
    """

    def make() -> None:
        error = Outcome.of(call).error
        if error is not None:
            structlog.get_logger(__name__).error("background_call_failed", error=type(error).__name__)

    context = copy_context()
    if is_cooperative():
        import gevent

        gevent.spawn_later(delay, context.run, make)
        return
    timer = threading.Timer(delay, context.run, (make,))
    timer.daemon = True
    timer.start()


def gather(calls: Mapping[str, Callable[[], T]], timeout: float) -> dict[str, Outcome[T]]:
    """Make all calls at the same time and wait ``timeout`` seconds at most, for all of them together.

    A call that is late has ``TimeoutError`` as its outcome and is abandoned: under gevent its
    greenlet is killed, elsewhere its thread ends by itself and holds up nobody, not even the
    end of the process.
    """
    late: Outcome[T] = Outcome(error=TimeoutError(f"no answer within {timeout:g} s"))
    outcomes = (_gather_greenlets if is_cooperative() else _gather_threads)(calls, timeout)
    return {name: outcomes.get(name, late) for name in calls}


def each(function: Callable[[A], T], items: Iterable[A], at_once: int) -> list[T]:
    """Call ``function`` with every item, with ``at_once`` of them at a time; return what it gave, in the items' order.

    What a call raises is raised when all have ended; so is what is raised into the caller meanwhile. In a plain process,
    where nobody is held up, it is one call after the other.
    """
    if not is_cooperative():
        return [outcome.result() for outcome in [Outcome.of(function, (item,)) for item in items]]
    from gevent.pool import Pool

    pool = Pool(at_once)
    try:
        calls = [pool.spawn(copy_context().run, Outcome.of, function, (item,)) for item in items]
    finally:
        pool.join()
    outcomes: list[Outcome[T]] = [call.get() for call in calls]
    return [outcome.result() for outcome in outcomes]


def _gather_greenlets(calls: Mapping[str, Callable[[], T]], timeout: float) -> dict[str, Outcome[T]]:
    import gevent

    greenlets = {name: gevent.spawn(copy_context().run, Outcome.of, call) for name, call in calls.items()}
    try:
        gevent.joinall(list(greenlets.values()), timeout=timeout)
        return {name: greenlet.value for name, greenlet in greenlets.items() if isinstance(greenlet.value, Outcome)}
    finally:  # also when the gathering greenlet is killed
        gevent.killall([greenlet for greenlet in greenlets.values() if not greenlet.ready()], block=False)


def _gather_threads(calls: Mapping[str, Callable[[], T]], timeout: float) -> dict[str, Outcome[T]]:
    # Not a ThreadPoolExecutor: at its end the interpreter would wait for an abandoned call.
    arrived: queue.SimpleQueue[tuple[str, Outcome[T]]] = queue.SimpleQueue()

    def make(name: str, call: Callable[[], T]) -> None:
        arrived.put((name, Outcome.of(call)))

    for name, call in calls.items():
        threading.Thread(target=copy_context().run, args=(make, name, call), daemon=True).start()
    deadline = time.monotonic() + timeout
    outcomes: dict[str, Outcome[T]] = {}
    while len(outcomes) < len(calls):
        try:
            name, outcome = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        outcomes[name] = outcome
    return outcomes
