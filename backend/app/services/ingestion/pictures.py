"""Pictures of a file, read in the same bounded child as its text: nothing is decoded in a web worker."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

from backend.app.domain.documents import Picture
from backend.app.services.ingestion.child_process import Bounds, ChildDied, run_child

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
# Formats that can hold pictures; a PDF's pages are shown by the browser itself.
HOLDING = frozenset(
    {
        *(
            _OOXML + kind
            for kind in ("wordprocessingml.document", "presentationml.presentation", "spreadsheetml.sheet")
        ),
        *(_ODF + kind for kind in ("text", "spreadsheet")),
        "application/epub+zip",
        "application/hwp+zip",
        "text/html",
        "message/rfc822",
    }
)
# 40 million pixels in four colours, and what scaling them down takes beside.
BOUNDS = Bounds(memory_bytes=512 * 1024**2, seconds=20, file_bytes=16 * 1024**2)
_AT_ONCE = 2
HIGHEST = 10_000  # number of a picture that is looked for


class PictureReader:
    """Starts one child a call, at most two at the same time in this process."""

    def __init__(self, scratch: Path | None = None, bounds: Bounds = BOUNDS) -> None:
        self._scratch = scratch
        self._bounds = bounds
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def pictures(self, path: Path, media_type: str) -> list[Picture]:
        """Return the pictures that can be shown; none of a file that cannot be read."""
        if media_type not in HOLDING:
            return []
        with self._free, self._folder() as folder:
            answer = self._run({"task": "pictures", "path": str(path), "media_type": media_type}, Path(folder))
        return [Picture(**found) for found in (answer or {}).get("pictures", [])]

    def picture(self, path: Path, media_type: str, number: int, width: int) -> bytes | None:
        """Return one picture as WebP, at most so wide; None for one that is not there or cannot be read."""
        if media_type not in HOLDING:
            return None
        request = {"task": "picture", "path": str(path), "media_type": media_type, "number": number, "width": width}
        with self._free, self._folder() as folder:
            answer = self._run(request, Path(folder))
            if not answer or "refused" in answer:
                return None
            return (Path(folder) / "picture").read_bytes()

    def _run(self, request: dict[str, Any], folder: Path) -> dict[str, Any] | None:
        try:
            return run_child({**request, "path": str(Path(request["path"]).absolute())}, self._bounds, folder)
        except ChildDied:
            return None

    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="likeopt-picture-", dir=self._scratch)
