"""What had been counted when somebody last looked, so that the next one counts on from there.

The sampling worker may die at any moment, and another one takes over. It finds here what is stored
already. The file lies beside the counters, and is removed together with them.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from backend.app.domain.performance import Counts

_FILE = "sampled.msgpack"


class Baseline:
    def __init__(self) -> None:
        self._own: Counts = {}

    def load(self) -> Counts:
        """Return what was counted then; nothing where nobody has looked yet, or the file is damaged."""
        path = _path()
        if path is None:
            return self._own
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, float])
        except (OSError, msgspec.MsgspecError):
            return {}

    def save(self, counts: Counts) -> None:
        path = _path()
        if path is None:
            self._own = counts
            return
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(msgspec.msgpack.encode(counts))
        temporary.replace(path)


def _path() -> Path | None:
    """Return the file; none in a process that counts for itself alone."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) / _FILE if folder else None
