"""What this machine, or this container, has room for."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from pathlib import Path

from backend.app.config import Settings

MIB = 1024 * 1024
CGROUPS = Path("/sys/fs/cgroup")


def workers(settings: Settings, *, processors: float | None = None, memory: int | None = None) -> int:
    """Return the number of web workers: as set, else one a processor and two at least, as far as memory allows.

    Two, so that somebody answers while a worker is being replaced. gunicorn's rule for workers that wait,
    2 x CPU + 1, is not for these, which never do: docs/performance.md, «Memory in use».
    """
    if settings.workers:
        return settings.workers
    wanted = max(2, math.ceil(processors if processors is not None else available_processors()))
    free = memory if memory is not None else available_memory()
    return max(1, min(wanted, free // (max(1, settings.worker_memory_mb) * MIB)))


def available_processors() -> float:
    """Return the processors that this process may use: its affinity, and the container's quota."""
    if sys.platform.startswith("linux"):
        allowed = float(len(os.sched_getaffinity(0)))
    else:
        allowed = float(os.cpu_count() or 1)
    for folder in _own_cgroups():
        with contextlib.suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text("ascii").split()  # "max 100000": ValueError
            allowed = min(allowed, int(quota) / int(period))
    return allowed


def available_memory() -> int:
    """Return the bytes that may still be taken: the machine's, or less by a container's limit."""
    free = [_meminfo()]
    for folder in _own_cgroups():
        with contextlib.suppress(OSError, ValueError):
            limit = int((folder / "memory.max").read_text("ascii"))  # "max": ValueError
            free.append(limit - _in_use(folder))
    with contextlib.suppress(OSError, ValueError):  # version 1, still on older container hosts
        folder = CGROUPS / "memory"
        limit = int((folder / "memory.limit_in_bytes").read_text("ascii"))
        free.append(limit - int((folder / "memory.usage_in_bytes").read_text("ascii")))
    return max(0, min(free))


def _own_cgroups() -> list[Path]:
    """Return the folders of this process's control group and its parents (version 2)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
            if line.startswith("0::"):
                own = CGROUPS / line[3:].strip("/")
                return [folder for folder in (own, *own.parents) if folder.is_relative_to(CGROUPS)]
    return []


def _in_use(folder: Path) -> int:
    """Return a group's memory without the file cache that the kernel gives back on demand."""
    used = int((folder / "memory.current").read_text("ascii"))
    for line in (folder / "memory.stat").read_text("ascii").splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            used -= int(value)
    return used


def _meminfo() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 8 * 1024 * MIB  # no /proc: half of what a small developer's machine has
