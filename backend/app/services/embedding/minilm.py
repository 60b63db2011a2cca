"""all-MiniLM-L6-v2 by ONNX, as Chroma embeds by default: English.

Chroma's own function downloads the model, 80 MB, into the home folder's cache, and checks its hash.
Whoever indexes does so; a question before that has nothing to be compared with.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np

from backend.app.errors import EmbedderUnavailable
from backend.app.services.embedding.base import Vectors, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNLOADED = (
    "The model of the embedder minilm could not be downloaded. Let this machine reach Chroma's store of models,"
    " put the model into {folder} by hand, or choose another LIKEOPT_EMBEDDING."
)
_REST_SECONDS = 60.0  # after a download that failed: nobody is to wait for the next at every turn


class EmbeddingFunction(Protocol):
    """What is used of Chroma's ``ONNXMiniLM_L6_V2``."""

    DOWNLOAD_PATH: Path
    EXTRACTED_FOLDER_NAME: str
    tqdm: Any

    def __call__(self, input: list[str]) -> Sequence[Any]: ...


def chromas_function() -> EmbeddingFunction:
    """Import and make Chroma's function: 2 s and 66 MB, so only where it is asked for."""
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

    made: EmbeddingFunction = ONNXMiniLM_L6_V2()
    return made


class MiniLmEmbedder:
    name = "minilm"
    dimensions = 384
    fusion_weight = 0.5
    batch = 16
    is_remote = False
    is_quick = False
    judges_relevance = False

    def __init__(
        self, make: Callable[[], EmbeddingFunction] = chromas_function, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._clock = clock
        self._made: EmbeddingFunction | None = None
        self._rest_until = 0.0
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Import, so that forked processes share the code; ONNX's threads would not survive the fork."""
        self._function()

    def check(self) -> None:
        function = self._function()
        if not _is_there(function):
            raise _unloaded(function)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.check()
        return self._embedded(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        function = self._function()
        if not _is_there(function):
            self._download(function)
        return self._embedded(texts)

    def _function(self) -> EmbeddingFunction:
        with self._lock:
            if self._made is None:
                self._made = self._make()
                # Its bar of progress would be drawn into logs.
                self._made.tqdm = partial(self._made.tqdm, disable=True)
            return self._made

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.asarray(self._function()(readable(texts)), dtype=np.float32)

    def _download(self, function: EmbeddingFunction) -> None:
        if self._clock() < self._rest_until:
            raise _unloaded(function)
        try:
            with _only_one(function.DOWNLOAD_PATH):
                function(["download"])
        except Exception as error:
            # Broad, as it fails in the ways of its HTTP client, of tar, of ONNX and of files.
            self._rest_until = self._clock() + _REST_SECONDS
            raise _unloaded(function) from error


def _is_there(function: EmbeddingFunction) -> bool:
    return (function.DOWNLOAD_PATH / function.EXTRACTED_FOLDER_NAME / "model.onnx").is_file()


def _unloaded(function: EmbeddingFunction) -> EmbedderUnavailable:
    return EmbedderUnavailable(_UNLOADED.format(folder=function.DOWNLOAD_PATH / function.EXTRACTED_FOLDER_NAME))


@contextmanager
def _only_one(folder: Path) -> Iterator[IO[bytes]]:
    """Let one process download at a time: all would write to the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
