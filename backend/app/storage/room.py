"""What is asked of storage about how much is kept."""

from __future__ import annotations

from typing import Protocol


class Room(Protocol):
    def owned(self, user_id: str) -> tuple[int, int]:
        """Return how many documents the collections hold that a person owns, and their files' bytes."""
