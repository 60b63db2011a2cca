"""Comparing what is derived, and the files, with what SQL says there is."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.domain.documents import Document, DocumentStatus
from backend.app.errors import Unavailable
from backend.app.storage.interfaces import Files, Indexing, LexicalIndexes, VectorIndexes


@dataclass(frozen=True, slots=True)
class IndexState:
    """Passages that an index should hold, and how many of them it lacks; ``unreadable``: it cannot be asked."""

    passages: int
    missing: int
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All collections together; ``lost_files`` names documents whose file is not there."""

    collections: int
    documents: int
    words: IndexState
    vectors: IndexState
    lost_files: tuple[str, ...]


class InspectionService:
    def __init__(self, *, indexing: Indexing, lexical: LexicalIndexes, vectors: VectorIndexes, files: Files) -> None:
        self._indexing = indexing
        self._lexical = lexical
        self._vectors = vectors
        self._files = files

    def inventory(self) -> Inventory:
        """Count everything; nothing is changed."""
        # SQL first: what is indexed meanwhile makes the indexes' counts only greater.
        by_collection = {id: self._indexing.documents_of(id) for id in self._indexing.collection_ids()}
        documents = [document for found in by_collection.values() for document in found]
        return Inventory(
            collections=len(by_collection),
            documents=len(documents),
            words=_state(
                self._lexical, {id: _passages(found, DocumentStatus.SEARCHABLE) for id, found in by_collection.items()}
            ),
            vectors=_state(self._vectors, {id: _passages(found) for id, found in by_collection.items()}),
            lost_files=tuple(
                document.filename for document in documents if not self._files.path(document.id).is_file()
            ),
        )


def _passages(documents: list[Document], *also: DocumentStatus) -> int:
    """Return how many passages the ready documents have, and those of ``also``."""
    return sum(document.passages for document in documents if document.status in (DocumentStatus.READY, *also))


def _state(index: LexicalIndexes | VectorIndexes, expected: dict[str, int]) -> IndexState:
    total = sum(expected.values())
    try:
        # A surplus in one collection, such as a deleted document's, makes up for nothing in another.
        missing = sum(max(0, passages - index.count(id)) for id, passages in expected.items())
    except Unavailable as error:
        return IndexState(total, total, error.message)
    return IndexState(total, missing)
