"""A language model's server of its own process, which can be killed, and misbehaves when it is told to.

    python -m tests.faults.model --port 8123 --mood FILE

``FILE`` holds one word, which is read at each request: a model that was killed and started again has
the mood that it had.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fakes.scripted_model import Cut, Endless, Pause, Raw, Script, ScriptedModel, Stall, delta, spoken

STEADY = "steady"
_WORDS = [
    "the",
    "lamp",
    "of",
    "the",
    "harbour",
    "burns",
    "all",
    "night",
    "[1]",
    "and",
    "the",
    "master",
    "writes",
    "[2].",
]
_TEN_MB = 10 * 1024 * 1024
_numbers = itertools.count(1)


def _answer(pause: float) -> Script:
    pieces = [f"Answer {next(_numbers)} of {time.time_ns():x}: ", *(f"{word} " for word in _WORDS)]
    return Script.answer(*pieces, pause=pause)


def script(mood: str) -> Script:
    """Return what a model in this mood does with a question."""
    begun = [Raw(delta({"role": "assistant", "content": None})), spoken("It begins "), spoken("well, and ")]
    ways = {
        STEADY: lambda: _answer(0.01),
        "slow": lambda: _answer(0.4),
        "silent": lambda: Script([Stall()]),
        "stalls": lambda: Script([*begun, Stall()]),
        "cuts": lambda: Script([*begun, Cut()]),
        "garbage": lambda: Script([Raw(b"\x00\xff{<html>}\n" * 50), Raw(b"data: {not json\n\n" * 50)]),
        "broken events": lambda: Script([*begun, Raw(b'data: {"choices": "none"}\n\ndata: \xff\xfe\n\n'), Cut()]),
        "10 MB": lambda: Script([*begun, *[spoken("word " * 13_107)] * (_TEN_MB // 65_536)]),
        "10 MB line": lambda: Script([Raw(b"data: " + b"x" * _TEN_MB), Cut()]),
        "endless": lambda: Script([Endless(delta({"content": "and on "}), pause=0.001)]),
        "429": lambda: Script.error(429, "Too many requests", {"Retry-After": "1"}),
        "500": lambda: Script.error(500, "Internal error"),
        "paused": lambda: Script([Pause(3.0), *_answer(0.01).steps]),
    }
    return ways[mood]()


MOODS = ("slow", "silent", "stalls", "cuts", "garbage", "broken events", "10 MB", "10 MB line", "endless", "429", "500")


class MoodyModel(ScriptedModel):
    def __init__(self, mood: Path, port: int) -> None:
        super().__init__(port=port)
        self._mood = mood

    def next_script(self, request: dict[str, Any], key: str | None) -> Script:
        mood = self._mood.read_text("utf-8").strip()
        with _asked(self._mood, mood).open("ab") as counted:
            counted.write(b".")
        return script(mood)


def _asked(moods: Path, mood: str) -> Path:
    """Return the file that has a byte for each time a model was asked in a mood."""
    return moods.with_name(f"asked-{mood}")


class ModelProcess:
    """The server as a process. It is started anew when it has ended, as a service would be."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._mood = folder / "mood"
        self._log = folder / "model.log"
        self._port = port
        self._leaving = threading.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep)
        self.set(STEADY)

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen is not None and self._popen.poll() is None else 0

    def set(self, mood: str) -> None:
        new = self._mood.with_suffix(".new")
        new.write_text(mood, "utf-8")
        new.replace(self._mood)

    def asked(self, mood: str) -> int:
        """Return how often it was asked in a mood."""
        file = _asked(self._mood, mood)
        return file.stat().st_size if file.exists() else 0

    def answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/models", timeout=2) as answer:
            return bool(json.load(answer)["data"])
        return False

    def __enter__(self) -> ModelProcess:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._keeper.join()

    def _keep(self) -> None:
        command = [sys.executable, "-m", "tests.faults.model", "--port", str(self._port), "--mood", str(self._mood)]
        with self._log.open("ab") as log:
            while not self._leaving.is_set():
                with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as self._popen:
                    while self._popen.poll() is None and not self._leaving.wait(0.05):
                        pass
                    self._popen.kill()
                self._leaving.wait(1.0)


@contextlib.contextmanager
def _serving(mood: Path, port: int) -> Iterator[None]:
    with MoodyModel(mood, port):
        yield


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--mood", type=Path, required=True)
    chosen = options.parse_args()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with _serving(chosen.mood, chosen.port):
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
