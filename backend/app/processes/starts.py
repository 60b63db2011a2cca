"""Whether a process has started that takes documents in: one before it may have been killed in the middle."""

from __future__ import annotations

import contextlib
from pathlib import Path

_NAME = "started"


def note_start(run_dir: Path) -> None:
    """Say that this process starts; on a full disk nobody hears of it."""
    with contextlib.suppress(OSError):
        run_dir.mkdir(parents=True, exist_ok=True)
        (run_dir / _NAME).touch()


def took_notice(run_dir: Path) -> bool:
    """Return whether any has started since the last time."""
    try:
        (run_dir / _NAME).unlink()
    except FileNotFoundError:
        return False
    return True
