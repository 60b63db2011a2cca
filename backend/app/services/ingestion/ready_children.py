"""Children that need not be started: processes stand ready, and fork one for each file (reading/server.py)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backend.app.concurrency import EndWhenIdle
from backend.app.services.ingestion.child_process import (
    ANSWER,
    Asked,
    Bounds,
    ExtractionCancelled,
    answered,
    environment,
    run_child,
)

_START = "import sys; sys.path.insert(0, sys.argv[1]); from reading.server import main; main()"
_POLL_SECONDS = 0.02
_END_SECONDS = 5.0  # until a server has ended, or its child is reaped
_IDLE_SECONDS = 10.0  # after which a server goes: each has 15 MB


class _Gone(Exception):
    """The server does not answer any more."""


class ReadyChildren:
    """Hands each file to a child of its own, as ``run_child`` does. Several threads may read at the same time.

    Servers are started when they are needed, and end when nothing was read for a while or this process ends.
    """

    def __init__(self, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._idle: list[_Server] = []
        self._lock = threading.Lock()
        self._watch = EndWhenIdle(self.close, idle_seconds, "ready-children")

    def run(
        self,
        request: Mapping[str, Any],
        bounds: Bounds,
        folder: Path,
        cancelled: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> dict[str, Any]:
        """Hand ``request`` to a child that writes in ``folder`` alone, and return its answer.

        Raises:
            ChildDied, ExtractionCancelled, StorageFull: as ``run_child``.
        """
        server = self._taken()
        try:
            returncode, timed_out = server.read(Asked.of(request, bounds, folder, clock), folder, cancelled)
        except (_Gone, OSError):
            server.end()
            if not (folder / ANSWER).exists():
                # Its child took it along, or this machine has no pidfd: by the way that needs nobody else.
                return run_child(request, bounds, folder, cancelled, clock)
            return answered(folder, 0, timed_out=False)
        except ExtractionCancelled:
            self._give_back(server)
            raise
        except BaseException:
            server.end()  # its child goes with it
            raise
        self._give_back(server)
        return answered(folder, returncode, timed_out)

    def close(self) -> None:
        with self._lock:
            servers, self._idle = self._idle, []
        for server in servers:
            server.end()

    def _taken(self) -> _Server:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Server()

    def _give_back(self, server: _Server) -> None:
        if server.is_lost:
            server.end()
            return
        with self._lock:
            self._idle.append(server)
        self._watch.used()


class _Server:
    """A process that forks; it ends when its standard input does, however this process ends."""

    def __init__(self) -> None:
        self.is_lost = False
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own arguments
            [sys.executable, "-I", "-c", _START, str(Path(__file__).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment(Path("/")),
            start_new_session=True,
            bufsize=0,
        )

    def read(self, asked: Asked, folder: Path, cancelled: Callable[[], bool]) -> tuple[int, bool]:
        """Return the exit code of the child that read a file, and whether its time ran out.

        Raises:
            _Gone: the server has ended.
            ExtractionCancelled: the child has too.
        """
        self._send(json.dumps({"folder": str(folder.absolute()), "arguments": asked.arguments}))
        while (returncode := self._heard(_POLL_SECONDS)) is None:
            timed_out = asked.ran_out()
            if timed_out or cancelled():
                returncode = self._killed()
                if timed_out:
                    return returncode, True
                raise ExtractionCancelled
        return returncode, False

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101  asked for above
        self._process.stdin.write(line.encode() + b"\n")

    def _heard(self, seconds: float) -> int | None:
        """Return the exit code of the child; None while it reads."""
        assert self._process.stdout is not None  # noqa: S101  asked for above
        descriptor = self._process.stdout.fileno()
        if not select.select([descriptor], [], [], seconds)[0]:
            return None
        line = os.read(descriptor, 64)
        if not line.endswith(b"\n"):
            raise _Gone
        return int(line)

    def _killed(self) -> int:
        """Have the child killed and reaped; a server that has not done so is lost, and killed itself."""
        with contextlib.suppress(OSError):
            self._send("kill")
        try:
            returncode = self._heard(_END_SECONDS)
        except _Gone:
            returncode = None
        if returncode is None:
            self.is_lost = True
            self._process.kill()  # its child goes with it
            return -9
        return returncode
