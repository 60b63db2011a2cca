"""A ZIP file's members, taken out in a bounded child process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.app.errors import BrokenDocument, DocumentTooComplex
from backend.app.services.ingestion.child_process import Bounds, ChildDied, run_child, scratch_folder
from backend.app.services.ingestion.reading.patience import UNPACKED_A_SECOND

_MEMORY_BYTES = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class Member:
    """A file within an archive: where it has been written, or the reason for which it was not."""

    name: str
    path: Path | None
    reason: str


class Archives:
    """Opens one archive a call.

    Args:
        extensions: endings of the members that are taken.
        files: so many members at most.
        all_bytes: that members may unpack to together; ``file_bytes``: each of them.
        seconds: that taking them out may take.
    """

    def __init__(
        self,
        extensions: Sequence[str],
        *,
        files: int,
        all_bytes: int,
        file_bytes: int,
        seconds: int,
        scratch: Path | None = None,
    ) -> None:
        self._request = {
            "task": "unfold",
            "extensions": list(extensions),
            "files": files,
            "all_bytes": all_bytes,
            "each_bytes": file_bytes,
        }
        earned = all_bytes // UNPACKED_A_SECOND
        self._bounds = Bounds(_MEMORY_BYTES, seconds, max(file_bytes, 64 * 1024**2), earned)
        self._scratch = scratch

    @contextlib.contextmanager
    def unfolded(self, path: Path, cancelled: Callable[[], bool] = lambda: False) -> Iterator[list[Member]]:
        """Yield the members; their files are gone when the block is left.

        Raises:
            DocumentRefused: it is no archive, or one made to exhaust its reader.
            ExtractionCancelled: soon after ``cancelled()`` first said so.
            StorageFull: there is no room for the members.
        """
        with scratch_folder("likeopt-archive-", self._scratch) as folder:
            try:
                answer = run_child({**self._request, "path": str(path.absolute())}, self._bounds, folder, cancelled)
            except ChildDied as died:
                details = {"returncode": died.returncode, "errors": died.errors}
                raise (DocumentTooComplex if died.ran_out else BrokenDocument)(details=details) from died
            if "refused" in answer:
                refusal = DocumentTooComplex if answer["refused"] == "too_complex" else BrokenDocument
                raise refusal(details={"detail": answer["detail"]})
            yield [
                Member(entry["name"], folder / entry["file"] if entry["file"] else None, entry["reason"])
                for entry in answer["members"]
            ]
