"""The writer's turn, given up while a server of embeddings is waited for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from backend.app.services.embedding.base import Embedder, Vectors


def embed_aside(embedder: Embedder, texts: Sequence[str], writing: threading.Lock | None) -> Vectors:
    """Return the vectors of passages; ``writing``, which the caller holds, is let go while a server makes them.

    One that is dead is tried for seconds, one that hangs for minutes, and documents by another embedder need not
    wait for it. What works on this machine keeps the turn: beside a document's it would only be slower. Afterwards
    anything may have happened: ask what of the passages is still there.

    Raises:
        Unavailable
    """
    if writing is None or not embedder.is_remote:
        return embedder.embed_passages(texts)
    writing.release()
    try:
        return embedder.embed_passages(texts)
    finally:
        writing.acquire()
