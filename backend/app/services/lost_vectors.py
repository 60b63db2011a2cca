"""Vectors that were lost, made again while documents come and are searched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import structlog

from backend.app.domain.documents import Document, DocumentStatus, Passage
from backend.app.errors import SearchUnavailable, Unavailable
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.embedding.turns import embed_aside
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.interfaces import Indexing

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 0.02  # between two batches, in which whoever waits for the writer's turn gets it


class LostVectors:
    def __init__(self, *, indexing: Indexing, searched: SearchedSpaces) -> None:
        self._indexing = indexing
        self._searched = searched

    def run(self, writing: threading.Lock, stopping: threading.Event, busy: Callable[[], bool]) -> None:
        """Work until all is there; documents that wait come first.

        ``writing`` is held for a batch at a time, and not while a server of embeddings is waited for.
        """
        steps, pause = self.steps(writing), 0.0
        while not stopping.wait(pause):
            pause = _PAUSE_SECONDS
            try:
                if busy():
                    pause = _LOOK_SECONDS
                    continue
                with writing:
                    if next(steps, None) is None:
                        return
            except Exception as error:
                # The edge of a thread. What is there by now is not made again.
                steps, pause = self.steps(writing), _LOOK_SECONDS
                if isinstance(error, Unavailable):
                    log.warning("restore_postponed", error_code=error.error_code)
                else:
                    log.exception("restore_failed")

    def steps(self, writing: threading.Lock | None = None) -> Iterator[int]:
        """Complete the vectors of collections that hold less than SQL's passages, a batch a step; yield its size.

        They do where making them anew was itself broken off. Entries are written before SQL says so and removed
        after, so that a whole index never holds less. Between two steps anything may happen: each asks SQL anew.
        ``writing`` is the turn that whoever takes a step holds, if any.

        Raises:
            Unavailable: of some collections the vectors could not be made; all others are whole.
        """
        away: Unavailable | None = None
        for collection_id in self._indexing.collection_ids():
            try:
                yield from self._complete(collection_id, writing)
            except SearchUnavailable as error:  # one collection's embedder must not hold the others up
                away = error
        if away is not None:
            raise away

    def _complete(self, collection_id: str, writing: threading.Lock | None) -> Iterator[int]:
        # Those that wait for the rest of their vectors too: what they had may be lost, and their jobs go on after it.
        documents = [found for found in self._indexing.documents_of(collection_id) if found.status.is_searchable]
        space = self._searched.of(collection_id)
        if _is_whole(space.vectors.count(collection_id), documents):
            return
        log.warning("vector_index_completed", collection=collection_id, documents=len(documents))
        there = space.vectors.entries(collection_id)
        for document in documents:
            while batch := self._missing(document, there, space.embedder.batch):
                if self._searched.of(collection_id) is not space:  # it has moved to another embedder meanwhile
                    return
                texts = [index_text(document.title, passage) for passage in batch]
                vectors = embed_aside(space.embedder, texts, writing)
                if space.embedder.is_remote:
                    if self._searched.of(collection_id) is not space:
                        return
                    vectors, batch = self._still_there(document, batch, vectors)
                if batch:
                    space.vectors.add(collection_id, batch, vectors)
                there.update(passage.id for passage in batch)
                yield len(batch)
        self._indexing.touch(collection_id)

    def _still_there(self, document: Document, batch: list[Passage], vectors: Vectors) -> tuple[Vectors, list[Passage]]:
        """Return what of a batch was not deleted while it was waited for: that has been tidied up after."""
        stored = {passage.id for passage in self._indexing.stored_passages(document.id)}
        kept = [place for place, passage in enumerate(batch) if passage.id in stored]
        return vectors[kept], [batch[place] for place in kept]

    def _missing(self, document: Document, there: set[int], most: int) -> list[Passage]:
        """Return the next passages without vectors: none of a document that was deleted or is read anew."""
        stored = self._indexing.stored_passages(document.id)
        return [passage for passage in stored if passage.id not in there][:most]


def _is_whole(count: int, documents: list[Document]) -> bool:
    ready = sum(document.passages for document in documents if document.status is DocumentStatus.READY)
    return count >= ready and (count > 0 or not documents)
