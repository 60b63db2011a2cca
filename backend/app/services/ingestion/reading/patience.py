"""How long a child is waited for: some seconds for any file, and what it earns by getting on.

The child writes a byte into a file for each second that it has earned; the parent looks at its size.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

BYTES_A_SECOND = 100_000  # of the file: a second more for each, at most as many as any file has
CHARS_A_SECOND = 500_000  # of text that was read
SCAN_SECONDS = 15  # for a scanned page on which text was found; usually it takes two
UNPACKED_A_SECOND = 10_000_000  # bytes that were taken out of an archive


class Patience:
    """Kept by the child and by its parent alike, from the same figures and the same clock.

    Args:
        started: by the clock.
        seconds: that any file has, and that may pass without anything earned.
        size: of the file, in bytes.
        most: seconds that no file may go beyond.
    """

    def __init__(
        self, started: float, seconds: int, size: int, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._started = self._last = started
        self._silent = seconds + min(seconds, size // BYTES_A_SECOND)
        self._most = max(most, self._silent)
        self._clock = clock
        self._earned = 0

    def earned(self, seconds: int) -> None:
        """Note how many were earned in all."""
        if seconds > self._earned:
            self._earned = seconds
            self._last = self._clock()

    def left(self) -> float:
        """Return the seconds that are left."""
        whole = min(self._silent + self._earned, self._most)
        return min(self._started + whole, self._last + self._silent) - self._clock()


class Progress:
    """What the child says of how it gets on; a caller without a parent says it to nobody."""

    def __init__(self, told: Path | None = None, patience: Patience | None = None) -> None:
        self._file = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC) if told else None
        self._patience = patience
        self._earned = 0

    def earn(self, seconds: int) -> None:
        if self._file is None or self._patience is None:
            return
        os.write(self._file, b"." * seconds)
        self._earned += seconds
        self._patience.earned(self._earned)

    def left(self) -> float:
        return float("inf") if self._patience is None else self._patience.left()
