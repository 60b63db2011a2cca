"""Many who ask a measured server at once: starts ``chat_load`` and tells what it found, and what that cost.

What the load generator and the scripted model use of the processors is told too, as they share them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from backend.app.processes.parent_death import die_with_parent
from benchmarks.support import corpus
from benchmarks.support.figures import Result
from benchmarks.support.processes import processor_by_service
from tests.services.likeopt import Server

_WATCH_SECONDS = 2.0
_MODEL = "benchmarks.support.model"


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of the streams; times are sorted, in milliseconds; ``processor`` is seconds by process."""

    seconds: float
    done: int
    failures: Mapping[str, int]
    degraded: int
    cached: int
    most_open: int
    first_ms: Sequence[float]
    processor: Mapping[str, float]

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def rate(self) -> float:
        return self.done / self.seconds


def ask(
    server: Server, cookie: str, questions: Sequence[str], *options: str, watch: Callable[[], object] = lambda: None
) -> Crowd:
    """Have ``chat_load`` ask with its own ``options``; call ``watch`` every two seconds meanwhile.

    Raises:
        SystemExit: no answer has begun, so there is nothing to tell.
    """
    before = _processor(server)
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder:
        asked, found = Path(folder) / "questions.json", Path(folder) / "found.json"
        asked.write_text(json.dumps(list(questions)), "utf-8")
        command = [sys.executable, "-m", "benchmarks.support.chat_load", server.url, "--cookie", cookie]
        with found.open("w") as output:
            _run([*command, "--questions", str(asked), *options], output.fileno(), watch)
        told = json.loads(found.read_text("utf-8"))
    after = _processor(server) | {"load generator": told["processor_seconds"]}
    crowd = Crowd(
        seconds=told["seconds"],
        done=told["done"],
        failures=told["failures"],
        degraded=told["degraded"],
        cached=told["cached"],
        most_open=told["most_open"],
        first_ms=sorted(told["first_ms"]),
        processor={name: seconds - before.get(name, 0.0) for name, seconds in after.items()},
    )
    if not crowd.first_ms:
        raise SystemExit(f"no answer has begun: {dict(crowd.failures)}")
    return crowd


def note_failures(result: Result, name: str, crowd: Crowd) -> None:
    """Say what failed, and how; nothing if nothing did."""
    kinds = dict(crowd.failures) | ({"answered without a part": crowd.degraded} if crowd.degraded else {})
    if kinds:
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: -item[1]))
        result.notes.append(f"{name}: {told}.")


def _run(command: Sequence[str], output: int, watch: Callable[[], object]) -> None:
    popen = subprocess.Popen(
        command,
        cwd=corpus.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGKILL),
    )
    try:
        while popen.poll() is None:
            try:
                popen.wait(_WATCH_SECONDS)
            except subprocess.TimeoutExpired:
                watch()
    finally:
        popen.kill()
        popen.wait()
    if popen.returncode:
        raise SystemExit(f"the load generator failed with exit code {popen.returncode}")


def _processor(server: Server) -> dict[str, float]:
    found = processor_by_service(server)
    for child in psutil.Process().children():
        if _MODEL in child.cmdline():
            times = child.cpu_times()
            found["scripted model"] = float(times.user + times.system)
    return found
