"""Whether anybody indexes: each indexer keeps touching a file of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

_ALIVE_SECONDS = 30.0


class Heartbeats:
    def __init__(self, run_dir: Path) -> None:
        self._folder = run_dir / "indexers"

    def beat(self) -> None:
        """Say that this process lives; those who have been silent for long are forgotten."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own.touch()
        for path, silent in self._silent_seconds().items():
            if silent > _ALIVE_SECONDS:
                path.unlink(missing_ok=True)

    def end(self) -> None:
        self._own.unlink(missing_ok=True)

    def anybody(self) -> bool:
        return any(silent <= _ALIVE_SECONDS for silent in self._silent_seconds().values())

    @property
    def _own(self) -> Path:
        return self._folder / str(os.getpid())

    def _silent_seconds(self) -> dict[Path, float]:
        now, found = time.time(), {}
        for path in self._folder.glob("*"):
            try:
                found[path] = now - path.stat().st_mtime
            except FileNotFoundError:  # it ended this moment
                continue
        return found
