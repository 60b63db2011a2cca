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
    answer, told = folder / ANSWER, folder / "progress"
    size = Path(request["path"]).stat().st_size
    told.touch()
    started = clock()
    arguments = {
        **request,
        "answer": str(answer),
        "memory_bytes": bounds.memory_bytes,
        "seconds": bounds.seconds,
        "most_seconds": bounds.most_seconds,
        "size": size,
        "started": started,
        "told": str(told),
        "file_bytes": bounds.file_bytes,
        "parent": os.getpid(),
    }
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and our own arguments
            [sys.executable, "-I", "-c", _START, str(Path(__file__).parent), json.dumps(arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            patience = Patience(started, bounds.seconds, size, bounds.most_seconds, clock)
            timed_out = _wait(process, patience, told, cancelled)
        finally:
            _kill_group(process)
    if answer.exists():
        return dict(json.loads(answer.read_bytes()))
    if process.returncode == _NO_ROOM:
        raise StorageFull
    detail = (folder / "errors").read_bytes()[-_DETAIL_CHARS:].decode("utf-8", "replace")
    raise ChildDied(process.returncode, timed_out, detail)


def _wait(process: subprocess.Popen[bytes], patience: Patience, told: Path, cancelled: Callable[[], bool]) -> bool:
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
        patience.earned(told.stat().st_size)
        if patience.left() < 0:
            return True


def _environment(folder: Path) -> dict[str, str]:
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
