"""Files of a followed folder that may not be read: they are named, and tried again at each look."""

from __future__ import annotations

from dataclasses import replace

from backend.app.domain.documents import Problem
from backend.app.domain.folders import Stat, WatchedFile
from backend.app.services.folders.walk import open_beneath

UNREADABLE = Problem(
    "FILE_UNREADABLE", "The account that Like-Opt runs as may not read this file. Allow it to: then it is taken in."
)


def is_unreadable(file: WatchedFile) -> bool:
    return file.problem is not None and file.problem.error_code == UNREADABLE.error_code


def is_readable_again(root: str, file: WatchedFile) -> bool:
    """Tell whether a file that could not be read can be now; whoever allows it changes neither size nor time."""
    if not is_unreadable(file):
        return False
    try:
        with open_beneath(root, file.path) as (opened, _):
            opened.read(1)  # some network drives refuse only this
    except OSError:
        return False
    return True


def unreadable(path: str, stat: Stat, before: WatchedFile | None) -> WatchedFile:
    """Return what is to be remembered of a file that may not be read: what it was before keeps its document."""
    if before is None:
        return WatchedFile(path, stat, "", None, owned=False, previous=None, problem=UNREADABLE)
    # Of content that was refused the reason is lost: it is then sent anew, not recognised.
    is_sound = before.problem is None or is_unreadable(before)
    return replace(before, stat=stat, sha256=before.sha256 if is_sound else "", problem=UNREADABLE)
