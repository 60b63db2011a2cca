"""Processes that embed passages beside this one: Python lets one thread at a time work on all that is not NumPy's."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from backend.app.concurrency import EndWhenIdle
from backend.app.processes.environment import ROOT, foreign_environment
from backend.app.services.embedding.base import Vectors

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-m", "backend.app.services.embedding.helper")
READY = b"\n"
LENGTH = struct.Struct("<I")

_AHEAD = 2  # texts that a helper has at a time: one to work on, and one so that it need not wait for the next
_ANSWER_SECONDS = 60.0  # for one, which takes a hundredth of a second
_IDLE_SECONDS = 10.0  # after which they end: each has some 50 MB to itself
_PAUSE_SECONDS = 60.0  # without helpers, where one was lost
_END_SECONDS = 5.0


class HelperGone(Exception):
    """It has ended, or does not answer."""


class Helpers:
    """Embeds with helpers that are begun at the first call, join in when they are ready, and end when nothing comes.

    One that breaks off loses nothing: others take its part, and another one is begun after a while. Several threads may
    call; a helper is one thread's at a time.
    """

    def __init__(
        self,
        count: int,
        embed: Callable[[Sequence[str]], Vectors],
        dimensions: int,
        *,
        command: Sequence[str] = COMMAND,
        idle_seconds: float = _IDLE_SECONDS,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._count = count
        self._own = embed
        self._dimensions = dimensions
        self._command = command
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._helpers: list[_Helper] = []
        self._watch = EndWhenIdle(self.close, idle_seconds, "embedding-helpers")
        self._not_before = 0.0

    def embed(self, texts: Sequence[str], *, may_begin: bool = True) -> Vectors:
        """Return an array of shape (len(texts), dimensions).

        Unless it ``may_begin`` helpers, it is helped by those that are there.
        """
        made = np.empty((len(texts), self._dimensions), np.float32)
        todo = deque(range(len(texts)))

        def work() -> None:
            while (place := _next(todo)) is not None:
                try:
                    made[place] = self._own(texts[place : place + 1])[0]
                except BaseException:
                    todo.append(place)
                    raise

        def have_made(helper: _Helper) -> None:
            asked = deque[int]()
            try:
                while True:
                    ahead = _AHEAD if len(todo) > len(taken) else 1  # the last ones are for whoever is free
                    while len(asked) < ahead and (place := _next(todo)) is not None:
                        asked.append(place)
                        helper.ask(texts[place])
                    if not asked:
                        return
                    made[asked[0]] = helper.answer()
                    asked.popleft()
            except BaseException:
                helper.lose()  # what it still answers would be taken for vectors of other texts
                todo.extend(asked)
                raise

        taken = self._taken(may_begin)
        try:
            # Left on Ctrl-C too. Threads that outlive the call may be interrupted before the pool knows of them: then
            # nobody would wake them at the end of the process, which waits for them.
            with ThreadPoolExecutor(len(taken) or 1, "helped") as threads:
                try:
                    helped = [threads.submit(have_made, helper) for helper in taken]
                    work()
                except BaseException:
                    todo.clear()  # nobody wants them any more
                    raise
        finally:
            self._give_back(taken)
        for error in filter(None, [future.exception() for future in helped]):
            if not isinstance(error, HelperGone):
                raise error
        work()  # what a helper has left
        return made

    def close(self) -> None:
        """End the helpers that nobody uses; the next call begins others."""
        with self._lock:
            ended = [helper for helper in self._helpers if not helper.is_taken]
            self._helpers = [helper for helper in self._helpers if helper.is_taken]
            if not self._helpers:
                atexit.unregister(self.close)
        for helper in ended:
            helper.end()

    def _taken(self, may_begin: bool) -> list[_Helper]:
        with self._lock:
            if may_begin and time.monotonic() >= self._not_before:
                if not self._helpers:
                    atexit.register(self.close)
                missing = self._count - len(self._helpers)
                self._helpers += [_Helper(self._command, self._dimensions) for _ in range(missing)]
            free = [helper for helper in self._helpers if not helper.is_taken and helper.is_ready()]
            for helper in free:
                helper.is_taken = True
            return free

    def _give_back(self, helpers: Sequence[_Helper]) -> None:
        with self._lock:
            for helper in helpers:
                helper.is_taken = False
            lost = [helper for helper in self._helpers if helper.is_lost]
            self._helpers = [helper for helper in self._helpers if not helper.is_lost]
            if lost:
                self._not_before = time.monotonic() + self._pause_seconds
        self._watch.used()
        for helper in lost:
            helper.end()


def _next(todo: deque[int]) -> int | None:
    try:
        return todo.popleft()
    except IndexError:
        return None


class _Helper:
    """One process; it ends when its standard input does, however this process ends."""

    def __init__(self, command: Sequence[str], dimensions: int) -> None:
        self.is_taken = False
        self.is_lost = False
        self._is_ready = False
        self._dimensions = dimensions
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own arguments
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**foreign_environment(), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
            bufsize=0,
        )

    def is_ready(self) -> bool:
        """Tell whether it has loaded the model; never waits."""
        if not self._is_ready and not self.is_lost and self._readable(0.0):
            with contextlib.suppress(HelperGone):
                self._is_ready = self._read(len(READY)) == READY
            if not self._is_ready:
                self.lose()
        return self._is_ready and not self.is_lost

    def ask(self, text: str) -> None:
        """Hand a text over, without waiting for its vector. So few may be on their way as a pipe takes the vectors of.

        Raises:
            HelperGone
        """
        try:
            self._write(msgspec.json.encode([text]))
        except OSError as error:
            self.lose()
            raise HelperGone from error

    def answer(self) -> npt.NDArray[np.float32]:
        """Return the vector of the first text that it has not answered yet, an array of shape (dimensions,).

        Raises:
            HelperGone
        """
        try:
            if not self._readable(_ANSWER_SECONDS):
                raise HelperGone
            return np.frombuffer(self._read(self._dimensions * 4), np.float32)
        except (HelperGone, OSError) as error:
            self.lose()
            raise HelperGone from error

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.is_lost or not self._is_ready:  # one that still loads would be waited for
            self._process.kill()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def lose(self) -> None:
        """Have it ended when it is given back."""
        if self.is_lost:
            return
        self.is_lost = True
        log.warning("embedding_helper_lost", returncode=self._process.poll())

    def _write(self, message: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  asked for above
        left = memoryview(LENGTH.pack(len(message)) + message)
        while left:
            left = left[self._process.stdin.write(left) :]

    def _readable(self, seconds: float) -> bool:
        assert self._process.stdout is not None  # noqa: S101  asked for above
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  asked for above
        found = b""
        while len(found) < size:
            more = os.read(self._process.stdout.fileno(), size - len(found))
            if not more:
                raise HelperGone
            found += more
        return found
