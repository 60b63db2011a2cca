"""Names of processes by which another one can tell whether they still run."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

_PROC = Path("/proc")
_BOOT = _PROC / "sys" / "kernel" / "random" / "boot_id"


def owner() -> str:
    """Name this process by its machine, its number and when it started: numbers are given again."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def has_ended(owner: str) -> bool:
    """Tell whether a process of this machine no longer runs; of others nothing is known."""
    host, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    if host != socket.gethostname():
        return False
    try:
        return psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE or _started(int(pid)) != started
    except (psutil.NoSuchProcess, ValueError):
        return True


def _started(pid: int) -> str:
    """Tell when a process started, by a clock that nobody sets.

    What psutil makes of it is a time of day: of a living process another one, once the clock was set.
    """
    try:
        # pid (name) state ppid ...: the name may hold spaces and brackets.
        ticks = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
        return f"{_BOOT.read_text('ascii')[:8]}-{ticks}"
    except (OSError, IndexError):  # no Linux, or gone
        return f"{psutil.Process(pid).create_time():.2f}"
