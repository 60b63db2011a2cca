"""Clocks that jump: a small library gives all processes of one server a wall clock that a test can set.

A machine's own clock belongs to everybody who works on it. The library is compiled when it is needed,
where there is a C compiler.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.faults import Scene

JUMPS = (2.0, -2.0, -30.0, 72.0, 0.0)  # hours away from the true time, one after the other
_SOURCE = Path(__file__).with_suffix(".c")


def library(folder: Path) -> Path | None:
    """Compile the library; None where that cannot be done."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    made = folder / "clock.so"
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(made), str(_SOURCE)]
    return made if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


class Hands:
    """The hands of the clock that a server sees."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "clock"
        self._file.write_bytes(bytes(8))
        self.environ = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(self._file)}

    def set(self, hours: float) -> None:
        with self._file.open("r+b") as file:  # in place: it is mapped
            file.write(struct.pack("@l", round(hours * 3600)))


@dataclass(frozen=True)
class Jump:
    """The clock jumps to so many hours from the true time."""

    hands: Hands
    hours: float
    seconds: float  # of the load that happen at this time

    @property
    def name(self) -> str:
        return f"clock at {self.hours:+.0f} h"

    def happen(self, scene: Scene) -> float:
        self.hands.set(self.hours)
        begun = time.monotonic()
        scene.lasts(self.seconds)
        return begun
