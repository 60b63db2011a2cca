"""Uploaded files on disk, by document id, and the text that was read from them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from pathlib import Path

from backend.app.errors import FileTooLarge, StorageFull, StorageUnavailable
from backend.app.storage.backup.scratch import HELD, sweep
from backend.app.storage.contents import StoredFiles
from backend.app.storage.interfaces import ReceivedFile

_MIB = 1024 * 1024
_ABANDONED_SECONDS = 24 * 3600
_YOUNG_SECONDS = 60  # a file is there before its row
_ID = re.compile("[0-9a-f]{32}")


class DiskFiles:
    """Files never appear half-written: a temporary name first, fsync, then a rename."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def incoming(self, limit: int) -> DiskIncomingFile:
        folder = self._folder / "incoming"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return DiskIncomingFile(folder / secrets.token_hex(16), limit)
        except OSError as error:
            raise _translated(error) from error

    def keep(self, received: ReceivedFile, document_id: str) -> None:
        target = self.path(document_id)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            received.path.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise _translated(error) from error

    def discard(self, received: ReceivedFile) -> None:
        received.path.unlink(missing_ok=True)

    def path(self, document_id: str) -> Path:
        # Ids begin with the time, so their end spreads the files over the folders.
        return self._folder / document_id[-2:] / document_id

    def text_path(self, document_id: str) -> Path:
        return self.path(document_id).with_suffix(".txt")

    def write_text(self, document_id: str, text: str) -> None:
        target = self.text_path(document_id)
        temporary = target.with_suffix(".txt.new")
        try:
            # newline="": offsets count the characters of the text, so none may be translated.
            with temporary.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            raise _translated(error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, document_id: str) -> None:
        self.path(document_id).unlink(missing_ok=True)
        self.text_path(document_id).unlink(missing_ok=True)

    def stored(self) -> StoredFiles:
        """Return all that lies there, besides what has just come."""
        files: dict[str, int] = {}
        texts, others = set(), set()
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                if _ID.fullmatch(path.name):
                    files[path.name] = found.st_size
                elif path.suffix == ".txt" and _ID.fullmatch(path.stem):
                    texts.add(path.stem)
                elif time.time() - found.st_mtime > _YOUNG_SECONDS:
                    others.add(str(path.relative_to(self._folder)))
        return StoredFiles(files, frozenset(texts), frozenset(others))

    def is_young(self, document_id: str) -> bool:
        """Tell whether a file came within the last minute, so that its row may be on its way."""
        newest = 0.0
        for path in (self.path(document_id), self.text_path(document_id)):
            with contextlib.suppress(FileNotFoundError):
                newest = max(newest, path.stat().st_mtime)
        return time.time() - newest <= _YOUNG_SECONDS

    def remove_stray(self, name: str) -> None:
        """Remove what ``stored`` named among others."""
        (self._folder / name).unlink(missing_ok=True)

    def remove_abandoned(self) -> None:
        """Remove what killed processes left behind: uploads to which nothing came for a day, and what backups held."""
        sweep(self._folder, HELD)
        for path in (self._folder / "incoming").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink()


class DiskIncomingFile:
    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._digest = hashlib.sha256()
        self._size = 0
        self._finished = False
        self._file = path.open("xb")

    def write(self, block: bytes) -> int:
        self._size += len(block)
        if self._size > self._limit:
            return len(block)  # read on, so that other files of the same request are not lost
        self._digest.update(block)
        try:
            return self._file.write(block)
        except OSError as error:
            self.discard()
            raise _translated(error) from error

    def finish(self) -> ReceivedFile:
        if self._size > self._limit:
            self.discard()
            raise FileTooLarge(
                f"The file is larger than {self._limit / _MIB:.4g} MB, the most this server takes. "
                "Split it, or ask the administrator for a higher limit."
            )
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self.discard()
            raise _translated(error) from error
        self._finished = True
        return ReceivedFile(self._path, self._digest.hexdigest(), self._size)

    def discard(self) -> None:
        if self._finished:
            return
        with contextlib.suppress(OSError):  # its buffer may not fit on a full disk; it is removed anyway
            self._file.close()
        self._path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename last: without it a power cut may take the name away, though not the content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(error: OSError) -> StorageFull | StorageUnavailable:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return StorageFull() if full else StorageUnavailable("A file could not be stored. Try again in a moment.")
