"""The file that a backup is: a tar archive, compressed by gzip.

First a header, then the database and the files, last a manifest with the sums of all of it. So a
backup is written and read in one pass, and one that broke off has no manifest.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import IO, Any, BinaryIO

from backend.app.domain.backup import DUMPS, FORMAT, HEADER, MANIFEST, Entry, Header, Manifest
from backend.app.errors import BackupDamaged, RestoreRefused

# PDFs and pictures are compressed already, and texts and tables are small: more effort saves a few
# parts in a hundred and takes three times as long.
_EFFORT = 1
_JSON_BYTES = 512 * 1024**2
_BLOCK = 1024 * 1024
_NAME = re.compile(
    "|".join(map(re.escape, (HEADER, MANIFEST, *DUMPS.values()))) + r"|files/([0-9a-f]{2})/[0-9a-f]{30}\1(\.txt)?"
)
_UNREADABLE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, OverflowError, UnicodeError, RecursionError)

Wrote = Callable[[int], None]


class ArchiveWriter:
    def __init__(self, out: BinaryIO, header: Header, wrote: Wrote) -> None:
        """``wrote`` is told of every piece, in bytes."""
        self._zip = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_EFFORT, filename="")
        self._tar = tarfile.open(fileobj=self._zip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - close()
        self._entries: dict[str, Entry] = {}
        self._wrote = wrote
        self._put_json(HEADER, asdict(header))

    def add(self, name: str, file: IO[bytes], size: int) -> Entry:
        """Write a file; its sum is made on the way."""
        summed = _Summed(file, self._wrote)
        self._tar.addfile(_member(name, size), summed)
        entry = self._entries[name] = Entry(summed.hexdigest(), size)
        return entry

    def finish(self, *, lost: tuple[str, ...], damaged: tuple[str, ...]) -> None:
        self._put_json(MANIFEST, asdict(Manifest(files=self._entries, lost=lost, damaged=damaged)))
        self._tar.close()
        self._zip.close()

    def _put_json(self, name: str, content: Any) -> None:
        encoded = json.dumps(content, ensure_ascii=False, indent=1).encode()
        self._tar.addfile(_member(name, len(encoded)), io.BytesIO(encoded))
        if name != MANIFEST:
            self._entries[name] = Entry(hashlib.sha256(encoded).hexdigest(), len(encoded))


class ArchiveReader:
    """Reads a backup from anywhere, believing nothing of it.

    Members are read, never unpacked by tarfile: a name that is not one of ours, a link, a device,
    a name twice, more bytes than the header tells, each ends the reading.
    """

    def __init__(self, source: BinaryIO) -> None:
        """Read as far as the header.

        Raises:
            BackupDamaged: it is no backup.
            RestoreRefused: a later Like-Opt made it in a way that is not known here.
        """
        self._zip = gzip.GzipFile(fileobj=source, mode="rb")
        self._sums: dict[str, Entry] = {}
        try:
            self._tar = tarfile.open(fileobj=self._zip, mode="r|", bufsize=_BLOCK)  # noqa: SIM115 - read to its end
            member = self._tar.next()
        except (*_UNREADABLE, OSError) as error:
            raise BackupDamaged(f"This is no backup of Like-Opt, or it is damaged: {error}.") from error
        if member is None or member.name != HEADER:
            raise BackupDamaged("This is no backup of Like-Opt: it does not begin with a header.")
        self.header = _header(self._json(member))

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield each file's name and its pieces, which are to be read before the next one is asked for."""
        left = self.header.bytes
        while (member := self._next()).name != MANIFEST:
            left -= member.size
            if left < 0:
                raise BackupDamaged("This backup holds more than its header says.")
            yield member.name, self._pieces(member)
            if member.name not in self._sums:
                raise BackupDamaged(f"{member.name} was not read to its end.")
        self.manifest = _manifest(self._json(member))
        self._compare()

    def _next(self) -> tarfile.TarInfo:
        try:
            member = self._tar.next()
        except (*_UNREADABLE, OSError) as error:
            raise BackupDamaged(f"This backup is damaged: {error}.") from error
        if member is None:
            raise BackupDamaged("This backup is not whole: its end, the manifest, is missing.")
        if member.name in self._sums:
            raise BackupDamaged(f"This backup holds {member.name} twice.")
        _check_member(member)
        return member

    def _pieces(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        digest, left = hashlib.sha256(), member.size
        try:
            file = self._tar.extractfile(member)
            while left and file is not None:
                piece = file.read(min(_BLOCK, left))
                if not piece:
                    break
                left -= len(piece)
                digest.update(piece)
                yield piece
        except (*_UNREADABLE, OSError) as error:
            raise BackupDamaged(f"This backup is damaged within {member.name}: {error}.") from error
        if left:
            raise BackupDamaged(f"This backup breaks off within {member.name}.")
        self._sums[member.name] = Entry(digest.hexdigest(), member.size)

    def _json(self, member: tarfile.TarInfo) -> Any:
        _check_member(member)
        if member.size > _JSON_BYTES:
            raise BackupDamaged(f"{member.name} is too large.")
        try:
            return json.loads(b"".join(self._pieces(member)))
        except (ValueError, RecursionError) as error:
            raise BackupDamaged(f"{member.name} cannot be read: {error}.") from error

    def _compare(self) -> None:
        found = {name: entry for name, entry in self._sums.items() if name != MANIFEST}
        for name in sorted(found.keys() | self.manifest.files.keys()):
            if name not in found:
                raise BackupDamaged(f"This backup lacks {name}.")
            if self.manifest.files.get(name) != found[name]:
                raise BackupDamaged(f"{name} is not what it was: its SHA-256 is another one than the manifest's.")


class _Summed:
    """A file that sums up what is read of it."""

    def __init__(self, file: IO[bytes], wrote: Wrote) -> None:
        self._file = file
        self._wrote = wrote
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        self._wrote(len(piece))
        return piece

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member


def _check_member(member: tarfile.TarInfo) -> None:
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not _NAME.fullmatch(member.name) or member.size < 0:
        raise BackupDamaged(
            f"This backup holds {member.name[:100]!r}, which Like-Opt puts into none. It is not restored."
        )


def _header(found: Any) -> Header:
    if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise RestoreRefused(
            f"This backup was made by a newer Like-Opt ({str(found.get('version'))[:20]}). Install that version, or a later one."
        )
    try:
        header = Header(**found)
        typed = [header.version, header.revision, header.created_at]
        if header.database not in DUMPS or not all(isinstance(value, str) for value in typed):
            raise ValueError("unknown values")
        if not all(isinstance(value, int) for value in (header.bytes, header.documents, *header.tables.values())):
            raise ValueError("no numbers")
    except (TypeError, ValueError, AttributeError) as error:
        raise BackupDamaged(f"The header of this backup cannot be understood: {error}.") from error
    return header


def _manifest(found: Any) -> Manifest:
    try:
        files = {str(name): Entry(**entry) for name, entry in found["files"].items()}
        return Manifest(files=files, lost=tuple(found["lost"]), damaged=tuple(found["damaged"]))
    except (TypeError, KeyError, AttributeError) as error:
        raise BackupDamaged(f"The manifest of this backup cannot be understood: {error}.") from error
