"""Folders of the server's disk that collections follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.app.domain.documents import Problem


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder whose files are a collection's documents, on behalf of one of its writers.

    ``kept``: indexers follow it; otherwise only a command does, for as long as it runs.
    ``confined``: it was named over HTTP, and must stay within LIKEOPT_WATCH_ROOTS.
    """

    id: str
    collection_id: str
    user_id: str
    path: str
    kept: bool
    confined: bool
    device: int | None  # of the folder when it was first looked at: another one is mounted there, or none
    files: int
    problem: Problem | None  # why it could not be followed at the last look
    looked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Stat:
    """What tells, without reading it, that a file is as it was."""

    bytes: int
    modified_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A file as it was when it was last taken in; ``problem`` says why it was not.

    ``owned``: its document came from a folder, and goes when no file has it any more. ``previous``
    is the document of the content before, which stays until the new one has come to an end.
    """

    path: str  # below the folder
    stat: Stat
    sha256: str
    document_id: str | None
    owned: bool
    previous: str | None
    problem: Problem | None
