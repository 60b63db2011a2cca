"""Where a backup is written to: a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from backend.app.errors import BackupFailed, StorageFull
from backend.app.storage.backup.scratch import scratch

_SCRATCH = ".like-opt-backup-"
_DATED = re.compile(r"like-opt-\d{8}T\d{6}Z\.tar\.gz")
_SPARE_BYTES = 64 * 1024**2
_MB = 1_000_000


def dated_name(created_at: str) -> str:
    """Return the name of a backup in a folder of backups: ``like-opt-20261121T190155Z.tar.gz``."""
    return f"like-opt-{re.sub('[-:]', '', created_at)}.tar.gz"


@contextlib.contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """Yield a folder beside where the backup will be; on any way out it vanishes.

    Raises:
        BackupFailed: nothing can be written there.
    """
    try:
        with scratch(parent, _SCRATCH) as folder:
            yield folder
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(
                f"{parent} is full. No backup was made; free some space, or name another place."
            ) from error
        raise BackupFailed(f"The backup could not be written: {error}.") from error


def check_space(folder: Path, needed: int) -> None:
    """Refuse what might not fit: the disk is often the one that the server writes to."""
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        raise StorageFull(
            f"{folder} has {free / _MB:,.0f} MB free, and the backup may need {needed / _MB:,.0f} MB. "
            "No backup was made; free some space, or name another place."
        )


def refuse_existing(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise BackupFailed(f"{target} is there already. Name another file, or overwrite it by --force.")


@contextlib.contextmanager
def whole_file(target: Path, folder: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Yield a file, mode 600, that takes the name ``target`` once it has been written and is on the disk."""
    temporary = folder / "backup"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    if force:
        temporary.replace(target)
    else:
        try:
            target.hardlink_to(temporary)  # unlike a rename, refused where the name has been taken meanwhile
        except FileExistsError:
            refuse_existing(target)
        except OSError:  # a file system with one name a file
            refuse_existing(target)
            temporary.replace(target)
    parent = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def forget_old(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest ``keep`` backups that bear a dated name; return what went."""
    found = sorted(path for path in folder.iterdir() if _DATED.fullmatch(path.name) and path.is_file())
    gone = found[:-keep]
    for path in gone:
        path.unlink(missing_ok=True)
    return tuple(gone)
