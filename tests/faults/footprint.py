"""What a server holds: memory and descriptors of each part, and what should not be left at all."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.support.processes import proportional
from tests.services.likeopt import Server

# A store holds more documents in the end than in the beginning, and each new process has its own luck with pages.
_MEMORY_FACTOR, _MEMORY_MB = 2.0, 100.0
_DESCRIPTORS = 40


@dataclass(frozen=True)
class Held:
    """Megabytes (proportional set size) and open descriptors; of several workers those of the largest."""

    megabytes: float
    descriptors: int


def held(server: Server) -> dict[str, Held]:
    """Return what each part holds now."""
    pids = {"supervisor": [server.popen.pid]}
    for name, pid in server.services()["pids"].items():
        pids[name] = [pid]
        if name == "web":
            pids["worker"] = [child.pid for child in psutil.Process(pid).children()]
    return {name: Held(max(map(proportional, found)), max(map(_descriptors, found))) for name, found in pids.items()}


def grown(before: dict[str, Held], after: dict[str, Held]) -> list[str]:
    """Return in words what holds clearly more than before."""
    found = []
    for name, first in before.items():
        last = after.get(name)
        if last is None:
            found.append(f"{name} does not run any more")
            continue
        if last.megabytes > _MEMORY_FACTOR * first.megabytes + _MEMORY_MB:
            found.append(f"{name} holds {last.megabytes:.0f} MB, and held {first.megabytes:.0f}")
        if last.descriptors > first.descriptors + _DESCRIPTORS:
            found.append(f"{name} has {last.descriptors} descriptors open, and had {first.descriptors}")
    return found


def orphans(server: Server) -> list[str]:
    """Return processes that work on the server's folder and are not its own."""
    own = {process.pid for process in server.processes()} if server.popen.poll() is None else set()
    return [line for pid, line in _on(server.data_dir) if pid not in own]


def half_done(data_dir: Path) -> list[str]:
    """Return files that only exist while something is being done."""
    folders = [data_dir / "files" / "incoming", data_dir / "run" / "extract"]
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    found += (data_dir / "files").rglob("*.new")
    return sorted(str(path.relative_to(data_dir)) for path in found)


def _on(data_dir: Path) -> list[tuple[int, str]]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            line = " ".join(process.cmdline())
            if str(data_dir) in line or process.environ().get("LIKEOPT_DATA_DIR") == str(data_dir):
                found.append((process.pid, f"{process.pid}: {line[:200]}"))
    return found


def _descriptors(pid: int) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return int(psutil.Process(pid).num_fds())
    return 0
