"""What all processes of one machine know of a store of theirs: that it has refused a write.

The process that was refused may be killed in the next moment, and the next one must not trust the store either.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

SUSPECT_SECONDS = 60.0
_TIME = struct.Struct("<d")


class Refusal:
    """When a write was last refused, in a file that processes map into their memory.

    It was made while there was room, so that it can be written on a full disk. The clock is one that all
    processes share and nobody sets. Without a ``path`` this process alone knows.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._memory: mmap.mmap | bytearray | None = None

    def note(self) -> None:
        _TIME.pack_into(self._opened(), 0, self._clock())

    def forget(self) -> None:
        """Trust the store again: it was started anew."""
        _TIME.pack_into(self._opened(), 0, 0.0)

    def is_recent(self) -> bool:
        """Tell whether nothing more is to be written: to one that nobody starts anew, for so long only."""
        noted = float(_TIME.unpack_from(self._opened())[0])
        return noted > 0 and 0 <= self._clock() - noted < SUSPECT_SECONDS  # a time to come is of before a reboot

    def _opened(self) -> mmap.mmap | bytearray:
        if self._memory is None:
            try:
                self._memory = _mapped(self._path) if self._path is not None else bytearray(_TIME.size)
            except OSError as error:
                import structlog  # the supervisor has none

                structlog.get_logger(__name__).warning("refusal_unshared", error=type(error).__name__)
                self._memory = bytearray(_TIME.size)
        return self._memory


def _mapped(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size < _TIME.size:
            os.pwrite(descriptor, _TIME.pack(0.0), 0)  # not by its length alone: a hole has no room on the disk
        return mmap.mmap(descriptor, _TIME.size)
    finally:
        os.close(descriptor)
