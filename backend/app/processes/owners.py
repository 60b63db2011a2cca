"""Names of processes by which another one can tell whether they still run."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

import psutil

_PROC = Path("/proc")
_BOOT = _PROC / "sys" / "kernel" / "random" / "boot_id"


def owner() -> str:
    """Name this process by its machine, its number and when it started: numbers are given again."""
    return _name(os.getpid())


def has_ended(owner: str) -> bool:
    """Tell whether a process of this machine no longer runs; of others nothing is known."""
    host, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    if host != socket.gethostname():
        return False
    try:
        return _started(int(pid)) != started
    except (psutil.NoSuchProcess, ValueError):
        return True


@lru_cache(maxsize=1)  # each lease names its holder; a fork has another number
def _name(pid: int) -> str:
    return f"{socket.gethostname()}/{pid}/{_started(pid)}"


def _started(pid: int) -> str:
    """Tell when a process started, by a clock that nobody sets.

    What psutil makes of it is a time of day: of a living process another one, once the clock was set.
    It takes three reads, too, where one is enough for who looks twenty times a second.

    Raises:
        psutil.NoSuchProcess: it has ended; a zombie has, too.
    """
    try:
        # pid (name) state ppid ...: the name may hold spaces and brackets.
        fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        state, ticks, boot = fields[0], fields[19], _boot()
    except (OSError, IndexError):  # no Linux, or gone
        process = psutil.Process(pid)
        state, name = process.status(), f"{process.create_time():.2f}"
    else:
        name = f"{boot}-{ticks}"
    if state in ("Z", "X", psutil.STATUS_ZOMBIE):
        raise psutil.ZombieProcess(pid)
    return name


@lru_cache(maxsize=1)
def _boot() -> str:
    return _BOOT.read_text("ascii")[:8]
