"""What a server holds when all is quiet, and whether it holds more than before the first fault: warm against warm."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing

from tests.faults.faults import Scene
from tests.faults.footprint import Held, held

_ROUNDS = 2  # the first brings in what is made when it is first asked for
_ASKED = 4
_PATIENCE_SECONDS = 60.0  # for pools and readers that are given up when they have long been idle

# What people have brought in between, and an allocator's luck: seven such rounds one after the other added 2 MB to
# a worker and nothing to an indexer; the first ones after a dozen faults and as many new collections 16 and 20 MB. An
# indexer that was killed and restored what was lost came to more than 32 MB beyond one that had nothing to restore.
_MEMORY_MB = 48.0
# Kept open for the next one who asks, as many as ever asked at once: the pools to Chroma and to the model hold 32 each,
# and people who ask in four collections fill a part of one; SQLite has three files for each of five connections.
# A process has two for each kind of metric that it has counted. Of anything else there may be none more.
_POOLED = {"sockets": 32, "database": 15, "indexes": 16, "run": 8}
# Of an indexer: three lanes read files, each by a process that stands ready behind two pipes for as long as it is used.
_READERS_PIPES = 6
# Megabytes and files that Chroma has for each collection: 3 of each were measured, over 22 new ones.
_OF_A_COLLECTION = 4


def warm(scene: Scene) -> dict[str, Held]:
    """Go through the same round of requests, again and again, and return what is held then."""
    for _ in range(_ROUNDS):
        for number in range(_ASKED):
            for path in ("/documents", "/conversations", "/collections", f"/search?q=harbour+{number}"):
                scene.watcher.whole("GET", path)
            scene.watcher.stream({"message": "Where is the harbour?", "use_cache": False}, lambda meta: None)
        scene.takes_documents_in("ready")
    return held(scene.server)


def cooled(scene: Scene, before: Mapping[str, Held]) -> tuple[dict[str, Held], list[str]]:
    """Return what is held after the same rounds, and in words what holds more than ``before``."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        after = warm(scene)
        found = grown(before, after, _collections(scene))
        if not found or time.monotonic() > deadline:
            return after, found


def grown(before: Mapping[str, Held], after: Mapping[str, Held], collections: int = 0) -> list[str]:
    """Return in words what holds more than before; ``collections`` are those that there are now."""
    found = []
    for name, first in before.items():
        last = after.get(name)
        if last is None:
            found.append(f"{name} does not run any more")
            continue
        room = _OF_A_COLLECTION * collections if name == "chroma" else 0
        if last.megabytes > first.megabytes + _MEMORY_MB + room:
            found.append(f"{name} holds {last.megabytes:.0f} MB, and held {first.megabytes:.0f}")
        for kind, count in last.descriptors.items():
            known = first.descriptors.get(kind, 0)
            own = {"indexes": room, "pipes": _READERS_PIPES if name == "indexer" else 0}
            if count > known + _POOLED.get(kind, 0) + own.get(kind, 0):
                found.append(f"{name} has {count} descriptors open on {kind}, and had {known}")
    return found


def _collections(scene: Scene) -> int:
    with closing(sqlite3.connect(f"file:{scene.server.data_dir / 'likeopt.db'}?mode=ro", uri=True)) as database:
        return int(database.execute("select count(*) from collections").fetchone()[0])
