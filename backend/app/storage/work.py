"""What has been indexed lately, and what is still to be: from the one the other's time is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Worked:
    """A document that came to be ready, and the seconds that an indexer was at it."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that is not ready yet; ``progress`` from 0 to 1."""

    document_id: str
    bytes: int
    progress: float


class WorkHistory(Protocol):
    def lately(self, limit: int) -> list[Worked]:
        """Return the documents that became ready last."""

    def waiting(self, limit: int) -> list[Waiting]:
        """Return the documents that are to be made ready, in the order in which they were sent."""
