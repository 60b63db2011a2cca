"""The only module that knows gevent.

Web workers run under gevent's monkey patching, the command line and the indexer do not. The
same calls work in both: cooperative there, with plain threads here.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


def is_cooperative() -> bool:
    """Tell whether this process runs under gevent's monkey patching."""
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("threading"))


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
        """
        if not is_cooperative():
            return function(*args, **kwargs)
        # gevent prints the traceback of whatever a pool's thread raises; so nothing is raised
        # there, and the exception is carried back by hand.
        outcome: Outcome[T] = self._cooperative_pool().apply(Outcome.of, (function, args, kwargs))
        return outcome.result()

    def _cooperative_pool(self) -> Any:
        if self._pool is None or self._pid != os.getpid():
            from gevent.threadpool import ThreadPool

            self._pool, self._pid = ThreadPool(self._threads), os.getpid()
        return self._pool


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


def gather(calls: Mapping[str, Callable[[], T]], timeout: float) -> dict[str, Outcome[T]]:
    """Make all calls at the same time and wait ``timeout`` seconds at most.

    A call that is late has ``TimeoutError`` as its outcome and is abandoned: under gevent its
    greenlet is killed, elsewhere its thread ends by itself.
    """
    late: Outcome[T] = Outcome(error=TimeoutError(f"no answer within {timeout:g} s"))
    if is_cooperative():
        import gevent

        greenlets = {name: gevent.spawn(Outcome.of, call) for name, call in calls.items()}
        gevent.joinall(list(greenlets.values()), timeout=timeout)
        unfinished = [greenlet for greenlet in greenlets.values() if not greenlet.ready()]
        gevent.killall(unfinished, block=False)
        return {name: g.value if g.ready() and g.successful() else late for name, g in greenlets.items()}
    executor = ThreadPoolExecutor(max_workers=len(calls) or 1)
    try:
        futures = {name: executor.submit(Outcome.of, call) for name, call in calls.items()}
        outcomes: dict[str, Outcome[T]] = {}
        for name, future in futures.items():
            try:
                outcomes[name] = future.result(timeout)
            except TimeoutError:
                outcomes[name] = late
        return outcomes
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


class Pump(Generic[T]):
    """Drains an iterator in the background, so that its reader can do something while it waits.

    Iterating yields lists: all that has arrived since the last look, or an empty list after
    ``idle`` seconds of nothing. What the source raises is raised here. ``close`` stops the
    source: under gevent its greenlet is killed where it stands, so a connection that it holds
    is closed even while nothing arrives.
    """

    _END = object()

    def __init__(self, source: Iterator[T], idle: float) -> None:
        self._source = source
        self._idle = idle
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=1000)
        self._closed = False
        self._runner = self._start()

    def __iter__(self) -> Iterator[list[T]]:
        while True:
            items: list[T] = []
            try:
                entry = self._queue.get(timeout=self._idle)
            except queue.Empty:
                yield items
                continue
            while True:
                if entry is self._END:
                    if items:
                        yield items
                    return
                if isinstance(entry, _Raised):
                    if items:
                        yield items
                    raise entry.error
                items.append(entry)
                try:
                    entry = self._queue.get_nowait()
                except queue.Empty:
                    break
            yield items

    def close(self) -> None:
        """Stop the source; harmless when it has already ended."""
        self._closed = True
        if is_cooperative():
            self._runner.kill(block=False)

    def _start(self) -> Any:
        if is_cooperative():
            import gevent

            return gevent.spawn(self._drain)
        thread = threading.Thread(target=self._drain, daemon=True)
        thread.start()
        return thread

    def _drain(self) -> None:
        last: Any = self._END
        try:
            for item in self._source:
                if self._closed:
                    return
                self._queue.put(item)
        except Exception as error:
            last = _Raised(error)
        finally:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
            if not self._closed:
                self._queue.put(last)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception
