"""Room on the disk for a process's metrics, taken before there is none.

prometheus_client's files are mapped into memory and begin as holes. A process that writes into a hole
while the disk is full is ended by the kernel (SIGBUS): its metrics would end a web worker's streams, or
the indexer. What is taken at the start stays.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_KINDS = ("counter", "histogram", "gauge_livesum")
_BYTES = 2**20  # what prometheus_client gives each file


def take_room() -> None:
    """Take it for this process, where its metrics live in files at all.

    Where there is none by now, the process starts all the same, at that risk.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    names = [f"{kind}_{whose}.db" for kind in _KINDS for whose in (os.getpid(), "gone")]  # see dead_workers.py
    for name in names if folder else ():
        path = Path(folder or "") / name
        with contextlib.suppress(OSError), path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, _BYTES)
