"""The vectors that a collection is searched with, whatever embedder the settings name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backend.app.domain.documents import Passage
from backend.app.services.embedding.spaces import Contents, VectorSpace, VectorSpaces
from backend.app.storage.reembedding import Reembeddings


class SearchedSpaces:
    def __init__(self, spaces: VectorSpaces, moves: Reembeddings) -> None:
        self._spaces = spaces
        self._moves = moves

    @property
    def chosen(self) -> VectorSpace:
        return self._spaces.chosen

    def of(self, collection_id: str) -> VectorSpace:
        """Return the space of a collection's embedder; the chosen one's is given to a collection that has none.

        Raises:
            EmbedderUnavailable
        """
        return self._spaces.of(self._moves.searched_by(collection_id, self.chosen.embedder.name))

    def every(self, collection_id: str) -> list[Contents]:
        """Return all the vectors that a collection has: those it is searched with, and those it moves to."""
        return [self._spaces.vectors(embedding) for embedding in self._moves.spaces_of(collection_id)]


class SearchedVectors:
    """What the searched vectors hold, for comparing it with SQL; no embedder is needed for that."""

    def __init__(self, spaces: VectorSpaces, moves: Reembeddings) -> None:
        self._spaces = spaces
        self._moves = moves

    def strays(self, known: Sequence[str]) -> list[str]:
        return self._spaces.chosen.vectors.strays(known)

    def remove_stray(self, name: str) -> None:
        self._spaces.chosen.vectors.remove_stray(name)

    def entries(self, collection_id: str) -> set[int]:
        return self._of(collection_id).entries(collection_id)

    def remove(self, collection_id: str, ids: Sequence[int]) -> None:
        self._of(collection_id).remove(collection_id, ids)

    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        self._of(collection_id).add(collection_id, passages, vectors)

    def _of(self, collection_id: str) -> Contents:
        return self._spaces.vectors(self._moves.searched_by(collection_id, self._spaces.chosen.embedder.name))
