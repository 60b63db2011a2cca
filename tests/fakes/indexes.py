"""Indexes and an embedder in memory. ``fails`` is raised instead of an answer; ``before`` is called first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.app.domain.documents import Passage
from backend.app.domain.search import MoveProgress, ScoredId
from backend.app.services.embedding.base import Vectors
from backend.app.services.embedding.spaces import VectorSpace, VectorSpaces


class FakeIndex:
    """What both kinds of index have in common: entries by collection, each of a document."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[int, str]] = {}
        self.found: dict[str, list[ScoredId]] = {}
        self.sizes: dict[str, int] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.fails: Exception | None = None
        self.fails_for: dict[str, Exception] = {}
        self.before: Callable[[str, str], object] = lambda action, collection_id: None

    def _answer(self, action: str, collection_id: str) -> None:
        self.before(action, collection_id)
        error = self.fails or self.fails_for.get(collection_id)
        if error is not None:
            raise error

    def documents(self, collection_id: str) -> set[str]:
        return set(self.entries.get(collection_id, {}).values())

    def _put(self, collection_id: str, passages: Sequence[Passage]) -> None:
        self._answer("add", collection_id)
        kept = self.entries.setdefault(collection_id, {})
        kept.update({passage.id: passage.document_id for passage in passages})

    def remove_document(self, collection_id: str, document_id: str) -> None:
        self.remove_documents(collection_id, [document_id])

    def remove_documents(self, collection_id: str, document_ids: Sequence[str]) -> None:
        self._answer("remove", collection_id)
        kept = self.entries.get(collection_id, {})
        self.entries[collection_id] = {id_: owner for id_, owner in kept.items() if owner not in document_ids}

    def drop(self, collection_id: str) -> None:
        self._answer("drop", collection_id)
        self.entries.pop(collection_id, None)

    def count(self, collection_id: str) -> int:
        self._answer("count", collection_id)
        return len(self.entries.get(collection_id, {}))


class FakeLexical(FakeIndex):
    def search(self, collection_id: str, version: int, terms: Sequence[str], k: int) -> list[ScoredId]:
        self.asked.append((collection_id, version, tuple(terms), k))
        self._answer("search", collection_id)
        return self.found.get(collection_id, [])[:k]

    def size(self, collection_id: str, version: int) -> int:
        return self.sizes.get(collection_id, 0)

    def add(self, collection_id: str, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
        self.asked += [("terms", passage.id, tuple(terms)) for passage, terms in passages]
        self._put(collection_id, [passage for passage, _ in passages])

    def replace(
        self, collection_id: str, documents: Sequence[str], passages: Sequence[tuple[Passage, Sequence[str]]]
    ) -> None:
        self.add(collection_id, passages)
        kept, new = self.entries[collection_id], {passage.id for passage, _ in passages}
        self.entries[collection_id] = {id: of for id, of in kept.items() if of not in documents or id in new}

    def exists(self, collection_id: str) -> bool:
        return collection_id in self.entries

    def close(self) -> None:
        return None


class FakeVectors(FakeIndex):
    def search(self, collection_id: str, vector: npt.NDArray[np.float32], k: int) -> list[ScoredId]:
        self.asked.append((collection_id, vector, k))
        self._answer("search", collection_id)
        return self.found.get(collection_id, [])[:k]

    def add(self, collection_id: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        assert vectors.shape[0] == len(passages)
        self._put(collection_id, passages)

    def held(self) -> list[str]:
        return [self.name(collection_id, FakeEmbedder.name) for collection_id in self.entries]

    def name(self, collection_id: str, embedding: str) -> str:
        return f"{collection_id}-{embedding}"

    def remove_stray(self, name: str) -> None:
        self.drop(name.partition("-")[0])

    def ping(self) -> None:
        self._answer("ping", "")


class FakeEmbedder:
    """Every text is the same direction: what is found is the indexes' to say."""

    name = "fake"
    dimensions = 2
    fusion_weight = 0.5
    batch = 32
    is_remote = False
    is_quick = False
    judges_relevance = False

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.fails: Exception | None = None

    def warm(self) -> None:
        return None

    def check(self) -> None:
        if self.fails is not None:
            raise self.fails

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if self.fails is not None:
            raise self.fails
        self.embedded += texts
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self.embed_queries(texts)


class FakePassages:
    """``shown`` are the passages that SQL would give out, with their titles."""

    def __init__(self, *shown: Passage) -> None:
        self.shown = {passage.id: passage for passage in shown}
        self.asked: list[list[int]] = []

    def visible(self, ids: Sequence[int], collection_ids: Sequence[str]) -> dict[int, tuple[Passage, str]]:
        self.asked.append(list(ids))
        found = [self.shown[id_] for id_ in ids if id_ in self.shown]
        return {p.id: (p, f"Title of {p.document_id}") for p in found if p.collection_id in collection_ids}

    def of_collection(self, collection_id: str) -> list[list[Passage]]:
        return [[p for p in self.shown.values() if p.collection_id == collection_id]]


class FakeMoves:
    """Every collection is searched by the chosen embedder, and none moves."""

    def searched_by(self, collection_id: str, chosen: str) -> str:
        return chosen

    def spaces_of(self, collection_id: str) -> list[str]:
        return [FakeEmbedder.name]

    def progress(self, user_id: str | None, collection_id: str | None = None) -> MoveProgress | None:
        return None


def one_space(embedder: FakeEmbedder, vectors: FakeVectors) -> VectorSpaces:
    """Return the space of an embedder that is never changed."""

    def no_other(name: str) -> Any:
        raise AssertionError(f"there is no {name}")

    return VectorSpaces(VectorSpace(embedder, vectors), no_other, no_other)
