"""Files as they are now, whatever is deleted or read anew meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from backend.app.storage.backup.scratch import HELD, scratch
from backend.app.storage.files import DiskFiles


class HeldFiles:
    """Second names for files: a file that is deleted is there for as long as one of its names.

    Files are never changed in their place (``DiskFiles`` renames), so a second name is a copy
    that costs nothing.
    """

    def __init__(self, files: DiskFiles, folder: Path) -> None:
        self._files = files
        self._folder = folder

    def hold(self, document_ids: Iterable[str]) -> list[str]:
        """Hold files and texts; return the documents whose file is not there."""
        missing = []
        for document_id in document_ids:
            if not self.path(document_id).exists() and not _second_name(
                self._files.path(document_id), self.path(document_id)
            ):
                missing.append(document_id)
            if not self.text_path(document_id).exists():
                _second_name(self._files.text_path(document_id), self.text_path(document_id))
        return missing

    def path(self, document_id: str) -> Path:
        return self._folder / document_id

    def text_path(self, document_id: str) -> Path:
        return self._folder / f"{document_id}.txt"

    def size(self, document_ids: Iterable[str]) -> int:
        """Return the bytes of what is held of these documents."""
        total = 0
        for document_id in document_ids:
            for path in (self.path(document_id), self.text_path(document_id)):
                with contextlib.suppress(FileNotFoundError):
                    total += path.stat().st_size
        return total


@contextlib.contextmanager
def held_files(files_dir: Path) -> Iterator[HeldFiles]:
    """Yield a place to hold files of ``files_dir`` in; it vanishes with the block."""
    files_dir.mkdir(parents=True, exist_ok=True)
    with scratch(files_dir, HELD) as folder:  # on the same file system: second names need that
        yield HeldFiles(DiskFiles(files_dir), folder)


def _second_name(file: Path, name: Path) -> bool:
    """Give a file another name, or copy it where the file system has one name a file."""
    try:
        os.link(file, name)
    except FileNotFoundError:
        return False
    except OSError:
        try:
            shutil.copyfile(file, name)
        except FileNotFoundError:
            return False
    return True
