"""What an embedder is to the rest of Like-Opt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# What a passage has beyond it says little more about the whole; the bound keeps a giant one from
# holding up a batch.
MAX_CHARS = 4000


class Embedder(Protocol):
    """Turns texts into unit vectors, so that an inner product is a cosine.

    Every method but ``warm`` raises ``EmbedderUnavailable`` where a model or its server is away.
    Unless ``is_remote``, embedding is CPU work: call it through a ``NativePool``.
    """

    name: str  # of its vectors: embedders of one name make the same ones
    dimensions: int  # 0 until the first answer tells
    fusion_weight: float  # usual one of the vector branch, measured for this embedder (docs/retrieval.md)
    batch: int  # texts in one call: about a second of work at most
    is_remote: bool  # waits for a server instead of working
    is_quick: bool  # a question costs no more than asking another process for its vector
    judges_relevance: bool  # cosines mean the same from question to question, and cost a millisecond

    def warm(self) -> None:
        """Load before a fork what forked processes can share; may do nothing."""

    def check(self) -> None:
        """Raise ``EmbedderUnavailable`` when it cannot work at this moment."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions)."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions)."""


def readable(texts: Sequence[str]) -> list[str]:
    """Bound the texts, and replace lone surrogates, as an argument that is no UTF-8 leaves them: tokenizers stop at one."""
    return [text[:MAX_CHARS].encode("utf-8", "replace").decode() for text in texts]
