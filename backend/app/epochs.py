"""Numbers that all processes of one machine see: raised when something has changed that others remember.

Looking costs a read of shared memory, so a worker may look before each use of what it remembers,
and use it without asking anybody. That holds only where all who change something share the file:
with a database or a Redis that other machines use too, there is no epoch, and nothing is remembered.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
from pathlib import Path
from typing import Protocol

import structlog

_NUMBER = struct.Struct("<Q")

log = structlog.get_logger(__name__)


class Epoch(Protocol):
    def current(self) -> int | None:
        """Return the number; None where changes by others cannot be seen."""

    def advance(self) -> None:
        """Tell all processes that something has changed. Call it after the change, before it is acknowledged."""


class NoEpoch:
    """Others may change things unseen."""

    def current(self) -> int | None:
        return None

    def advance(self) -> None:
        return None


class SharedEpoch:
    """A counter in a file that processes map into their memory; the mapping survives a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map: mmap.mmap | None = None
        self._failed = False

    def current(self) -> int | None:
        shared = self._map or self._open()
        # Eight aligned bytes: processors read and write them in one piece.
        return None if shared is None else int(_NUMBER.unpack_from(shared)[0])

    def advance(self) -> None:
        shared = self._map or self._open()
        if shared is None:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # held for a microsecond
            _NUMBER.pack_into(shared, 0, _NUMBER.unpack_from(shared)[0] + 1)
        finally:
            os.close(descriptor)

    def _open(self) -> mmap.mmap | None:
        # Without a lock, in which native threads could meet the hub: two who open at once map one file.
        if self._map is None and not self._failed:
            try:
                self._map = self._mapped()
            except OSError as error:  # a folder that cannot be written: nothing is remembered
                self._failed = True
                log.warning("epoch_unavailable", error=type(error).__name__)
        return self._map

    def _mapped(self) -> mmap.mmap:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_size < _NUMBER.size:
                # By chance: what is remembered elsewhere under another file's numbers must not fit.
                os.pwrite(descriptor, _NUMBER.pack(secrets.randbits(62)), 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # the map keeps a duplicate, and with it a lock
            return mmap.mmap(descriptor, _NUMBER.size)
        finally:
            os.close(descriptor)
