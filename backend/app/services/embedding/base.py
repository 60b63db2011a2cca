"""What an embedder is to the rest of Like-Opt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors, so that an inner product is a cosine.

    The methods are CPU work: call them through a ``NativePool``.
    """

    name: str
    dimensions: int
    fusion_weight: float  # of the vector branch, measured for this embedder (docs/retrieval.md)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions)."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions)."""
