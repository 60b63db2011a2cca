"""A child process that reads one file within bounds, and what became of it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.app.errors import StorageFull
from backend.app.services.ingestion.reading.patience import Patience

# ``-I`` keeps the environment and the working folder out of the import path; the readers are
# found by their own folder, so that starting the child never imports the application.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from reading.child import main; main(sys.argv[2])"
_POLL_SECONDS = 0.02
_SLOW_POLL_SECONDS = 0.1
_QUICK_LOOKS = 50
_DETAIL_CHARS = 2000
ANSWER = "answer.json"
_NO_ROOM = 28  # the child's exit code where the disk is full; reading/child.py


class ExtractionCancelled(Exception):
    """The caller no longer wants the answer; the child is gone."""


class ChildDied(Exception):
    """The child left no answer: a limit stopped it, or a parser crashed."""

    def __init__(self, returncode: int, timed_out: bool, errors: str) -> None:
        super().__init__(returncode, timed_out, errors)
        self.returncode = returncode
        self.timed_out = timed_out
        self.errors = errors

    @property
    def ran_out(self) -> bool:
        """Tell whether it was a limit, of time, memory or a signal, rather than the file."""
        return self.timed_out or self.returncode < 0 or "memory" in self.errors.lower()


@contextlib.contextmanager
def scratch_folder(prefix: str, where: Path | None) -> Iterator[Path]:
    """Yield a folder for a child to write in; raise ``StorageFull`` where there is no room for any."""
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, dir=where) as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull from error
        raise


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use.

    Args:
        memory_bytes: of its own.
        seconds: that reading any file may take, and that may pass without any progress.
        file_bytes: of each file that it writes.
        earned_seconds: that it may go on besides for what it gets done.
    """

    memory_bytes: int
    seconds: int
    file_bytes: int
    earned_seconds: int = 0

    @property
    def most_seconds(self) -> int:
        """Return the end of all patience: of a large file that earned all it could."""
        return 2 * self.seconds + self.earned_seconds


def run_child(
    request: Mapping[str, Any],
    bounds: Bounds,
    folder: Path,
    cancelled: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Hand ``request`` to a child that writes in ``folder`` alone, and return its answer.

    Raises:
        ChildDied: it left none.
        ExtractionCancelled: soon after ``cancelled()`` first said so.
        StorageFull: there is no room for what it writes, which says nothing about the file.
    """
    asked = Asked.of(request, bounds, folder, clock)
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and our own arguments
            [sys.executable, "-I", "-c", _START, str(Path(__file__).parent), asked.by(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=environment(folder),
            start_new_session=True,
        )
        try:
            timed_out = _wait(process, asked, cancelled)
        finally:
            _kill_group(process)
    return answered(folder, process.returncode, timed_out)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a child is told, and how long it is waited for."""

    arguments: Mapping[str, Any]
    told: Path  # what it tells of getting on
    patience: Patience

    @classmethod
    def of(cls, request: Mapping[str, Any], bounds: Bounds, folder: Path, clock: Callable[[], float]) -> Asked:
        size, started, told = Path(request["path"]).stat().st_size, clock(), folder / "progress"
        told.touch()
        arguments = {
            **request,
            "answer": str(folder / ANSWER),
            "memory_bytes": bounds.memory_bytes,
            "seconds": bounds.seconds,
            "most_seconds": bounds.most_seconds,
            "size": size,
            "started": started,
            "told": str(told),
            "file_bytes": bounds.file_bytes,
        }
        return cls(arguments, told, Patience(started, bounds.seconds, size, bounds.most_seconds, clock))

    def by(self, parent: int) -> str:
        """Return it as a child of this process wants it: it ends with its parent."""
        return json.dumps({**self.arguments, "parent": parent})

    def ran_out(self) -> bool:
        """Tell whether the child's time has run out, with what it has earned by now."""
        self.patience.earned(self.told.stat().st_size)
        return self.patience.left() < 0


def answered(folder: Path, returncode: int, timed_out: bool) -> dict[str, Any]:
    """Return the answer of a child that has ended.

    Raises:
        ChildDied, StorageFull: there is none.
    """
    answer, errors = folder / ANSWER, folder / "errors"
    if answer.exists():
        return dict(json.loads(answer.read_bytes()))
    if returncode == _NO_ROOM:
        raise StorageFull
    detail = errors.read_bytes()[-_DETAIL_CHARS:].decode("utf-8", "replace") if errors.exists() else ""
    raise ChildDied(returncode, timed_out, detail)


def _wait(process: subprocess.Popen[bytes], asked: Asked, cancelled: Callable[[], bool]) -> bool:
    """Wait for the child; return whether its time ran out."""
    looks = 0
    while True:
        try:
            process.wait(_POLL_SECONDS if looks < _QUICK_LOOKS else _SLOW_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        else:
            return False
        if cancelled():
            raise ExtractionCancelled
        looks += 1
        if asked.ran_out():
            return True


def environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of the child: none of ours, and no home but its own."""
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PATH": "/nonexistent",
        "MALLOC_ARENA_MAX": "2",  # each arena of the C library reserves 64 MB of address space
        "PYTHONDONTWRITEBYTECODE": "1",
        "RUST_BACKTRACE": "0",
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and whatever it started, and reap it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
