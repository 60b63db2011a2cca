"""Names of processes by which another one can tell whether they still run."""

from __future__ import annotations

import socket

import psutil


def owner() -> str:
    """Name this process by its machine, its number and when it started: numbers are given again."""
    process = psutil.Process()
    return f"{socket.gethostname()}/{process.pid}/{process.create_time():.2f}"


def has_ended(owner: str) -> bool:
    """Tell whether a process of this machine no longer runs; of others nothing is known."""
    host, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    if host != socket.gethostname():
        return False
    try:
        found = psutil.Process(int(pid))
        return found.status() == psutil.STATUS_ZOMBIE or f"{found.create_time():.2f}" != started
    except (psutil.NoSuchProcess, ValueError):
        return True
