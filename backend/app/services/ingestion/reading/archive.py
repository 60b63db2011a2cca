"""ZIP files of documents: members written one by one into the child's own folder, under names of ours."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .draft import Refusal, clean, one_line
from .encoding import decode
from .package import MAX_PARTS, MAX_RATIO
from .patience import UNPACKED_A_SECOND, Progress

_BLOCK = 1024 * 1024
_SMALL = 4 * 1024 * 1024
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_UNIX = 3
_ARCHIVES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar", ".egg", ".alz"))
# What systems and programs leave beside people's own files.
_LEFT_BEHIND = frozenset(("thumbs.db", "desktop.ini"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken out of one archive: members, bytes of all together and of each."""

    files: int
    all_bytes: int
    file_bytes: int


def unfold(
    path: Path, folder: Path, extensions: list[str], limits: Limits, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Write the members that can be read into ``folder``; return each with its file, or with why it is left out.

    No member's name is ever used as a path, and a link is not followed but left out.

    Raises:
        Refusal: ``broken`` for what is no ZIP file, ``too_complex`` for too many entries.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refusal("broken", f"zip: {error}") from error
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise Refusal("too_complex", f"{len(entries)} entries in the archive")
    found: list[dict[str, Any]] = []
    taken = total = 0
    for entry in entries:
        name = _name(entry)
        # Its own is_dir() breaks at an entry without a name.
        if entry.filename.endswith("/") or _is_left_behind(name):
            continue
        reason = _reason(entry, name, frozenset(extensions), limits)
        if not reason and taken >= limits.files:
            reason = "too_many"
        if not reason and total + entry.file_size > limits.all_bytes:
            reason = "too_much"
        file = f"member-{len(found)}"
        if not reason:
            reason = _write(archive, entry, folder / file)
        if not reason:
            if progress:
                progress.earn((total + entry.file_size) // UNPACKED_A_SECOND - total // UNPACKED_A_SECOND)
            taken, total = taken + 1, total + entry.file_size
        found.append({"name": name, "file": None if reason else file, "reason": reason})
    return found


def _reason(entry: zipfile.ZipInfo, name: str, extensions: frozenset[str], limits: Limits) -> str:
    """Say why a member is left out, from what the archive tells of it alone."""
    steps = name.replace("\\", "/").split("/")
    if ".." in steps or not steps[0] or ":" in steps[0]:
        return "outside"
    if entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16):
        return "link"
    suffix = PurePosixPath(steps[-1]).suffix.lower()
    if suffix in _ARCHIVES:
        return "archive"
    if suffix not in extensions:
        return "unsupported"
    if entry.flag_bits & _ENCRYPTED:
        return "password"
    if entry.file_size > limits.file_bytes:
        return "too_large"
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return "bomb"
    return "" if entry.file_size else "empty"


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    """Write one member, never more of it than its entry says; return why that failed."""
    left = entry.file_size
    try:
        with archive.open(entry) as member, target.open("xb") as file:
            while block := member.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                file.write(block)
    except Exception:  # zlib.error and lzma.LZMAError share no base but this
        left = -1
    if left == 0:
        return ""
    target.unlink(missing_ok=True)
    return "broken"


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name in its own letters: Korean Windows writes CP949 and does not say so."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeEncodeError, Refusal):
            name = decode(name.encode("cp437"))
    return one_line(clean(name))


def _is_left_behind(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    hidden = steps[-1].startswith((".", "~$")) or steps[-1].lower() in _LEFT_BEHIND
    return "__MACOSX" in steps or (hidden and ".." not in steps)
