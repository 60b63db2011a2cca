"""Vectors with the embedder that made them: a question is only compared with what the same one embedded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend.app.errors import ConfigError, EmbedderUnavailable
from backend.app.services.embedding.base import Embedder
from backend.app.storage.contents import VectorContents
from backend.app.storage.index_interfaces import VectorIndexes


class Contents(VectorIndexes, VectorContents, Protocol):
    """Vectors as they are searched, and as they are compared and mended."""


@dataclass(frozen=True, slots=True)
class VectorSpace:
    embedder: Embedder
    vectors: Contents


class VectorSpaces:
    """``chosen`` is the one that the settings name. Others are made when a collection is still searched by them."""

    def __init__(
        self, chosen: VectorSpace, create: Callable[[str], Embedder], indexes: Callable[[str], Contents]
    ) -> None:
        self.chosen = chosen
        self._create = create
        self._indexes = indexes
        self._made = {chosen.embedder.name: chosen}
        self._lock = threading.Lock()

    def of(self, embedding: str) -> VectorSpace:
        """Return the space of an embedder; without a name, that of the chosen one.

        Raises:
            EmbedderUnavailable: it cannot be made with the settings of today.
        """
        name = embedding or self.chosen.embedder.name
        with self._lock:
            if name not in self._made:
                try:
                    self._made[name] = VectorSpace(self._create(name), self._indexes(name))
                except ConfigError as error:
                    raise EmbedderUnavailable(error.message) from error
            return self._made[name]

    def vectors(self, embedding: str) -> Contents:
        """Return the vectors of an embedder that need not be there any more."""
        known = self._made.get(embedding)
        return known.vectors if known else self._indexes(embedding)
