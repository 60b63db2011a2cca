"""Wait for signals and for time, in a loop of one thread."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from types import FrameType

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class SignalQueue:
    """Collects signals; ``wait`` returns as soon as there is one.

    A pipe that Python's own handler writes to ends the wait: between looking for signals and
    going to sleep none is lost, which a plain ``time.sleep`` cannot promise.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._arrived: list[int] = []

    def wait(self, seconds: float) -> list[int]:
        """Return the signals that arrived, at once if there are any, else after ``seconds``.

        A child that ends only ends the wait: who ended is asked of the children themselves.
        """
        if not self._arrived:
            select.select([self._read], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 512):
                pass
        arrived, self._arrived = self._arrived, []
        return arrived

    @contextlib.contextmanager
    def installed(self) -> Iterator[SignalQueue]:
        before = {number: signal.signal(number, self._note) for number in HANDLED}
        fd_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        try:
            yield self
        finally:
            signal.set_wakeup_fd(fd_before)
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._arrived.append(number)
