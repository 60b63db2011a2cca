"""Files of no document, which whoever was killed in the middle of taking one in, or of deleting one, left behind."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from backend.app.storage.contents import FileContents, Records

log = structlog.get_logger(__name__)

_BETWEEN_SECONDS = 60.0


class StrayFiles:
    """Removes what two looks find, a minute apart: a file is there before its row, and longer than its row.

    By the monotonic clock: a file's own time says nothing once the clock was set.
    """

    def __init__(self, files: FileContents, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._records = records
        self._clock = clock
        self._first: tuple[float, frozenset[str]] | None = None

    def begin(self) -> None:
        """Take a first look, unless one is being waited for; raises ``Unavailable``."""
        if self._first is None:
            found = self._strays()
            self._first = (self._clock(), found) if found else None

    def go_on(self) -> int:
        """Take the second look once its time has come; return how many were removed."""
        if self._first is None or self._clock() - self._first[0] < _BETWEEN_SECONDS:
            return 0
        still = self._strays() & self._first[1]
        self._first = None
        for document_id in still:
            self._files.remove(document_id)
        if still:
            log.warning("stray_files_removed", files=len(still))
        return len(still)

    def _strays(self) -> frozenset[str]:
        stored = self._files.stored()  # first: whose row came meanwhile is not among them
        return frozenset((stored.files.keys() | stored.texts) - self._records.document_ids())
