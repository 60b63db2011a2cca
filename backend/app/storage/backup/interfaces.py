"""What making and restoring backups asks of a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from backend.app.domain.backup import DocumentFile

Told = Callable[[float], None]  # how much of a piece of work is done, 0 to 1


class Snapshot(Protocol):
    """A database as it was at one moment, while others go on writing to it."""

    @property
    def revision(self) -> str: ...
    def tables(self) -> dict[str, int]:
        """Return the number of rows of each table."""

    def documents(self) -> list[DocumentFile]: ...
    def size(self) -> int:
        """Return about how many bytes ``write`` will take."""

    def write(self, target: Path, told: Told) -> None: ...


class SnapshotSource(Protocol):
    """A database that snapshots are taken of."""

    @property
    def kind(self) -> str: ...
    def take(self) -> AbstractContextManager[Snapshot]:
        """Raise BackupFailed, ConfigError or StorageUnavailable where there is nothing to take."""


class RestoreTarget(Protocol):
    """An empty database that a dump goes into."""

    @property
    def kind(self) -> str: ...
    def check_empty(self) -> None:
        """Raise RestoreRefused unless nothing is in it."""

    def knows(self, revision: str) -> bool:
        """Tell whether tables of this revision can be brought to this version's."""

    def load(self, dump: Path, tables: Mapping[str, int]) -> list[DocumentFile]:
        """Bring a dump in, at this version's tables, and return its documents.

        ``tables`` are the rows that must be there. Nothing is left where it fails, and nothing
        of it is seen before ``finish``.

        Raises:
            BackupDamaged, RestoreRefused, StorageUnavailable
        """

    def finish(self, staging: Path) -> None:
        """Put in place what ``load`` made of a dump in the folder ``staging``."""

    def undo(self) -> None:
        """Take away what ``load`` or ``finish`` brought in."""
