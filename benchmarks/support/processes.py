"""The memory and processor time of a server's processes."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path

import psutil

from tests.services.likeopt import Server


def memory_by_service(server: Server) -> dict[str, float]:
    """Return megabytes by service, workers apart from their master."""
    found: dict[str, float] = defaultdict(float)
    found["supervisor"] = proportional(server.popen.pid)
    for name, pid in server.services()["pids"].items():
        found[name] += proportional(pid)
        children = psutil.Process(pid).children(recursive=True)
        for child in children:
            found[f"{name} workers"] += proportional(child.pid)
    return dict(found)


def processor_by_service(server: Server) -> dict[str, float]:
    """Return the seconds of processor time that each service's living processes have used."""
    found: dict[str, float] = {"supervisor": _processor_seconds(psutil.Process(server.popen.pid))}
    for name, pid in server.services()["pids"].items():
        process = psutil.Process(pid)
        found[name] = sum(map(_processor_seconds, [process, *process.children(recursive=True)]))
    return found


def _processor_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def proportional(pid: int) -> float:
    """Return the proportional set size: memory that processes share is counted once, in parts. 0 for one that is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
