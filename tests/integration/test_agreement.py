"""SQL, both word engines, Chroma and the files: whatever is damaged is found, named and mended."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from backend.app import wiring
from backend.app.domain.agreement import Disagreement, Fault
from backend.app.domain.documents import Document, DocumentStatus
from backend.app.services.embedding.base import Vectors
from backend.app.storage.ids import new_id
from tests.fakes.things import passage
from tests.integration.library import Library, library

LAMP = "The harbour keeps a lamp that burns all night.\n\n" * 60
BOOK = "The master writes every ship into a heavy book.\n\n" * 60


class Damaged:
    """Two documents, and the ways in which something of them can be damaged."""

    def __init__(self, of: Library) -> None:
        self.of = of
        self.lamp, self.book = of.add("lamp.txt", LAMP), of.add("book.txt", BOOK)
        self.collection = of.collection.id
        self.parts = of.parts

    def run(self, statement: str, **values: object) -> None:
        self.parts.database.write(lambda session: session.execute(text(statement), values))

    def lose_words_of_one(self) -> None:
        self.parts.lexical.remove_document(self.collection, self.lamp.id)

    def lose_some_words(self) -> None:
        self.parts.lexical.remove(self.collection, self.of.passages(self.book)[:2])

    def repeat_words(self) -> None:
        stored = self.parts.indexing.stored_passages(self.lamp.id)
        self.parts.lexical.add(self.collection, [(found, ["lamp"]) for found in stored[:1]])

    def leave_words(self) -> None:
        gone = [passage(9_000 + n, document_id=new_id(), collection_id=self.collection) for n in (0, 1, 7)]
        self.parts.lexical.add(self.collection, [(found, ["lamp", "harbour"]) for found in gone])

    def lose_word_index(self) -> None:
        self.parts.lexical.drop(self.collection)

    def empty_word_index(self) -> None:
        for document in (self.lamp, self.book):
            self.parts.lexical.remove_document(self.collection, document.id)

    def damage_word_index(self) -> None:
        for path in self.of.settings.lexical_dir.glob(f"*/{self.collection}/meta.json"):
            path.write_text("{")

    def leave_word_index(self) -> None:
        (found,) = self.of.settings.lexical_dir.glob(f"*/{self.collection}")
        shutil.copytree(found, found.with_name(new_id()))

    def leave_indexes_of_another_analyser(self) -> None:
        (found,) = self.of.settings.lexical_dir.glob("analyzer-*")
        shutil.copytree(found, found.with_name("analyzer-old"))

    def lose_vectors_of_one(self) -> None:
        self.parts.vectors.remove_documents(self.collection, [self.lamp.id])

    def lose_a_vector(self) -> None:
        self.parts.vectors.remove(self.collection, self.of.passages(self.book)[1:2])

    def lose_all_vectors(self) -> None:
        self.parts.vectors.drop(self.collection)

    def leave_vectors(self) -> None:
        vectors = np.ones((2, self.parts.embedder.dimensions), np.float32)
        gone = [passage(9_000 + n, document_id=new_id(), collection_id=self.collection) for n in range(2)]
        self.parts.vectors.add(self.collection, gone, vectors)

    def leave_file(self) -> None:
        self._stray(self.parts.files.path(new_id()))

    def leave_text(self) -> None:
        self._stray(self.parts.files.text_path(new_id()))

    def leave_half_a_text(self) -> None:
        self._stray(self.parts.files.text_path(self.lamp.id).with_suffix(".txt.new"))

    def lose_text(self) -> None:
        self.parts.files.text_path(self.book.id).unlink()

    def lose_passages(self) -> None:
        self.run("DELETE FROM passages WHERE document_id = :id AND ordinal > 1", id=self.lamp.id)

    def miscount(self) -> None:
        self.run("UPDATE documents SET passages = 99 WHERE id = :id", id=self.lamp.id)

    def keep_passages_of_what_failed(self) -> None:
        self.run("UPDATE documents SET status = 'failed', passages = 0 WHERE id = :id", id=self.lamp.id)

    def forget_job(self) -> None:
        waiting = self.of.put("third.txt", f"A gull sits on the pier. {new_id()}")
        self.run("DELETE FROM jobs WHERE document_id = :id", id=waiting.id)

    @staticmethod
    def _stray(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left over")
        os.utime(path, (time.time() - 3600,) * 2)


DAMAGES: list[tuple[Callable[[Damaged], None], list[str]]] = [
    (Damaged.lose_words_of_one, ["words_missing"]),
    (Damaged.lose_some_words, ["words_missing"]),
    (Damaged.repeat_words, ["words_repeated"]),
    (Damaged.leave_words, ["words_left"]),
    (Damaged.lose_word_index, ["words_unreadable"]),
    (Damaged.empty_word_index, ["words_unreadable"]),
    (Damaged.damage_word_index, ["words_unreadable"]),
    (Damaged.leave_word_index, ["words_stray"]),
    (Damaged.leave_indexes_of_another_analyser, ["words_stray"]),
    (Damaged.lose_vectors_of_one, ["vectors_missing"]),
    (Damaged.lose_a_vector, ["vectors_missing"]),
    (Damaged.lose_all_vectors, ["vectors_missing", "vectors_missing"]),
    (Damaged.leave_vectors, ["vectors_left"]),
    (Damaged.leave_file, ["files_stray"]),
    (Damaged.leave_text, ["files_stray"]),
    (Damaged.leave_half_a_text, ["files_stray"]),
    (Damaged.lose_text, ["texts_missing"]),
    (Damaged.lose_passages, ["documents_miscounted", "vectors_left", "words_left"]),
    (Damaged.miscount, ["documents_miscounted"]),
    (Damaged.keep_passages_of_what_failed, ["documents_miscounted"]),
    (Damaged.forget_job, ["documents_forgotten"]),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, chroma_url: str) -> Iterator[Library]:
    with library(tmp_path_factory.mktemp("agreement") / "data", chroma_url) as of:
        yield of


@pytest.fixture
def damaged(shared: Library) -> Iterator[Damaged]:
    """Yield a whole library; what a test could not mend goes afterwards."""
    yield Damaged(shared)
    shared.mend()
    if shared.faults():
        for document, _ in shared.documents():
            shared.services.documents.delete(shared.user, document)
        shared.work()


@pytest.mark.parametrize(("damage", "faults"), DAMAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_damage_is_named_and_mended(
    damaged: Damaged, damage: Callable[[Damaged], None], faults: list[str]
) -> None:
    of = damaged.of
    assert of.faults() == []
    damage(damaged)
    assert of.faults() == faults
    repairs = of.mend()
    assert all(repair.mended for repair in repairs), repairs
    assert of.faults() == []
    for mode in ("bm25", "vector"):
        assert damaged.lamp.id in of.found("a lamp in the harbour", mode)
        assert damaged.book.id in of.found("the master's heavy book", mode)


@pytest.mark.parametrize(
    "damage",
    [Damaged.lose_words_of_one, Damaged.lose_some_words, Damaged.lose_vectors_of_one, Damaged.lose_a_vector],
)
def test_an_index_that_was_made_anew_in_part_is_completed_at_the_next_start(
    damaged: Damaged, damage: Callable[[Damaged], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, made = damaged.of, []
    embed = of.parts.embedder.embed_passages

    def embed_passages(texts: Sequence[str]) -> Vectors:
        made.extend(texts)
        return embed(texts)

    damage(damaged)
    lost = sum(len(fault.passages) for fault in of.compare().disagreements if fault.fault is Fault.VECTORS_MISSING)
    monkeypatch.setattr(of.parts.embedder, "embed_passages", embed_passages)
    wiring.reindexing_service(of.parts, "tests").restore_lost_words()
    list(wiring.lost_vectors(of.parts).steps())
    assert len(made) == lost, "what is there is not embedded anew"
    assert of.faults() == []


def test_all_damages_at_once_are_mended_too(damaged: Damaged) -> None:
    damaged.damage_word_index()
    damaged.lose_vectors_of_one()
    damaged.leave_vectors()
    damaged.leave_file()
    damaged.lose_text()
    damaged.forget_job()
    assert len(damaged.of.faults()) == 6
    damaged.of.mend()
    assert damaged.of.faults() == []
    assert {status for _, status in damaged.of.documents()} == {DocumentStatus.READY}


def test_a_lost_file_is_told_and_what_was_read_from_it_stays(damaged: Damaged) -> None:
    damaged.parts.files.path(damaged.lamp.id).unlink()
    damaged.parts.files.path(damaged.book.id).write_bytes(b"shorter")
    found = {fault.name: fault.reason for fault in damaged.of.compare().disagreements}
    assert found == {"lamp.txt": "is not there", "book.txt": f"has 7 bytes instead of {len(BOOK):,}"}
    assert [repair.mended for repair in damaged.of.mend()] == [False, False]
    assert damaged.lamp.id in damaged.of.found("a lamp in the harbour")


def test_what_has_lost_its_file_is_not_queued_to_be_read_anew(damaged: Damaged) -> None:
    damaged.parts.files.path(damaged.book.id).unlink()
    damaged.miscount()
    damaged.run("UPDATE documents SET passages = 99 WHERE id = :id", id=damaged.book.id)
    done = {(repair.disagreement.name, repair.mended) for repair in damaged.of.mend()}
    assert done == {("lamp.txt", True), ("book.txt", False)}
    assert damaged.of.get(damaged.book).status is DocumentStatus.READY


def test_what_waits_and_what_was_deleted_a_moment_ago_is_not_wrong(damaged: Damaged) -> None:
    damaged.of.put("third.txt", f"A gull sits on the pier. {new_id()}")
    damaged.of.services.documents.delete(damaged.of.user, damaged.lamp.id)
    found = damaged.of.compare()
    assert (found.disagreements, found.in_work, found.removals) == ((), 1, 1), found
    damaged.of.work()
    found = damaged.of.compare()
    assert (found.disagreements, found.in_work, found.removals) == ((), 0, 0)


def test_what_only_one_of_two_looks_finds_is_not_wrong(damaged: Damaged) -> None:
    stored = damaged.parts.indexing.stored_passages(damaged.lamp.id)
    damaged.lose_vectors_of_one()
    service = damaged.of.agreement()
    vectors = damaged.parts.embedder.embed_passages([found.text for found in stored])
    service._sleep = lambda seconds: damaged.parts.vectors.add(damaged.collection, stored, vectors)
    assert service.compare().disagreements == ()


def test_what_is_deleted_while_it_is_mended_leaves_nothing(damaged: Damaged) -> None:
    of = damaged.of
    damaged.lose_words_of_one()
    (found,) = of.compare().disagreements
    of.services.documents.delete(of.user, damaged.lamp.id)
    of.indexing.remove_leftovers()
    # As if it had been read just before: its entries are written behind those who tidied up.
    entry = replace(found, document_id=damaged.lamp.id)
    list(wiring.repair_service(of.parts, "tests").mend([entry]))
    of.work()
    assert of.faults() == []


def test_a_deleted_collection_leaves_nothing_anywhere(damaged: Damaged) -> None:
    of = damaged.of
    other = of.services.collections.create(of.user, "Other")
    document = of.add("other.txt", LAMP, other.id)
    of.services.collections.delete(of.user, other.id)
    of.work()
    found = of.agreement(owns_vectors=True).compare().disagreements
    # The Chroma of the tests is everybody's: what others left in it is not ours.
    assert [fault for fault in found if fault.fault is not Fault.VECTORS_STRAY or other.id in fault.name] == []
    assert not of.parts.files.path(document.id).exists()
    assert not of.parts.files.text_path(document.id).exists()


def test_vectors_of_no_collection_are_left_alone_where_others_may_own_them(damaged: Damaged) -> None:
    stray = new_id()
    vectors = np.ones((1, damaged.parts.embedder.dimensions), np.float32)
    damaged.parts.vectors.add(stray, [passage(1)], vectors)
    assert damaged.of.faults() == []
    found = damaged.of.agreement(owns_vectors=True).compare().disagreements
    ours = [fault for fault in found if fault.name.startswith(stray)]
    assert [fault.fault for fault in ours] == [Fault.VECTORS_STRAY]
    assert all(repair.mended for repair in wiring.repair_service(damaged.parts, "tests").mend(ours))
    found = damaged.of.agreement(owns_vectors=True).compare().disagreements
    assert not any(fault.name.startswith(stray) for fault in found)


def test_a_chroma_that_is_away_is_told_and_the_rest_is_mended(damaged: Damaged) -> None:
    damaged.lose_words_of_one()
    away = wiring.parts(damaged.of.settings.with_(chroma_url="http://127.0.0.1:9"))
    service = wiring.agreement_service(away, owns_vectors=False)
    service._sleep = lambda seconds: None
    found: tuple[Disagreement, ...] = service.compare().disagreements
    assert sorted(fault.fault for fault in found) == [Fault.VECTORS_UNREADABLE, Fault.WORDS_MISSING]
    done = {repair.disagreement.fault: repair.mended for repair in wiring.repair_service(away, "tests").mend(found)}
    assert done == {Fault.VECTORS_UNREADABLE: False, Fault.WORDS_MISSING: True}
    away.close()
    assert damaged.of.faults() == []


def test_the_plain_engine_agrees_too(tmp_path: Path, chroma_url: str) -> None:
    with library(tmp_path / "data", chroma_url, lexical_engine="rank_bm25") as of:
        document: Document = of.add("lamp.txt", LAMP)
        assert of.faults() == []
        of.parts.vectors.remove_documents(of.collection.id, [document.id])
        assert of.faults() == ["vectors_missing"]
        of.mend()
        assert of.faults() == []
        assert of.found("lamp") == of.found("lamp", "vector") == {document.id}


def test_an_index_made_anew_beside_an_indexer_loses_nothing_and_has_nothing_twice(
    damaged: Damaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a third document's words are being written, another process drops the index and fills it again."""
    of = damaged.of
    third = of.put("third.txt", "A gull sits on the pier.\n\n" * 90 + new_id())
    reindexing = wiring.reindexing_service(of.parts, "tests")
    write, rebuilt = of.parts.lexical.replace, []

    def meanwhile(collection_id: str, documents: object, entries: object) -> None:
        write(collection_id, documents, entries)  # type: ignore[arg-type]
        if not rebuilt:
            rebuilt.append(0)
            rebuilt[0] = reindexing.restore_words(collection_id)

    monkeypatch.setattr(of.parts.lexical, "replace", meanwhile)
    of.work()
    of.work()
    assert len(rebuilt) == 1
    assert of.get(third).status is DocumentStatus.READY
    assert of.faults() == []
    assert third.id in of.found("a gull on the pier")
