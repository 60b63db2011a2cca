"""The metrics' files of processes that have ended.

prometheus_client keeps one file of counters and one of histograms for each process that ever ran,
and reads all of them at each scrape: after a hundred reloads of ten workers that is two thousand.
Here the dead ones' counts are added up in one file of each kind, and their gauges are removed.

Whoever reads the files holds a shared lock, so that nobody sees a count twice or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
from prometheus_client.mmap_dict import MmapedDict

_FILE = re.compile(r"(counter|histogram|gauge_live[a-z]*)_([0-9]+)\.db")
_SUM = "gone"  # in the place of the process's number


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the files as they are. The wait is that for a merge: milliseconds."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def merge_dead(folder: Path) -> int:
    """Add up what processes that have ended had counted; return how many files went.

    Where somebody reads at this moment, nothing is done: the next time will do.
    """
    dead = [(path, kind) for path, kind, pid in _files(folder) if not psutil.pid_exists(pid)]
    if not dead:
        return 0
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for path, kind in dead:
                if not kind.startswith("gauge"):
                    _add(path, folder / f"{kind}_{_SUM}.db")
                path.unlink(missing_ok=True)
    except BlockingIOError:
        return 0
    return len(dead)


def _files(folder: Path) -> Iterator[tuple[Path, str, int]]:
    for path in folder.glob("*.db"):
        found = _FILE.fullmatch(path.name)
        if found:
            yield path, found[1], int(found[2])


def _add(path: Path, target: Path) -> None:
    total = MmapedDict(str(target))  # type: ignore[no-untyped-call]
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            before, _ = total.read_value(key)  # type: ignore[no-untyped-call]
            total.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder / "merge.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
