"""What is in the stores, for comparing them with each other.

Searching asks for the best; here is asked for everything, and nobody waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.app.domain.documents import DocumentStatus, Passage
from backend.app.storage.index_interfaces import LexicalIndexes


@dataclass(frozen=True, slots=True)
class Record:
    """A document as SQL has it: how many passages it says it has, and how many there are."""

    id: str
    collection_id: str
    filename: str
    bytes: int
    status: DocumentStatus
    passages: int
    stored: int
    has_job: bool  # one that has not ended


class Records(Protocol):
    """SQL's part."""

    def collection_ids(self) -> list[str]: ...
    def records(self) -> list[Record]: ...
    def document_ids(self) -> frozenset[str]: ...
    def passage_ids(self, collection_id: str) -> dict[int, str]:
        """Return the document of each passage of a collection."""

    def removals(self) -> dict[str, int]:
        """Return how many deletions of each collection wait for an indexer."""

    def requeue(self, document_id: str) -> str | None:
        """Have a document read anew from its file, whatever state it is in; return its new job's id."""

    def requeue_unread(self, collection_id: str) -> None:
        """Have those documents begin anew whose words are being indexed now: their index was dropped."""

    def note_if_gone(self, collection_id: str, document_id: str) -> None:
        """List a document's index entries for removal if it was deleted while they were written."""


class LexicalContents(Protocol):
    """The word indexes' part. What cannot be read raises ``SearchUnavailable``."""

    def strays(self, known: Sequence[str]) -> list[str]:
        """Return the names of indexes that belong to none of the ``known`` collections."""

    def remove_stray(self, name: str) -> None: ...
    def entries(self, collection_id: str) -> Counter[int]:
        """Return how often each passage is in a collection's index."""

    def remove(self, collection_id: str, ids: Sequence[int]) -> None: ...
    def replace(
        self, collection_id: str, documents: Sequence[str], passages: Sequence[tuple[Passage, Sequence[str]]]
    ) -> None:
        """Take away every entry of these documents and add others, at one moment."""


class WordIndexes(LexicalIndexes, LexicalContents, Protocol):
    """Word indexes as they are searched, and as they are compared and mended."""


class VectorContents(Protocol):
    """The vector indexes' part. A server that does not answer raises ``SearchUnavailable``."""

    def strays(self, known: Sequence[str]) -> list[str]:
        """Return the names of indexes that were made for collections, of which none is ``known``."""

    def remove_stray(self, name: str) -> None: ...
    def entries(self, collection_id: str) -> set[int]: ...
    def remove(self, collection_id: str, ids: Sequence[int]) -> None: ...
    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Sizes of files by document id, ids of texts, and what else lies there, by path below the folder."""

    files: dict[str, int]
    texts: frozenset[str]
    others: frozenset[str]


class FileContents(Protocol):
    """The files' part."""

    def stored(self) -> StoredFiles: ...
    def is_young(self, document_id: str) -> bool:
        """Tell whether a file came within the last minute, so that its row may be on its way."""

    def remove(self, document_id: str) -> None: ...
    def remove_stray(self, name: str) -> None: ...
