from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.app.domain.documents import DocumentStatus
from backend.app.errors import SearchUnavailable, Unavailable
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.lost_vectors import LostVectors
from tests.fakes.indexes import FakeEmbedder, FakeMoves, FakeVectors, one_space
from tests.fakes.indexing import MemoryIndexing
from tests.fakes.things import chunks

BATCH = FakeEmbedder.batch


class Vectors:
    """The vectors in memory, whose ids are told."""

    def __init__(self, held: FakeVectors) -> None:
        self.count, self.add = held.count, held.add
        self._held = held

    def entries(self, collection_id: str) -> set[int]:
        return set(self._held.entries.get(collection_id, {}))


class Library:
    """Documents that are ready in SQL, and vectors that are not there."""

    def __init__(self) -> None:
        self.rows, self.vectors, self.embedder = MemoryIndexing(), FakeVectors(), FakeEmbedder()
        index: Any = Vectors(self.vectors)
        searched = SearchedSpaces(one_space(self.embedder, index), FakeMoves())
        self.lost = LostVectors(indexing=self.rows, searched=searched)

    def add(self, document_id: str, passages: int, collection_id: str = "c1") -> None:
        task = self.rows.claim(self.rows.queue(document_id, collection_id), "indexer")
        assert task is not None
        self.rows.extracted(task, document_id, None, chunks(*(f"piece {n}" for n in range(passages))))
        self.rows.searchable(task)
        self.rows.ready(task)

    def made(self, collection_id: str = "c1") -> int:
        return len(self.vectors.entries.get(collection_id, {}))


@pytest.fixture
def library() -> Library:
    return Library()


def test_only_what_is_lost_is_made_again_a_batch_at_a_time(library: Library) -> None:
    library.add("d1", BATCH + 1)
    library.add("d2", 3)
    library.vectors.entries = {"c1": {library.rows.passages["d1"][0].id: "d1"}}
    assert list(library.lost.steps()) == [BATCH, 3]
    assert library.made() == BATCH + 4
    assert len(library.embedder.embedded) == BATCH + 3
    assert list(library.lost.steps()) == [], "what is whole is left alone"


def test_one_that_has_part_of_its_vectors_still_to_come_has_the_others_made_again(library: Library) -> None:
    """Its job goes on where it stood, and takes those before for made."""
    library.add("d1", 2)
    library.add("d2", 4)
    library.rows.documents["d2"] = replace(library.rows.documents["d2"], status=DocumentStatus.SEARCHABLE)
    list(library.lost.steps())
    assert library.vectors.documents("c1") == {"d1", "d2"}


def test_what_was_deleted_between_two_steps_gets_no_vectors(library: Library) -> None:
    library.add("d1", 2 * BATCH)
    library.add("d2", 3)
    steps = library.lost.steps()
    next(steps)
    library.rows.delete("d1")
    library.vectors.remove_document("c1", "d1")  # as the indexer does before the next step
    list(steps)
    assert library.vectors.documents("c1") == {"d2"}


def test_documents_that_come_do_not_wait_until_all_is_made_again(library: Library) -> None:
    library.add("d1", 3 * BATCH)
    writing, made = threading.Lock(), list[int]()

    def busy() -> bool:
        assert writing.acquire(timeout=60), "the writer's turn is free between two batches"
        made.append(library.made())
        writing.release()
        return False

    library.lost.run(writing, threading.Event(), busy)
    assert made == [0, BATCH, 2 * BATCH, 3 * BATCH]


def test_documents_do_not_wait_while_a_server_of_embeddings_is_waited_for(library: Library) -> None:
    library.add("d1", BATCH + 1)
    library.add("d2", 2)
    writing, turns = threading.Lock(), list[bool]()
    embed = library.embedder.embed_passages

    def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
        free = writing.acquire(blocking=False)
        turns.append(free)
        if free:
            if len(turns) == 3:  # as an indexer does for whoever deletes it now
                library.rows.delete("d2")
                library.vectors.remove_document("c1", "d2")
            writing.release()
        return embed(texts)

    library.embedder.is_remote = True
    library.embedder.embed_passages = embedded  # type: ignore[method-assign]
    library.lost.run(writing, threading.Event(), lambda: False)
    assert turns == [True] * 3
    assert library.vectors.documents("c1") == {"d1"}, "and what was deleted meanwhile has got none"
    assert library.made() == BATCH + 1
    assert not writing.locked()


def test_what_this_machine_embeds_itself_keeps_the_writers_turn(library: Library) -> None:
    library.add("d1", 1)
    writing, held = threading.Lock(), list[bool]()
    library.vectors.before = lambda action, _: held.append(writing.locked())
    library.lost.run(writing, threading.Event(), lambda: False)
    assert held
    assert all(held)


def test_one_collections_index_that_is_away_does_not_hold_the_others_up(library: Library) -> None:
    library.add("d1", 1, "c1")
    library.add("d2", 1, "c2")
    library.vectors.fails_for = {"c1": SearchUnavailable()}
    with pytest.raises(Unavailable):
        list(library.lost.steps())
    assert (library.made("c1"), library.made("c2")) == (0, 1)
    library.vectors.fails_for = {}
    library.lost.run(threading.Lock(), threading.Event(), lambda: False)
    assert (library.made("c1"), library.made("c2")) == (1, 1)


def test_a_process_that_is_to_end_leaves_the_rest_to_the_next(library: Library) -> None:
    library.add("d1", 3 * BATCH)
    stopping = threading.Event()
    library.vectors.before = lambda action, _: stopping.set() if action == "add" else None
    library.lost.run(threading.Lock(), stopping, lambda: False)
    assert library.made() == BATCH
