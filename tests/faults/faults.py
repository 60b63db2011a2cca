"""What can happen to a server: each fault happens, and is over when people are served as before."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from tests.faults.model import STEADY, ModelProcess
from tests.faults.voice import Broken, Refused, Voice
from tests.services.likeopt import Server

PARTS = ("worker", "web", "indexer", "chroma", "valkey", "model")
QUESTION = "Where is the harbour?"
RECOVERY_SECONDS = 180.0
_LOOK_SECONDS = 0.1
_MET = 4  # requests that are begun while something lasts, before it may end


@dataclass
class Scene:
    """A server, its model, and somebody who asks whether all is well."""

    server: Server
    model: ModelProcess
    watcher: Voice
    chance: random.Random
    load: Callable[[], int]  # how many requests people have begun
    ballast: Path | None = None  # on the disk that is to be full; None where no disk of its own could be had
    sends: bool = False  # a document, too, after each fault
    _sent: Iterator[int] = field(default_factory=lambda: itertools.count(time.time_ns()))

    def pid(self, part: str) -> int:
        """Return the process of a part; 0 while there is none."""
        if part == "model":
            return self.model.pid
        if part == "worker":
            workers = self.workers()
            return self.chance.choice(workers).pid if workers else 0
        return int(self.server.services()["pids"].get(part, 0))

    def workers(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess, KeyError):
            return list(psutil.Process(self.server.services()["pids"]["web"]).children())
        return []

    def is_well(self) -> bool:
        """Tell whether every part says that it is well, and a question is answered by all of them."""
        try:
            ready = self.watcher.raw("GET", "/health/ready")
            if ready.status != 200 or {part["state"] for part in ready.data["parts"].values()} != {"ok"}:
                return False
            if self.watcher.whole("GET", "/search?q=harbour")["degraded"]:
                return False
            said = self.watcher.stream({"message": QUESTION, "use_cache": False}, lambda meta: None)
        except Refused as error:
            if str(error) == "NOT_SIGNED_IN":
                self.sign_in()
            return False
        except Broken:
            return False
        return not said[-1][1]["degraded"]

    def lasts(self, seconds: float) -> None:
        """Let what happens last so long, and until people have met it."""
        before = self.load()
        time.sleep(seconds)
        _until(lambda: self.load() >= before + _MET, "people go on asking")

    def takes_documents_in(self, *states: str) -> None:
        """Send a document, wait until it is in one of these states, and delete it.

        That it is found by its words is what people wait for: its vectors wait for all others' words.
        """
        states = states or ("searchable", "ready")
        content, known = f"Sheet {next(self._sent)} of the watcher.".encode(), ""

        def is_found() -> bool:
            nonlocal known
            with contextlib.suppress(Refused, Broken):
                known = known or str(self.watcher.upload("", "sheet.txt", content)["id"])
                return bool(self.watcher.call("GET", f"/documents/{known}")["status"] in states)
            return False

        def is_gone() -> bool:
            with contextlib.suppress(Refused, Broken):
                self.watcher.delete(f"/documents/{known}")
                return True
            return False

        _until(is_found, "a document that is sent is found")
        _until(is_gone, "a document can be deleted")

    def sign_in(self) -> None:
        with contextlib.suppress(Refused, Broken):
            self.watcher.call("POST", "/auth/login", {"email": "watcher@example.com", "password": "a long password"})


class Fault(Protocol):
    @property
    def name(self) -> str: ...
    def happen(self, scene: Scene) -> float:
        """Let it happen, and undo what does not end by itself; return when recovery could begin."""


@dataclass(frozen=True)
class Kill:
    """kill -9."""

    part: str

    @property
    def name(self) -> str:
        return f"kill {self.part}"

    def happen(self, scene: Scene) -> float:
        _until(lambda: bool(scene.pid(self.part)), f"there is a {self.part}")
        pid = scene.pid(self.part)
        count = len(scene.workers())
        psutil.Process(pid).kill()
        begun = time.monotonic()
        _until(lambda: not psutil.pid_exists(pid), f"{self.part} is gone")
        if self.part == "worker":
            _until(lambda: len(scene.workers()) >= count, "another worker has come")
        else:
            _until(lambda: scene.pid(self.part) not in (0, pid), f"another {self.part} has come")
        return begun


@dataclass(frozen=True)
class Hang:
    """SIGSTOP: connections are taken by the kernel, and nobody answers."""

    part: str
    seconds: float

    @property
    def name(self) -> str:
        return f"stop {self.part}"

    def happen(self, scene: Scene) -> float:
        process = psutil.Process(scene.pid(self.part))
        process.suspend()
        try:
            scene.lasts(self.seconds)
        finally:
            process.resume()
        return time.monotonic()


@dataclass(frozen=True)
class Mood:
    """The model misbehaves for a while."""

    mood: str
    seconds: float

    @property
    def name(self) -> str:
        return f"model: {self.mood}"

    def happen(self, scene: Scene) -> float:
        before = scene.model.asked(self.mood)
        scene.model.set(self.mood)
        try:
            time.sleep(self.seconds)
            _until(lambda: scene.model.asked(self.mood) > before, f"a model that is {self.mood} is asked")
        finally:
            scene.model.set(STEADY)
        return time.monotonic()


@dataclass(frozen=True)
class FullDisk:
    """Not a byte is left where the data lie; without a disk of its own, no file may grow."""

    seconds: float

    @property
    def name(self) -> str:
        return "full disk"

    def happen(self, scene: Scene) -> float:
        filled = _filled(scene.ballast) if scene.ballast is not None else _no_file_grows(scene)
        with filled:
            scene.lasts(self.seconds)
        return time.monotonic()


@contextlib.contextmanager
def _filled(ballast: Path) -> Iterator[None]:
    try:
        with ballast.open("wb", buffering=0) as file:
            block = b"\0" * 2**16
            with contextlib.suppress(OSError):
                while True:
                    file.write(block)
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def _no_file_grows(scene: Scene) -> Iterator[None]:
    """Limit the size of files in those processes that hear of it as an error, not as a signal that ends them."""
    pids = [scene.pid(part) for part in ("web", "indexer")] + [worker.pid for worker in scene.workers()]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids if pid}
    try:
        for pid, (_, hard) in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        yield
    finally:
        for pid, limits in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path | None]:
    """Mount a disk of its own where that is allowed; yield the file that may fill it, else None."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield folder / "ballast" if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)


def recover(scene: Scene, since: float) -> float:
    """Wait until all is well; return the seconds since recovery could begin."""
    _until(scene.is_well, "people are served as before")
    if scene.sends:
        scene.takes_documents_in()
    return time.monotonic() - since


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {RECOVERY_SECONDS:.0f} s it did not come true that {what}")
        time.sleep(_LOOK_SECONDS)
