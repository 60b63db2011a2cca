"""One among many processes does what must be done once."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Election:
    """Whoever locks the file has been elected, until it ends: the kernel frees the lock of the dead."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._pid = 0

    def won(self) -> bool:
        """Tell whether this process is the one; stand for it where nobody is."""
        if self._descriptor >= 0 and self._pid == os.getpid():
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody else is
            os.close(descriptor)
            return False
        self._descriptor, self._pid = descriptor, os.getpid()
        return True

    def withdraw(self) -> None:
        """Let another process be elected."""
        if self._descriptor >= 0 and self._pid == os.getpid():
            os.close(self._descriptor)
        self._descriptor = -1
