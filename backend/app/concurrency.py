"""The only module that knows gevent.

Web workers run under gevent's monkey patching, the command line and the indexer do not. The
same calls work in both: cooperative there, with plain threads here. Whatever runs elsewhere
takes its caller's context variables along, so that a log line still carries the request's id.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

import structlog

T = TypeVar("T")
P = ParamSpec("P")

_in_native_thread: ContextVar[bool] = ContextVar("in_native_thread", default=False)


def is_cooperative() -> bool:
    """Tell whether this process runs under gevent's monkey patching."""
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("threading"))


def in_native_thread() -> bool:
    """Tell whether this is a thread of a ``NativePool``, which has no hub and may wait for as long as it likes."""
    return _in_native_thread.get()


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a call came to: a value, or the exception that it raised."""

    value: T | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, function: Callable[..., T], args: Any = (), kwargs: Any = None) -> Outcome[T]:
        try:
            return cls(value=function(*args, **(kwargs or {})))
        except Exception as error:
            return cls(error=error)

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # no error: the value is there


class NativePool:
    """Real threads for CPU work and blocking C calls.

    ``ThreadPoolExecutor`` under monkey patching gives greenlets: CPU work in it stops the whole
    worker. gevent's own pool gives threads. The pool is made at first use and made anew after a
    fork, because threads do not survive one.
    """

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or max(2, os.cpu_count() or 1)
        self._pool: Any = None
        self._pid = 0

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in a native thread; only the calling greenlet waits.

        In a plain process the caller's own thread does the work: there is nobody to hold up.
        Neither is there in a native thread, which has no hub to wait in.
        """
        if not is_cooperative() or _in_native_thread.get():
            return function(*args, **kwargs)
        # gevent prints the traceback of whatever a pool's thread raises; so nothing is raised
        # there, and the exception is carried back by hand.
        outcome: Outcome[T] = self._cooperative_pool().apply(copy_context().run, (_natively, function, args, kwargs))
        return outcome.result()

    def _cooperative_pool(self) -> Any:
        if self._pool is None or self._pid != os.getpid():
            from gevent.threadpool import ThreadPool

            self._pool, self._pid = ThreadPool(self._threads), os.getpid()
        return self._pool


def _natively(*call: Any) -> Outcome[Any]:
    _in_native_thread.set(True)
    return Outcome.of(*call)


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


class Pump(Generic[T]):
    """Drains an iterator in the background, so that its reader can do something while it waits.

    Iterating yields lists: all that has arrived since the last look, or an empty list after ``idle``
    seconds of nothing. What the source raises is raised here. ``close`` stops the source: a greenlet
    is killed where it stands, so a connection that it holds is closed even while nothing arrives. A
    thread cannot be killed: there the source is closed as soon as it yields.

    With ``until``, draining ends after the first item of which that is true. From then on the reader
    fetches each item from the source itself, in lists of one, and waits for it.
    """

    _END = object()
    _MOST = 1000  # items that may wait for the reader, and that a list holds

    def __init__(self, source: Iterator[T], idle: float, until: Callable[[T], bool] | None = None) -> None:
        self._source = source
        self._idle = idle
        self._until = until
        self._handed_over = False
        self._context = copy_context()
        self._queue: Any = queue.Queue(maxsize=self._MOST)
        self._begun = False
        self._closed = False
        self._runner = self._start()

    def __iter__(self) -> Iterator[list[T]]:
        while not self._closed:
            items, last = self._arrived()
            if items or last is None:
                yield items
            if isinstance(last, _Raised):
                raise last.error
            if last is self._END:
                break
        if self._handed_over:
            self._queue = self._runner = None  # five kilobytes, which nobody needs any more
            yield from self._fetched()

    def close(self, seconds: float = 0.0) -> list[T]:
        """Stop the source, and return what had arrived before; harmless when repeated or too late.

        Under gevent it waits ``seconds`` at most for what the source does at its end.
        """
        self._closed = True
        if is_cooperative() and self._runner is not None:
            self._runner.kill(block=seconds > 0, timeout=seconds)
        if self._handed_over or (is_cooperative() and not self._begun):  # a greenlet that never ran closes nothing
            self._context.run(self._close_source)
        items: list[T] = []
        if self._queue is None:
            return items
        with contextlib.suppress(queue.Empty):  # this makes room for a source that waits to hand over, too
            while (entry := self._queue.get_nowait()) is not self._END and not isinstance(entry, _Raised):
                items.append(entry)
        return items

    def _arrived(self) -> tuple[list[T], Any]:
        """Return what has arrived and, behind it, the source's end or error; None while it goes on."""
        items: list[T] = []
        try:
            entry = self._queue.get(timeout=self._idle)
            while entry is not self._END and not isinstance(entry, _Raised):
                items.append(entry)
                if len(items) == self._MOST:
                    return items, None
                entry = self._queue.get_nowait()
        except queue.Empty:
            return items, None
        return items, entry

    def _fetched(self) -> Iterator[list[T]]:
        while not self._closed:
            item = self._context.run(next, self._source, self._END)
            if item is self._END:
                return
            yield [item]  # type: ignore[list-item]  # the end is no item

    def _start(self) -> Any:
        if is_cooperative():
            import gevent

            return gevent.spawn(self._context.run, self._drain)
        thread = threading.Thread(target=self._context.run, args=(self._drain,), daemon=True)
        thread.start()
        return thread

    def _drain(self) -> None:
        self._begun = True
        last: Any = self._END
        try:
            try:
                while not self._closed and not self._handed_over:
                    self._hand(next(self._source))
            except StopIteration:
                pass
            finally:
                if not self._handed_over:
                    self._close_source()
        except BaseException as error:
            if self._closed:  # nobody is left to raise it to
                raise
            last = _Raised(error)
        if not self._closed:
            self._queue.put(last)

    def _hand(self, item: T) -> None:
        self._queue.put(item)
        # Closed meanwhile, it has no reader who could go on with it.
        self._handed_over = self._until is not None and self._until(item) and not self._closed

    def _close_source(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException
