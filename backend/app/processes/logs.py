"""Where the children's output goes, and the supervisor's own few lines."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TextIO

MAX_LOG_BYTES = 10 * 1024 * 1024
LEVELS = ("debug", "info", "warning", "error")


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """Open a child's log for appending, mode 600: questions of people may be quoted in it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        yield file


def bound(path: Path, limit: int = MAX_LOG_BYTES) -> None:
    """Move what a log holds to ``NAME.log.1`` when it is longer than ``limit``.

    Copied and emptied rather than renamed: the child keeps its descriptor, and as it appends,
    its next line goes to the beginning. Lines written during the copy are lost. On a full disk the
    log stays as it is.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size > limit:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)


def last_lines(path: Path, count: int = 15) -> str:
    """Return the end of a log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])


class Journal:
    """Write events to standard error in the shape of the application's own log.

    By hand, as structlog brings rich and asyncio along: 16 MB and 0.1 s for a handful of lines.
    """

    def __init__(self, *, level: str = "info", form: str = "auto", stream: TextIO | None = None):
        self._stream = stream or sys.stderr
        self._least = LEVELS.index(level)
        self._json = form == "json" or (form == "auto" and not self._stream.isatty())

    def write(self, level: str, event: str, **fields: object) -> None:
        if LEVELS.index(level) < self._least:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._json:
            line = json.dumps({"event": event, "level": level, "timestamp": now, **fields}, ensure_ascii=False)
        else:
            line = f"{now} [{level:<7}] {event} " + " ".join(f"{key}={value}" for key, value in fields.items())
        self._print(line.rstrip())

    def quote(self, text: str) -> None:
        """Show the lines of a child that went wrong, where a person reads along."""
        if text and not self._json:
            self._print("\n".join("    " + line for line in text.splitlines()))

    def _print(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone: nobody to tell
            self._stream.write(text + "\n")
            self._stream.flush()
