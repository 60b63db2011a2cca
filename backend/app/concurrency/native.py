"""Real threads under gevent."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from backend.app.concurrency.turns import Turns
from backend.app.concurrency.worlds import NATIVE, Outcome, is_cooperative

T = TypeVar("T")
P = ParamSpec("P")


class NativePool:
    """Real threads for CPU work and blocking C calls.

    ``ThreadPoolExecutor`` under monkey patching gives greenlets: CPU work in it stops the whole
    worker. gevent's own pool gives threads. The pool is made at first use and made anew after a
    fork, because threads do not survive one.
    """

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or max(2, os.cpu_count() or 1)
        self._pool: Any = None
        self._turns = Turns(self._threads)
        self._pid = 0

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in a native thread; only the calling greenlet waits.

        In a plain process the caller's own thread does the work: there is nobody to hold up.
        Neither is there in a native thread, which has no hub to wait in.
        """
        if not is_cooperative() or NATIVE.get():
            return function(*args, **kwargs)
        # gevent prints the traceback of whatever a pool's thread raises; so nothing is raised
        # there, and the exception is carried back by hand.
        pool = self._cooperative_pool()
        self._turns.acquire()
        try:
            outcome: Outcome[T] = pool.apply(copy_context().run, (_natively, function, args, kwargs))
        finally:
            self._turns.release()
        return outcome.result()

    def _cooperative_pool(self) -> Any:
        if self._pool is None or self._pid != os.getpid():
            from gevent.threadpool import ThreadPool

            self._pool, self._pid = ThreadPool(self._threads), os.getpid()
            self._turns = Turns(self._threads)
        return self._pool


def _natively(*call: Any) -> Outcome[Any]:
    NATIVE.set(True)
    return Outcome.of(*call)
