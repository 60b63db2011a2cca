"""What a server holds: memory and descriptors of each part, and what should not be left at all."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.services.likeopt import Server

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Held:
    """Megabytes of its own, and open descriptors by kind; of several workers the most of each.

    Its own are anonymous pages: what a leak fills. Programs and indexes that are mapped from files belong to
    whoever else maps them too, and come and go with the kernel's mind.
    """

    megabytes: float
    descriptors: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        return sum(self.descriptors.values())


def held(server: Server) -> dict[str, Held]:
    """Return what each part holds now."""
    pids = {"supervisor": [server.popen.pid]}
    for name, pid in server.services()["pids"].items():
        pids[name] = [pid]
        if name == "web":
            pids["worker"] = [child.pid for child in psutil.Process(pid).children()]
    return {name: _most(found, server.data_dir) for name, found in pids.items()}


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


def told(data_dir: Path, secrets: Iterable[str]) -> list[str]:
    """Return which logs hold something that nobody is to read there."""
    logs = {path.name: path.read_text("utf-8", "replace") for path in (data_dir / "logs").iterdir()}
    logs["stderr.txt"] = (data_dir / "stderr.txt").read_text("utf-8", "replace")
    return sorted(f"{name} tells «{secret}»" for name, text in logs.items() for secret in secrets if secret in text)


def _most(pids: list[int], data_dir: Path) -> Held:
    kinds = [descriptors(pid, data_dir) for pid in pids]
    most: Counter[str] = Counter()
    for one in kinds:
        most |= one
    return Held(max(map(_anonymous, pids), default=0.0), dict(sorted(most.items())))


def _anonymous(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) / 1024
    return 0.0


def descriptors(pid: int, data_dir: Path) -> Counter[str]:
    """Return how many descriptors a process has open on each kind of thing."""
    found: Counter[str] = Counter()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found[_kind(str(entry.readlink()), data_dir)] += 1
    return found


def _kind(target: str, data_dir: Path) -> str:
    """Name what a descriptor is open on, as far as it matters to how many there may be."""
    if not target.startswith("/"):
        return target.partition(":")[0] + "s"  # sockets, pipes, anon_inodes
    if target.startswith(str(data_dir / "likeopt.db")):
        return "database"
    if target.startswith(str(data_dir / "indexes")):
        return "indexes"
    if target.startswith(str(data_dir / "run")):
        return "run"
    return "other files"


def _on(data_dir: Path) -> list[tuple[int, str]]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            line = " ".join(process.cmdline())
            if str(data_dir) in line or process.environ().get("LIKEOPT_DATA_DIR") == str(data_dir):
                found.append((process.pid, f"{process.pid}: {line[:200]}"))
    return found
