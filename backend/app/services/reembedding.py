"""Embedding everything anew by another embedder, while search goes on with the old vectors."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from backend.app.domain.documents import Passage
from backend.app.errors import Unavailable
from backend.app.processes.owners import has_ended
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.spaces import VectorSpace, VectorSpaces
from backend.app.services.embedding.turns import embed_aside
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.reembedding import Move, Reembeddings, Spaces

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 0.02  # between two batches, in which whoever waits for the writer's turn gets it


class ReembeddingService:
    """Moves one collection after the other to the embedder that the settings name, a batch a step.

    Whatever a killed process left behind is gone on with: how far a move has come is in SQL, and writing a
    vector twice changes nothing.
    """

    def __init__(self, *, moves: Reembeddings, spaces: VectorSpaces, store: Spaces, owner: str) -> None:
        self._moves = moves
        self._spaces = spaces
        self._store = store
        self._owner = owner
        self._move: Move | None = None
        self._tidied = False

    def run(self, writing: threading.Lock, stopping: threading.Event, busy: Callable[[], bool]) -> None:
        """Work until ``stopping``; documents that wait come first.

        ``writing`` is held for a batch at a time, and not while a server of embeddings is waited for.
        """
        pause = 0.0
        while not stopping.wait(pause):
            pause = _LOOK_SECONDS
            try:
                if not busy():
                    with writing:
                        pause = _PAUSE_SECONDS if self.step(writing) else _LOOK_SECONDS
            except Unavailable as error:  # an embedder, an index or the database is away: later, from here
                log.warning("reembedding_postponed", error_code=error.error_code, error=error.message)
            except Exception:
                # The edge of a thread that must not end before its process.
                log.exception("reembedding_failed")
        self.release()

    def step(self, writing: threading.Lock | None = None) -> bool:
        """Embed one more batch, or end a move; return False when there is nothing to move.

        ``writing`` is the turn that the caller holds, if any.

        Raises:
            Unavailable: the new embedder, an index or the database is away.
        """
        move = self._move = self._move or self._next()
        if move is None:
            return False
        space = self._spaces.of(move.target)
        batch = self._moves.next_passages(move, space.embedder.batch)
        if batch:
            texts = [index_text(title, passage) for passage, title in batch]
            vectors = embed_aside(space.embedder, texts, writing)
            self._put(move, space, [passage for passage, _ in batch], vectors)
            self._move = self._moves.advance(move, batch[-1][0].id)
        elif space.vectors.count(move.collection_id) < self._moves.passages(move):
            log.warning("reembedding_began_anew", collection=move.collection_id)  # the new vectors were lost
            self._move = self._moves.advance(move, 0)
        elif self._moves.finish(move):
            self._move = None
            log.info("reembedded", collection=move.collection_id, source=move.source, target=move.target)
            self.drop_unused(move.collection_id)
        return True

    def _put(self, move: Move, space: VectorSpace, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Store the vectors of those passages that are still there: what was deleted meanwhile has been tidied up after."""
        there = {passage.id for passage, _ in self._moves.next_passages(move, len(passages))}
        kept = [place for place, passage in enumerate(passages) if passage.id in there]
        if kept:
            space.vectors.add(move.collection_id, [passages[place] for place in kept], vectors[kept])

    def release(self) -> None:
        """Let another process go on with the move in work."""
        if self._move is not None:
            try:
                self._moves.release(self._move)
            except Unavailable as error:  # it is free when its lease has run out
                log.warning("reembedding_not_released", error_code=error.error_code)
            self._move = None

    def drop_unused(self, collection_id: str) -> None:
        """Drop a collection's vectors by embedders that it is neither searched by nor moved to."""
        self._drop_unused({collection_id}, self._store.held())

    def _tidy(self) -> None:
        """Drop what a process that was killed after a move had left."""
        held = self._store.held()
        counts = Counter(name.partition("-")[0] for name in held)
        self._drop_unused({collection_id for collection_id, spaces in counts.items() if spaces > 1}, held)

    def _drop_unused(self, collection_ids: set[str], held: Sequence[str]) -> None:
        for collection_id in collection_ids:
            prefix = self._store.name(collection_id, "")
            kept = {self._store.name(collection_id, embedding) for embedding in self._moves.spaces_of(collection_id)}
            for name in held if kept else ():  # of a collection that is not known here all is others' to drop
                if name.startswith(prefix) and name not in kept:
                    self._store.remove_stray(name)

    def _next(self) -> Move | None:
        if not self._tidied:
            self._tidy()
            self._tidied = True
        target = self._spaces.chosen.embedder.name
        for owner in self._moves.leases():
            if has_ended(owner):
                self._moves.free_leases(owner)
        for collection_id, embedding in self._moves.abandoned(target):
            self._moves.forget(collection_id, embedding)
            self.drop_unused(collection_id)
        for collection_id in self._moves.to_move(target):
            move = self._moves.claim(collection_id, target, self._owner)
            if move is not None:
                log.info("reembedding", collection=collection_id, source=move.source, target=target)
                if not move.last_passage_id:  # of an earlier move that was given up
                    self._spaces.vectors(target).drop(collection_id)
                self.drop_unused(collection_id)
                return move
        return None
