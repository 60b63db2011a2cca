"""What services ask of the indexes that search looks through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId


class LexicalIndexes(Protocol):
    """BM25 over terms, one index a collection."""

    def search(self, collection_id: str, version: int, terms: Sequence[str], k: int) -> list[ScoredId]:
        """Return the ``k`` best, best first, seeing at least what ``version`` holds.

        Raises:
            SearchUnavailable: the index is missing or cannot be read.
        """

    def size(self, collection_id: str, version: int) -> int:
        """Return how many passages a search at ``version`` looks through.

        Raises:
            SearchUnavailable: as searching does.
        """

    def add(self, collection_id: str, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
        """Add passages with their terms; adding none makes an empty index, which finds nothing."""

    def remove_document(self, collection_id: str, document_id: str) -> None: ...
    def drop(self, collection_id: str) -> None: ...
    def count(self, collection_id: str) -> int: ...
    def exists(self, collection_id: str) -> bool: ...
    def close(self) -> None: ...


class VectorIndexes(Protocol):
    """Nearest vectors by cosine, one index a collection and embedder.

    Searching a collection without an index finds nothing: it is made with the first vectors. Every
    method raises ``SearchUnavailable`` when the server does not answer.
    """

    def search(self, collection_id: str, vector: npt.NDArray[np.float32], k: int) -> list[ScoredId]: ...
    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None: ...
    def remove_documents(self, collection_id: str, document_ids: Sequence[str]) -> None: ...
    def drop(self, collection_id: str) -> None: ...
    def count(self, collection_id: str) -> int: ...
    def ping(self) -> None:
        """Raise ``Unavailable`` when the server does not answer."""
