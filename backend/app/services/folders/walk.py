"""Looking at a folder without following a link out of it."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from backend.app.domain.folders import Stat

# What programs write while they work, or leave behind.
_TEMPORARY = ("~$*", "*~", "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download", "*.swp", "*.bak")


@dataclass(frozen=True, slots=True)
class Look:
    """What is in a folder; ``unread`` is what could not be read below it, folders and files."""

    device: int
    files: dict[str, Stat] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def knows_of(self, path: str) -> bool:
        """Tell whether a path that is not among the files is really not there."""
        return not any(path == one or path.startswith(f"{one}/") for one in self.unread)


def look(root: str, extensions: Sequence[str]) -> Look:
    """Return every file of a supported kind, by its path below ``root``.

    Hidden files and folders, temporary names and links are left out. Nothing is opened.

    Raises:
        OSError: the folder itself is not there, or cannot be read.
    """
    found = Look(Path(root).stat().st_dev)
    os.scandir(root).close()  # of the first folder, os.walk says nothing

    def unreadable(error: OSError) -> None:
        found.unread.append(os.path.relpath(error.filename, root))

    for folder, folders, names in os.walk(root, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(folder, root)
        for name in sorted(names):
            if not _is_meant(name, extensions):
                continue
            path = name if below == "." else f"{below}/{name}"
            try:
                state = Path(folder, name).lstat()
            except FileNotFoundError:  # it went this moment
                continue
            except PermissionError:  # names can be read there, and nothing else: none of these has gone
                if below == ".":
                    raise
                found.unread.append(below)
                break
            except OSError:  # a disk or a network drive that fails just there
                found.unread.append(path)
                continue
            if stat.S_ISREG(state.st_mode):
                found.files[path] = _stat(state)
    return found


@contextlib.contextmanager
def open_beneath(root: str, path: str) -> Iterator[tuple[BinaryIO, Stat]]:
    """Open a file for reading, with its state as it was opened; no part of the path may be a link.

    Raises:
        OSError: it is not there any more, or a link.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *folders, name = PurePosixPath(path).parts
        for part in folders:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=at)
            os.close(at)
            at = inner
        # Not to wait for a pipe that has taken the file's place.
        descriptor = os.open(name, flags | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    with os.fdopen(descriptor, "rb") as file:
        yield file, _stat(os.fstat(file.fileno()))


def _is_meant(name: str, extensions: Sequence[str]) -> bool:
    if name.startswith(".") or PurePosixPath(name).suffix.lower() not in extensions:
        return False
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes that are no text: no database can hold such a name
        return False
    return not any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in _TEMPORARY)


def _stat(state: os.stat_result) -> Stat:
    return Stat(state.st_size, state.st_mtime_ns, state.st_ino)
