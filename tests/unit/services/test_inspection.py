from __future__ import annotations

from pathlib import Path

import pytest

from backend.app.domain.documents import DocumentStatus
from backend.app.errors import SearchUnavailable
from backend.app.services.inspection import InspectionService
from tests.fakes.documents import FolderFiles
from tests.fakes.indexes import FakeIndex, FakeLexical, FakeVectors
from tests.fakes.indexing import MemoryIndexing
from tests.fakes.things import document, passage


class World:
    def __init__(self, folder: Path) -> None:
        self.rows, self.lexical, self.vectors = MemoryIndexing(), FakeLexical(), FakeVectors()
        self.folder = folder
        self.files = FolderFiles(folder)
        self.service = InspectionService(
            indexing=self.rows, lexical=self.lexical, vectors=self.vectors, files=self.files
        )

    def add(
        self, document_id: str, passages: int, status: DocumentStatus = DocumentStatus.READY, collection: str = "c1"
    ) -> None:
        self.rows.documents[document_id] = document(
            document_id, collection_id=collection, passages=passages, status=status
        )
        path = self.files.path(document_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")

    def index(self, index: FakeIndex, document_id: str, passages: int, collection: str = "c1") -> None:
        first = sum(map(len, index.entries.values()))
        added = [passage(first + n, document_id=document_id) for n in range(passages)]
        index.entries.setdefault(collection, {}).update({p.id: p.document_id for p in added})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_whole_indexes_lack_nothing(world: World) -> None:
    world.add("d1", 3)
    world.index(world.lexical, "d1", 3)
    world.index(world.vectors, "d1", 3)
    found = world.service.inventory()
    assert (found.collections, found.documents, found.lost_files) == (1, 1, ())
    assert (found.words.passages, found.words.missing) == (3, 0)
    assert (found.vectors.passages, found.vectors.missing) == (3, 0)


def test_a_document_in_work_needs_no_vectors_yet_and_one_that_failed_nothing(world: World) -> None:
    world.add("d1", 3, DocumentStatus.SEARCHABLE)
    world.add("d2", 0, DocumentStatus.FAILED)
    found = world.service.inventory()
    assert (found.words.passages, found.words.missing) == (3, 3)
    assert (found.vectors.passages, found.vectors.missing) == (0, 0)


def test_too_many_in_one_collection_make_up_for_nothing_in_another(world: World) -> None:
    world.add("d1", 3)
    world.add("d2", 4, collection="c2")
    world.index(world.vectors, "d1", 9)
    assert world.service.inventory().vectors.missing == 4


def test_an_index_that_cannot_be_asked_says_why(world: World) -> None:
    world.add("d1", 3)
    world.vectors.fails = SearchUnavailable("The vector index is not answering.")
    found = world.service.inventory()
    assert found.vectors.unreadable == "The vector index is not answering."
    assert not found.words.unreadable


def test_a_document_whose_file_is_gone_is_named(world: World) -> None:
    world.add("d1", 1)
    world.add("d2", 1)
    world.files.path("d2").unlink()
    assert world.service.inventory().lost_files == ("d2.txt",)
