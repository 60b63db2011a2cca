"""Which files a person means who names files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Chosen:
    """Files in the order of their names, each once, and what was named but cannot be taken, with the reason."""

    files: list[Path] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)


def choose(paths: Sequence[Path], extensions: Sequence[str]) -> Chosen:
    """Take named files, and from named folders, at any depth, what has one of the ``extensions``.

    Hidden files and folders are left out unless they are named themselves.
    """
    chosen, seen = Chosen(), set[Path]()
    for path in paths:
        if path.is_dir():
            found = list(_within(path, extensions, chosen.refused))
        elif not path.exists():
            chosen.refused.append((path, "There is no such file."))
            continue
        elif not path.is_file():
            chosen.refused.append((path, "This is not a file."))
            continue
        else:
            found = [path]
        for file in found:
            place = file.resolve()
            if place not in seen:
                seen.add(place)
                chosen.files.append(file)
    return chosen


def _within(folder: Path, extensions: Sequence[str], refused: list[tuple[Path, str]]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        refused.append((Path(error.filename), f"This folder cannot be read: {error.strerror}."))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() in extensions and path.is_file():
                yield path
