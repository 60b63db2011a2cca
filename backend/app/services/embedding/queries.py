"""The vectors of questions, remembered."""

from __future__ import annotations

import unicodedata
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.app.cache.decorator import cached
from backend.app.cache.interfaces import MEMORY, REDIS
from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import TieredCache
from backend.app.concurrency import NativePool
from backend.app.services.embedding.base import Embedder

_SECONDS = 24 * 3600.0


class QueryVectors(Protocol):
    def of(self, query: str, embedder: Embedder) -> npt.NDArray[np.float32]:
        """Return a question's unit vector by an embedder."""


class CachedQueryVectors:
    """They depend on nothing but the words and the embedder: everybody shares them, nothing makes them stale."""

    def __init__(self, pool: NativePool, cache: TieredCache) -> None:
        self._pool = pool
        self._own = cached(cache, _region(MEMORY), parts=_parts)(self._embedded)
        self._shared = cached(cache, _region(MEMORY, REDIS), parts=_parts)(self._embedded)

    def of(self, query: str, embedder: Embedder) -> npt.NDArray[np.float32]:
        kept = self._own if embedder.is_quick else self._shared
        return np.frombuffer(kept(query, embedder), dtype="<f4")

    def _embedded(self, query: str, embedder: Embedder) -> bytes:
        if embedder.is_remote:  # waiting for a server must not keep a native thread from working
            vectors = embedder.embed_queries([query])
        else:
            vectors = self._pool.run(embedder.embed_queries, [query])
        return bytes(vectors[0].astype("<f4").tobytes())


def _region(*layers: str) -> Region[bytes]:
    # Making one anew takes milliseconds: less than asking a disk, or waiting for another worker. Where it takes
    # one or two, asking Redis for it and telling Redis of it costs as much.
    policy = Policy(ttl=_SECONDS, layers=frozenset(layers), shared_flights=False)
    return Region("embedding", schema=1, kind=bytes, policy=policy, scoped=False)


def _parts(query: str, embedder: Embedder) -> list[str]:
    return [embedder.name, unicodedata.normalize("NFC", query)]
