"""Restoring a backup: all of it or nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from backend.app.domain.backup import DUMPS, Backup, DocumentFile, Header, Manifest
from backend.app.errors import BackupDamaged, RestoreRefused
from backend.app.storage.backup.archive import ArchiveReader
from backend.app.storage.backup.interfaces import RestoreTarget
from backend.app.storage.backup.scratch import scratch
from backend.app.storage.backup.target import check_space

Told = Callable[[float, float, str], None]

# What may lie in a data folder that holds nothing yet: what every command makes, and what people put there.
_HARMLESS = {"run", "logs", "cache", "secret_key", "lost+found", ".env", "likeopt.db-turn", "likeopt.db-next"}
_STAGING = "restoring-"
_ID = re.compile("[0-9a-f]{32}")
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class RestoreService:
    """Puts a backup into a data folder, and a database, in which nothing is.

    Everything is unpacked beside its place and compared with its sums first. Then the files and the
    database take their places; where that fails, both are taken away again. Whoever calls it holds
    the lock on the data folder.
    """

    def __init__(self, target: RestoreTarget, data_dir: Path, files_dir: Path) -> None:
        self._target = target
        self._data_dir = data_dir
        self._files_dir = files_dir

    def restore(self, source: BinaryIO, path: Path | None, size: int, told: Told) -> Backup:
        """Raise BackupDamaged, RestoreRefused, StorageFull or StorageUnavailable: then nothing was restored."""
        self._check_empty()
        reader = ArchiveReader(source)
        self._check_header(reader.header)
        with scratch(self._data_dir, _STAGING) as staging:
            check_space(staging, reader.header.bytes)
            self._unpack(reader, staging, told)
            self._put_in_place(staging, reader)
        return Backup(header=reader.header, path=path, size=size)

    def _check_empty(self) -> None:
        found = [entry.name for entry in self._data_dir.iterdir() if _counts(entry)]
        if found:
            raise RestoreRefused(
                f"{self._data_dir} is not empty: it holds {', '.join(sorted(found)[:5])}. "
                "A backup is restored into an empty folder. Name one by --data-dir, or move these away."
            )
        self._target.check_empty()

    def _check_header(self, header: Header) -> None:
        if header.database != self._target.kind:
            theirs, ours = _NAMES[header.database], _NAMES[self._target.kind]
            remedy = (
                "Set DATABASE_URL to an empty database." if header.database == "postgresql" else "Unset DATABASE_URL."
            )
            raise RestoreRefused(f"This backup is of a database in {theirs}, and cannot go into {ours}. {remedy}")
        if not self._target.knows(header.revision):
            raise RestoreRefused(
                f"This backup was made by a newer Like-Opt ({header.version[:20]}, tables {header.revision[:20]}). "
                "Install that version, or a later one."
            )

    def _unpack(self, reader: ArchiveReader, staging: Path, told: Told) -> None:
        done = 0
        for name, pieces in reader.members():
            place = staging / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    done += len(piece)
                    told(done, reader.header.bytes, name)

    def _put_in_place(self, staging: Path, reader: ArchiveReader) -> None:
        dump = staging / DUMPS[reader.header.database]
        if not dump.exists():
            raise BackupDamaged("This backup holds no database.")
        try:
            documents = self._target.load(dump, reader.header.tables)
            for complaint in _disagreements(documents, reader.manifest):
                raise BackupDamaged(complaint)
            os.sync()  # everything is on the disk before it has its names
            if (staging / "files").exists():
                shutil.rmtree(self._files_dir, ignore_errors=True)  # it was empty
                (staging / "files").rename(self._files_dir)
            self._target.finish(staging)
        except BaseException:
            self._target.undo()
            shutil.rmtree(self._files_dir, ignore_errors=True)
            raise


def _counts(entry: Path) -> bool:
    """Tell whether something in a folder makes it one that holds something."""
    if entry.name in _HARMLESS or entry.name.startswith(_STAGING):
        return False
    return not entry.is_dir() or entry.is_symlink() or any(path.is_file() for path in entry.rglob("*"))


def _disagreements(documents: list[DocumentFile], manifest: Manifest) -> Iterator[str]:
    """Yield in what the database and the files of a backup differ, besides what it says itself."""
    unknown = set(manifest.lost) | set(manifest.damaged)
    names = set()
    for document in documents:
        if not _ID.fullmatch(document.id):
            yield f"Its database names a document {document.id[:40]!r}, which is no id of ours."
        name = f"files/{document.id[-2:]}/{document.id}"
        names |= {name, f"{name}.txt"}
        entry = manifest.files.get(name)
        if document.id not in unknown and (entry is None or entry.sha256 != document.sha256):
            yield f"The file of {document.filename!r} is not in it, or not the one that its database names."
    for name in manifest.files:
        if name.startswith("files/") and name not in names:
            yield f"It holds {name}, which its database does not name."
