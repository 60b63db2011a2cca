"""The indexer's thread that looks at watched folders."""

from __future__ import annotations

import threading
import time

import structlog

from backend.app import wiring
from backend.app.errors import AppError
from backend.app.processes.owners import owner
from backend.app.wiring import Parts

log = structlog.get_logger(__name__)

_SHARE = 0.05  # of the time may be spent looking: a large folder is looked at more seldom


class FolderThread:
    """Looks again and again; copying large files in does not hold up the indexing beside it."""

    def __init__(self, parts: Parts, seconds: float, stopping: threading.Event) -> None:
        self._parts = parts
        self._seconds = seconds
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="folders", daemon=True)

    def start(self) -> None:
        if self._seconds:
            self._thread.start()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        following = wiring.following_service(self._parts, owner())
        while True:
            began = time.monotonic()
            try:
                following.follow_kept(self._stopping.is_set)
            except AppError as error:  # of the database: the next look finds it back
                log.warning("folders_not_followed", error_code=error.error_code)
            except Exception:
                # The edge of a thread that must not end before its process.
                log.exception("folders_not_followed")
            took = time.monotonic() - began
            if self._stopping.wait(max(self._seconds, took / _SHARE)):
                return
