"""Keeps a folder of cached files below its bound. Runs in a native thread: no logging, no locks.

A file's time of modification is when it was last used, its time of access when it expires: so
that no file has to be opened to know. File systems that note each access spoil the latter; so
what looks expired is looked into.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

BLOCK_BYTES = 4096  # what a file takes at least, and a multiple of which it takes always
_LEFT_OVER_SECONDS = 600.0  # a write that old will never end


def occupied(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


class Sweeper:
    """Removes what is left over or expired, then the longest unused, down to seven eighths of the bound."""

    def __init__(
        self, folder: Path, max_bytes: int, clock: Callable[[], float], has_expired: Callable[[str, float], bool]
    ) -> None:
        self._folder = folder
        self._has_expired = has_expired
        self.target = max_bytes - max_bytes // 8
        self._clock = clock

    def sweep(self) -> bool:
        """Return False if another process does it just now, or it cannot be done."""
        try:
            with (self._folder / ".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._sweep()
        except OSError:
            return False
        return True

    def remove_all(self) -> None:
        for file in self._files():
            _remove(file.path)

    def _sweep(self) -> None:
        now, total, kept = self._clock(), 0, []
        for file in self._files():
            try:
                found = file.stat(follow_symlinks=False)
            except OSError:
                continue
            if file.name.endswith(".new"):
                if now - found.st_mtime > _LEFT_OVER_SECONDS:
                    _remove(file.path)
                continue
            if now >= found.st_atime and self._has_expired(file.path, now):
                _remove(file.path)
                continue
            size = occupied(found.st_size)
            total += size
            kept.append((found.st_mtime, size, file.path))
        if total <= self.target:
            return
        kept.sort()
        for _, size, path in kept:
            if total <= self.target:
                return
            _remove(path)
            total -= size

    def _files(self) -> Iterator[os.DirEntry[str]]:
        for first in _entries(self._folder):
            for second in _entries(first.path):
                yield from _entries(second.path)


def _entries(folder: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return


def mark(path: str | os.PathLike[str], used: float, expires: float) -> None:
    os.utime(path, (expires, used))


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108  # the path is a string already, thousands of times
    except OSError:
        return
