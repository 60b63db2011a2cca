"""Start a Valkey or a Chroma as `likeopt serve` does, on a folder of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from backend.app.config import Settings
from backend.app.processes.embedded import embedded


@contextlib.contextmanager
def valkey_server(folder: Path) -> Iterator[str]:
    """Yield the address of a Valkey."""
    with embedded(Settings(data_dir=folder), "tests", redis=True, chroma=False) as settings:
        yield settings.redis_url.reveal()


@contextlib.contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """Yield the address of a Chroma server."""
    with embedded(Settings(data_dir=folder), "tests", redis=False, chroma=True) as settings:
        yield settings.chroma_url
