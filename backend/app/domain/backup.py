"""What a backup says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FORMAT = 1  # raised when an older Like-Opt could not read it any more
HEADER, MANIFEST = "like-opt-backup.json", "manifest.json"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document's row, as far as its file goes."""

    id: str
    filename: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Header:
    """The first that is in a backup: what it is, and how much."""

    format: int
    version: str  # of the Like-Opt that made it
    database: str  # sqlite or postgresql
    revision: str  # of the tables
    created_at: str
    tables: Mapping[str, int]  # rows of each
    documents: int
    bytes: int  # of everything between header and manifest


@dataclass(frozen=True, slots=True)
class Entry:
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The last: the sums of everything before. Without it a backup is not whole.

    ``lost`` and ``damaged`` are ids of documents whose file was not there, or not as it had come,
    when the backup was made.
    """

    files: Mapping[str, Entry]
    lost: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that was made, looked through or restored."""

    header: Header
    path: Path | None  # None: it went to standard output, or came from standard input
    size: int
    lost: tuple[DocumentFile, ...] = ()
    damaged: tuple[DocumentFile, ...] = ()
    forgotten: tuple[Path, ...] = field(default=())  # older ones that made room
