"""What an overview of whole documents asks of storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Named:
    """A searchable document and what people call it."""

    id: str
    collection_id: str
    title: str
    filename: str


@dataclass(frozen=True, slots=True)
class Step:
    """A passage's place in its document, without its text."""

    passage_id: int
    heading: str | None
    chars: int


class Outlines(Protocol):
    def documents(self, collection_ids: Sequence[str], most: int) -> list[Named]:
        """Return the newest searchable documents of these collections, the newest first."""

    def steps(self, document_id: str) -> list[Step]:
        """Return a document's passages in their order."""
