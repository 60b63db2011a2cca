"""How much may be kept, and how much is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Most bytes and documents in the collections that one person owns, and on the server; most jobs that wait.

    0 is no bound. What several own counts for each of them.
    """

    owner_bytes: int = 0
    owner_documents: int = 0
    server_bytes: int = 0
    server_documents: int = 0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class RoomUsage:
    """What the collections that one person owns hold, and what they may; 0 is no bound."""

    bytes: int
    documents: int
    most_bytes: int
    most_documents: int
