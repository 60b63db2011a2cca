"""Making backups while everything goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from backend.app.domain.backup import DUMPS, FORMAT, Backup, DocumentFile, Header
from backend.app.storage.backup.archive import ArchiveReader, ArchiveWriter
from backend.app.storage.backup.held import HeldFiles
from backend.app.storage.backup.interfaces import Snapshot, SnapshotSource
from backend.app.storage.backup.target import check_space, refuse_existing, whole_file, working_folder

Told = Callable[[float, float, str], None]  # bytes done, all bytes, what is being copied


@dataclass(frozen=True)
class _Moment:
    """A moment's state: a copy of the database, and the files that it names."""

    header: Header
    dump: Path
    documents: list[DocumentFile]
    lost: list[DocumentFile]


class BackupService:
    """Copies the database as it is at one moment, and the files that are named in it then.

    A file is there before its row and goes after it, so every row of a snapshot has its file until
    somebody deletes it. Files are held (``HeldFiles``) right after the snapshot; where one has gone
    in between, its row has too, and another snapshot is taken. What is held stays held, so this
    ends soon. A file that two snapshots in turn miss was lost before: the backup says so.
    """

    def __init__(
        self,
        source: SnapshotSource,
        hold: Callable[[], AbstractContextManager[HeldFiles]],
        *,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._hold = hold
        self._version = version
        self._clock = clock

    def now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def make(self, target: Path, told: Told, *, force: bool = False) -> Backup:
        """Write a backup to a file, which is there whole or not at all.

        Raises:
            BackupFailed, StorageFull, StorageUnavailable: there is no backup.
        """
        if not force:
            refuse_existing(target)
        with working_folder(target.parent) as folder, self._hold() as held:
            moment = self._moment(held, folder, told, copies=2)
            with whole_file(target, folder, force=force) as file:
                damaged = self._write(file, moment, held, told)
        return Backup(
            header=moment.header,
            path=target,
            size=target.stat().st_size,
            lost=tuple(moment.lost),
            damaged=tuple(damaged),
        )

    def stream(self, out: BinaryIO, work: Path, told: Told) -> Backup:
        """Write a backup to a stream; ``work`` is a folder for a copy of the database."""
        work.mkdir(parents=True, exist_ok=True)
        with working_folder(work) as folder, self._hold() as held:
            moment = self._moment(held, folder, told, copies=1)
            damaged = self._write(out, moment, held, told)
            out.flush()
        return Backup(header=moment.header, path=None, size=0, lost=tuple(moment.lost), damaged=tuple(damaged))

    def _moment(self, held: HeldFiles, folder: Path, told: Told, *, copies: int) -> _Moment:
        with self._settled(held) as (snapshot, documents, lost):
            files, size = held.size(document.id for document in documents), snapshot.size()
            check_space(folder, size + (size + files if copies > 1 else 0))
            dump = folder / DUMPS[self._source.kind]
            snapshot.write(dump, lambda share: told(share * size, size, "the database"))
            header = Header(
                format=FORMAT,
                version=self._version,
                database=self._source.kind,
                revision=snapshot.revision,
                created_at=self.now(),
                tables=snapshot.tables(),
                documents=len(documents),
                bytes=dump.stat().st_size + files,
            )
        return _Moment(header, dump, documents, lost)

    @contextlib.contextmanager
    def _settled(self, held: HeldFiles) -> Iterator[tuple[Snapshot, list[DocumentFile], list[DocumentFile]]]:
        """Yield a snapshot whose files are held, its documents, and those whose file had been lost."""
        missing: set[str] | None = None
        while True:
            with self._source.take() as snapshot:
                documents = snapshot.documents()
                now = set(held.hold(document.id for document in documents))
                if not now or (missing is not None and now <= missing):
                    yield snapshot, documents, [document for document in documents if document.id in now]
                    return
                missing = now

    def _write(self, out: BinaryIO, moment: _Moment, held: HeldFiles, told: Told) -> list[DocumentFile]:
        """Write everything; return the documents whose file is not what had come."""
        done, name = 0, "the database"

        def wrote(count: int) -> None:
            nonlocal done
            done += count
            told(done, moment.header.bytes, name)

        archive = ArchiveWriter(out, moment.header, wrote)
        with moment.dump.open("rb") as file:
            archive.add(moment.dump.name, file, moment.dump.stat().st_size)
        moment.dump.unlink()
        damaged, lost = [], {document.id for document in moment.lost}
        for document in moment.documents:
            name = document.filename
            place = f"files/{document.id[-2:]}/{document.id}"
            if document.id not in lost:
                sha256 = _add(archive, place, held.path(document.id))
                if sha256 != document.sha256:
                    damaged.append(document)
            if held.text_path(document.id).exists():
                _add(archive, f"{place}.txt", held.text_path(document.id))
        archive.finish(lost=tuple(sorted(lost)), damaged=tuple(document.id for document in damaged))
        return damaged


def _add(archive: ArchiveWriter, name: str, path: Path) -> str:
    with path.open("rb") as file:
        return archive.add(name, file, path.stat().st_size).sha256


def look_through(source: BinaryIO, path: Path | None, size: int, told: Told) -> Backup:
    """Read a backup to its end and compare every sum; nothing is written.

    Raises:
        BackupDamaged, RestoreRefused
    """
    reader, done = ArchiveReader(source), 0
    for name, pieces in reader.members():
        for piece in pieces:
            done += len(piece)
            told(done, reader.header.bytes, name)
    return Backup(header=reader.header, path=path, size=size)
