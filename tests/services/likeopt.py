"""Start a whole ``likeopt serve`` on a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 120.0
STOP_SECONDS = 60.0


class Server:
    """A running ``likeopt serve``, and what a test wants to know of it."""

    def __init__(self, data_dir: Path, popen: subprocess.Popen[str], errors: Path):
        self.data_dir = data_dir
        self.popen = popen
        self.url = ""
        self._errors = errors

    def wait_until_ready(self) -> None:
        assert self.popen.stdout is not None
        readable, _, _ = select.select([self.popen.stdout], [], [], START_SECONDS)
        line = self.popen.stdout.readline() if readable else ""
        assert line.startswith("ready http://"), f"said {line!r}\n{self.errors()}"
        self.url = line.removeprefix("ready ").strip()

    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "run" / "services.json").read_text("utf-8"))
        return found

    def get(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.status, answer.read()

    def errors(self) -> str:
        return self._errors.read_text("utf-8")

    def processes(self) -> list[psutil.Process]:
        """Return everything that belongs to it now, itself first."""
        own = psutil.Process(self.popen.pid)
        return [own, *own.children(recursive=True)]

    def terminate(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(STOP_SECONDS)


@contextlib.contextmanager
def likeopt_server(
    data_dir: Path,
    *arguments: str,
    command: tuple[str, ...] = (),
    cwd: Path | None = None,
    ready: bool = True,
    **environ: str,
) -> Iterator[Server]:
    """Run a server until the block is left; nothing of it stays, whatever happened."""
    data_dir.mkdir(parents=True, exist_ok=True)
    errors = data_dir / "stderr.txt"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
    with errors.open("w", encoding="utf-8") as stderr:
        popen = subprocess.Popen(
            [
                *(command or (sys.executable, "-m", "backend.app")),
                "serve",
                *("--port", "0", "--data-dir", str(data_dir), *arguments),
            ],
            cwd=cwd,
            env={**clean, "LIKEOPT_WORKERS": "2", "LIKEOPT_OLLAMA_URL": "", **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    server = Server(data_dir, popen, errors)
    seen: list[psutil.Process] = []
    try:
        if ready:
            server.wait_until_ready()
        yield server
        seen = server.processes() if popen.poll() is None else []
    finally:
        if popen.poll() is None:
            popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(STOP_SECONDS)
        for process in seen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        popen.kill()
        popen.wait()
        assert popen.stdout is not None
        popen.stdout.close()


def eventually(holds: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until something holds; fail saying what did not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"within {seconds:.0f} s it did not come true that {what}")


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; a dead one that its parent has not yet noticed does not."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
