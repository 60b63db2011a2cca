"""Turns at writing to one SQLite file, among all processes that write to it.

SQLite lets one write at a time, and has everybody else ask again and again: under load some ask in
vain for as long as they are allowed to, while others are lucky. Here the kernel wakes who waits,
and in order. It takes two locks: who waits for the turn holds ``-next``, for which all others wait.
With one, a process that gives its turn back would have it again before the one that is woken runs.

Both are ``flock``s, which a process that is killed leaves behind unlocked, each on a descriptor of
its own, so that threads exclude each other too and a fork shares none for longer than a turn lasts.
They are for order alone: SQLite's lock is what protects the file, and who cannot have these goes without.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from _queue import Empty, SimpleQueue  # in C: gevent exchanges only the one in ``queue``
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from backend.app.concurrency import NativePool, Outcome, in_background, in_native_thread, is_cooperative

T = TypeVar("T")


class WritersTurns:
    """Calls what writes, one call at a time on this machine.

    Under gevent a call is waited for and made in a native thread that nothing else uses. Waiting
    there holds up nobody who reads. And a turn that has come is used at once, and given back at
    once: a busy hub, which would need a moment to hear of each, holds up no other process.
    """

    def __init__(self, database: str | None) -> None:
        """``database`` is its file; without one there is nobody to take turns with."""
        self._database = database
        self._line = _Line(database)
        self._pid = os.getpid()

    def run(self, write: Callable[[], T], seconds: float) -> T:
        """Return what ``write`` returns, however long the line is, as long as it moves.

        Raises:
            TimeoutError: no turn has come to this process for ``seconds``; ``write`` never was nor will be called.
        """
        if not is_cooperative() or in_native_thread():
            # Nobody waits but this thread. One under gevent has no hub, so none to watch over it either.
            with _turn(self._database, wait=is_cooperative()) as is_ours:
                if is_ours:
                    return write()
        if self._pid != os.getpid():  # nobody serves the parent's line here
            self._line, self._pid = _Line(self._database), os.getpid()
        line, attempt = self._line, _Attempt(write)
        line.join(attempt)
        try:
            while True:
                with suppress(queue.Empty):
                    return attempt.arrived.get(timeout=seconds).result()
                if time.monotonic() - line.moved >= seconds and attempt.withdraw():
                    raise TimeoutError(f"no turn to write within {seconds:g} s")
        finally:
            attempt.withdraw()  # the greenlet may have been killed while it waited


class _Line:
    """This process's writers: the first waits for the turn among processes, the others for it.

    gevent's own pool and locks would serve a late greenlet before those that wait already.
    """

    def __init__(self, database: str | None) -> None:
        self.moved = 0.0  # when a turn has come, by the monotonic clock
        self._database = database
        self._thread = NativePool(1)
        self._lock = threading.Lock()
        self._waiting: deque[_Attempt[Any]] = deque()
        self._is_served = False

    def join(self, attempt: _Attempt[Any]) -> None:
        with self._lock:
            self._waiting.append(attempt)
            if self._is_served:
                return
            self._is_served = True
        in_background(self._serve)

    def _serve(self) -> None:
        while attempt := self._first():
            attempt.arrived.put(Outcome.of(self._thread.run, (self._at_its_turn, attempt)))

    def _first(self) -> _Attempt[Any] | None:
        with self._lock:
            while self._waiting:
                attempt = self._waiting.popleft()
                if not attempt.is_over:
                    return attempt
            self._is_served = False
            return None

    def _at_its_turn(self, attempt: _Attempt[T]) -> T:
        with _turn(self._database, wait=True):
            self.moved = time.monotonic()
            return attempt.make()


class _Attempt(Generic[T]):
    """A call that is made or withdrawn, whichever comes first: a thread and its caller may try at the same moment."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.arrived: queue.SimpleQueue[Outcome[T]] = queue.SimpleQueue()
        self._call = call
        self._right: SimpleQueue[None] = SimpleQueue()
        self._right.put(None)

    @property
    def is_over(self) -> bool:
        return self._right.empty()

    def make(self) -> T:
        if not self.withdraw():
            raise TimeoutError("withdrawn")  # for nobody: who asked has gone
        return self._call()

    def withdraw(self) -> bool:
        """Have the call not be made; False if it was, or is at this moment."""
        try:
            self._right.get_nowait()
        except Empty:
            return False
        return True


@contextmanager
def _turn(database: str | None, *, wait: bool) -> Iterator[bool]:
    """Hold the turn; False where it is another's and one does not want to wait."""
    try:
        held = _taken(database, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB) if database else None
    except BlockingIOError:
        yield False
        return
    except OSError:  # no such file can be made here, or none be locked
        held = None
    try:
        yield True
    finally:
        if held is not None:
            _unlock(held)


def _taken(database: str, how: int) -> int:
    next_one = _lock(f"{database}-next", how)
    try:
        return _lock(f"{database}-turn", how)
    finally:
        _unlock(next_one)


def _lock(path: str, how: int) -> int:
    # Reading is all that a lock needs: a command that another user runs takes turns as well.
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _unlock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing does not, if a child was forked meanwhile
    os.close(descriptor)
