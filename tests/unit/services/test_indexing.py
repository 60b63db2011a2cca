from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from backend.app.domain.documents import DocumentStatus, ExtractedDocument, Problem
from backend.app.errors import (
    BrokenDocument,
    NoTextLayer,
    SearchUnavailable,
    StorageFull,
    StorageUnavailable,
    Unavailable,
)
from backend.app.services.embedding.base import Vectors
from backend.app.services.indexing import endings, words
from backend.app.services.indexing.endings import MAX_ATTEMPTS
from backend.app.storage.interfaces import IndexingTask
from tests.fakes.indexer import Indexer
from tests.fakes.indexes import FakeEmbedder
from tests.fakes.things import extracted


@pytest.fixture
def indexer(tmp_path: Path) -> Indexer:
    return Indexer(tmp_path)


# --- the good way -----------------------------------------------------------------------------


def test_a_document_becomes_searchable_by_words_and_then_ready(indexer: Indexer) -> None:
    indexer.files.path("d1").write_text("bytes")
    assert indexer.service.process(indexer.rows.queue()) == "ready"
    document = indexer.rows.documents["d1"]
    assert (document.status, document.progress, document.title, document.passages) == (
        DocumentStatus.READY,
        1.0,
        "The title",
        3,
    )
    assert indexer.extractor.asked == [("d1", "d1.txt")]
    assert indexer.files.text_path("d1").read_text() == "the whole text"
    assert len(indexer.lexical.entries["c1"]) == len(indexer.vectors.entries["c1"]) == 3
    assert indexer.embedder.embedded == [f"The title\npiece {n}" for n in range(3)]
    assert indexer.lexical.asked[0] == ("terms", 1, ("the", "titl", "piec", "0"))
    assert indexer.metrics.jobs == ["ready"]


def test_the_states_follow_each_other_and_words_come_before_vectors(indexer: Indexer) -> None:
    at_vectors: list[DocumentStatus] = []
    indexer.vectors.before = lambda action, _: at_vectors.append(indexer.status()) if action == "add" else None
    indexer.service.process(indexer.rows.queue())
    states = [step for step in indexer.rows.history if step not in ("progress", "removals")]
    assert states == ["extracting", "extracted", "searchable", "ready"]
    assert at_vectors == [DocumentStatus.SEARCHABLE]


def test_progress_only_grows(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(5 * FakeEmbedder.batch + 1)]
    indexer.extractor.looks = 5
    indexer.service.process(indexer.rows.queue())
    assert indexer.rows.progressed == sorted(indexer.rows.progressed)
    assert indexer.rows.progressed[0] == 0.0
    assert indexer.rows.progressed[-1] == 1.0
    assert len(set(indexer.rows.progressed)) == 1 + 1 + 3, "reading, words, and each two batches of vectors"


def test_the_own_title_stays_where_the_file_has_none(indexer: Indexer) -> None:
    indexer.extractor.answer = extracted("text", title=None)
    indexer.service.process(indexer.rows.queue())
    assert indexer.rows.documents["d1"].title == "D1"


def test_the_words_of_a_long_document_are_stored_bit_by_bit(indexer: Indexer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "WORDS_BATCH", 2)
    indexer.pieces = [f"piece {n}" for n in range(5)]
    adds: list[str] = []
    indexer.lexical.before = lambda action, _: adds.append(action) if action == "add" else None
    indexer.service.process(indexer.rows.queue())
    assert len(adds) == 3
    assert len(indexer.lexical.entries["c1"]) == 5
    assert indexer.rows.progressed == sorted(indexer.rows.progressed)


def test_what_is_not_there_or_not_free_is_left_alone(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    assert indexer.service.process("no such job") is None
    indexer.rows.jobs[job_id].owner = "another"
    assert indexer.service.process(job_id) is None
    assert indexer.extractor.asked == []


def test_while_a_file_is_read_storage_is_asked_now_and_then_not_each_time(
    indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "clock", lambda: 0.0)
    indexer.service = indexer.another_process()
    indexer.extractor.looks = 1000
    indexer.service.process(indexer.rows.queue())
    assert indexer.rows.history.count("progress") < 10


# --- refused, crashed -------------------------------------------------------------------------


@pytest.mark.parametrize("error", [BrokenDocument(), NoTextLayer("Only pictures.")])
def test_a_refused_document_fails_with_its_reason_and_leaves_nothing(indexer: Indexer, error: BrokenDocument) -> None:
    indexer.extractor.answer = error
    assert indexer.service.process(indexer.rows.queue()) == "failed"
    assert indexer.status() is DocumentStatus.FAILED
    assert indexer.problem() == Problem(error.error_code, error.message)
    assert indexer.nothing_is_left()
    assert indexer.metrics.errors == {}, "a bad file is no defect of ours"


def test_a_document_without_passages_has_no_text(indexer: Indexer) -> None:
    indexer.pieces = []
    assert indexer.service.process(indexer.rows.queue()) == "failed"
    assert indexer.problem() == Problem(NoTextLayer.error_code, NoTextLayer.message)


@pytest.mark.parametrize("where", ["extractor", "lexical", "vectors", "embedder"])
def test_a_crash_fails_one_document_and_the_next_one_goes_on(indexer: Indexer, where: str) -> None:
    good = indexer.extractor.answer
    if where == "extractor":
        indexer.extractor.answer = ZeroDivisionError()
    elif where == "embedder":
        indexer.embedder.fails = ZeroDivisionError()
    else:
        index = getattr(indexer, where)
        index.before = lambda action, _: 1 / 0 if action == "add" else None
    assert indexer.service.process(indexer.rows.queue("d1")) == "failed"
    problem = indexer.problem()
    assert problem is not None
    assert problem.error_code == "INDEXING_FAILED"
    assert "Try again" in problem.message
    assert indexer.metrics.errors == {"indexer": 1}
    indexer.extractor.answer, indexer.embedder.fails = good, None
    indexer.lexical.before = indexer.vectors.before = lambda action, _: None
    assert indexer.nothing_is_left("d1")
    assert indexer.service.process(indexer.rows.queue("d2")) == "ready"
    assert indexer.metrics.jobs == ["failed", "ready"]


def test_a_machine_that_cannot_confine_the_reading_says_so_instead_of_waiting(indexer: Indexer) -> None:
    indexer.extractor.answer = Unavailable("Allow user namespaces.")
    assert indexer.service.process(indexer.rows.queue()) == "failed"
    problem = indexer.problem()
    assert problem is not None
    assert problem.message == "Allow user namespaces."


def test_a_file_that_killed_the_indexer_again_and_again_is_left_out(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    for _ in range(MAX_ATTEMPTS):  # each process dies in the middle, and its lease runs out
        assert indexer.rows.claim(job_id, "a process that dies") is not None
        indexer.rows.jobs[job_id].owner = None
    assert indexer.another_process().process(job_id) == "failed"
    assert indexer.extractor.asked == []
    problem = indexer.problem()
    assert problem is not None
    assert "several times" in problem.message


def test_the_last_attempt_is_still_made(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.rows.jobs[job_id].attempts = MAX_ATTEMPTS - 1
    assert indexer.service.process(job_id) == "ready"


# --- called off -------------------------------------------------------------------------------

STEPS = ["extracting", "reading", "extracted", "words", "searchable", "vectors", "ready"]


def at(indexer: Indexer, step: str, do: Callable[[], object]) -> None:
    """Let ``do`` happen once, as soon as the work comes to ``step``."""
    once = [do]

    def now(*_: Any) -> None:
        if once:
            once.pop()()

    if step == "reading":
        indexer.extractor.before, indexer.extractor.looks = now, 2
    elif step == "words":
        indexer.lexical.before = lambda action, _: now() if action == "add" else None
    elif step == "vectors":
        indexer.vectors.before = lambda action, _: now() if action == "add" else None
    else:
        indexer.rows.before = lambda reached: now() if reached == step else None


@pytest.mark.parametrize("step", STEPS)
def test_a_cancelled_document_leaves_nothing_wherever_it_was(indexer: Indexer, step: str) -> None:
    job_id = indexer.rows.queue()
    at(indexer, step, lambda: indexer.rows.cancel(job_id))
    assert indexer.service.process(job_id) == "cancelled"
    assert indexer.status() is DocumentStatus.CANCELLED
    assert indexer.problem() is None
    assert indexer.nothing_is_left()
    assert indexer.metrics.errors == {}


@pytest.mark.parametrize("step", STEPS)
def test_a_deleted_document_leaves_nothing_wherever_it_was(indexer: Indexer, step: str) -> None:
    job_id = indexer.rows.queue()

    def delete() -> None:
        indexer.rows.delete("d1")
        indexer.files.remove("d1")

    at(indexer, step, delete)
    assert indexer.service.process(job_id) == "cancelled"
    assert indexer.rows.documents == {}
    assert indexer.nothing_is_left()
    assert indexer.metrics.errors == {}


def test_a_file_that_vanished_with_its_document_is_no_crash(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.extractor.before = lambda: indexer.rows.delete("d1")
    indexer.extractor.answer = FileNotFoundError()
    assert indexer.service.process(job_id) == "cancelled"
    assert indexer.metrics.errors == {}


@pytest.mark.parametrize("step", STEPS)
def test_a_document_that_another_process_took_over_is_left_to_that_one(indexer: Indexer, step: str) -> None:
    job_id = indexer.rows.queue()
    text = indexer.files.text_path("d1")

    def take_over() -> None:
        indexer.rows.take_over(job_id)
        text.write_text("the other's")

    at(indexer, step, take_over)
    indexer.service.process(job_id)
    assert not indexer.rows.jobs[job_id].ended
    assert indexer.rows.jobs[job_id].owner == "another"
    assert text.exists()
    assert indexer.rows.leftovers == []


# --- away, stopping ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", [SearchUnavailable(), StorageFull(), StorageUnavailable()])
@pytest.mark.parametrize("step", ["extracting", "reading", "words", "searchable", "vectors"])
def test_a_part_that_is_away_gives_the_job_back_and_it_ends_well_later(
    indexer: Indexer, step: str, error: Exception
) -> None:
    job_id = indexer.rows.queue()

    def away() -> None:
        raise error

    at(indexer, step, away)
    assert indexer.service.process(job_id) == "postponed"
    assert indexer.rows.pending() == [job_id]
    assert not indexer.status().is_final
    assert indexer.service.process(job_id) == "ready"
    assert indexer.metrics.jobs == ["postponed", "ready"]


def test_however_often_a_part_is_away_the_document_does_not_fail_for_it(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.lexical.fails = SearchUnavailable()
    for _ in range(3 * MAX_ATTEMPTS):
        assert indexer.service.process(job_id) == "postponed"
    indexer.lexical.fails = None
    assert indexer.service.process(job_id) == "ready"


def test_nor_does_it_fail_when_the_indexer_is_then_started_anew(indexer: Indexer) -> None:
    """A full disk, and an administrator who restarts the server: nothing that waits is to blame."""
    job_id = indexer.rows.queue()
    indexer.lexical.fails = StorageFull()
    for _ in range(3 * MAX_ATTEMPTS):
        assert indexer.another_process().process(job_id) == "postponed"
    assert indexer.rows.claim(job_id, "a process that is killed meanwhile") is not None
    indexer.rows.jobs[job_id].owner = None
    indexer.lexical.fails = None
    assert indexer.another_process().process(job_id) == "ready"


def test_without_the_vector_index_a_document_is_found_by_its_words(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.vectors.fails = SearchUnavailable()
    assert indexer.service.process(job_id) == "postponed"
    assert indexer.status() is DocumentStatus.SEARCHABLE
    assert len(indexer.lexical.entries["c1"]) == 3
    indexer.vectors.fails = None
    assert indexer.service.process(job_id) == "ready"
    assert len(indexer.extractor.asked) == 1, "it is not read again"


def test_what_waits_for_a_part_that_is_away_does_not_hold_back_what_comes_after_the_documents(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    assert indexer.service.is_busy(), "it was not tried yet"
    indexer.vectors.fails = SearchUnavailable()
    assert indexer.service.process(job_id) == "postponed"
    assert not indexer.service.is_busy()
    newcomer = indexer.rows.queue("d2")
    assert indexer.service.is_busy()
    assert indexer.service.process(newcomer) == "postponed"
    assert not indexer.service.is_busy()
    indexer.vectors.fails = None
    assert indexer.service.process(job_id, newcomers=lambda: ["another"]) == "gave_way"
    assert indexer.service.is_busy(), "it only lets another go first"


def test_of_jobs_that_others_have_ended_no_more_than_some_are_remembered(
    indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "_MANY", 2)
    indexer.vectors.fails = SearchUnavailable()
    for number in range(9):
        assert indexer.service.process(indexer.rows.queue(f"d{number}")) == "postponed"
    assert not indexer.service.is_busy()
    for number in range(1, 9):
        indexer.rows.delete(f"d{number}")
    assert not indexer.service.is_busy()
    assert indexer.service._endings._postponed.keys() == {"job-d0"}


@pytest.mark.parametrize("step", ["progress", "end"])
def test_a_database_that_goes_away_for_good_does_not_end_the_indexer(indexer: Indexer, step: str) -> None:
    job_id = indexer.rows.queue()
    indexer.extractor.answer = BrokenDocument()

    def away(reached: str) -> None:
        if reached in (step, "release"):
            raise StorageUnavailable

    indexer.rows.before = away
    indexer.extractor.looks = 2
    assert indexer.service.process(job_id) == "postponed"
    assert not indexer.rows.jobs[job_id].ended
    assert indexer.rows.pending() == [], "a lease is on it that nobody works off"
    with pytest.raises(StorageUnavailable):
        indexer.service.give_back_left()
    indexer.rows.before = lambda reached: None
    indexer.service.give_back_left()
    assert indexer.rows.pending() == [job_id], "it is given back as soon as the database is there"
    indexer.service.give_back_left()


def test_a_stopping_process_gives_the_job_back_while_a_file_is_read(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.extractor.looks = 2
    assert indexer.service.process(job_id, lambda: True) == "postponed"
    assert indexer.rows.pending() == [job_id]
    assert indexer.status() is DocumentStatus.EXTRACTING


def test_a_stopping_process_goes_on_from_where_it_stood(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(10 * FakeEmbedder.batch)]
    job_id = indexer.rows.queue()
    stopping = iter([False] * 4)
    assert indexer.service.process(job_id, lambda: next(stopping, True)) == "postponed"
    embedded = list(indexer.embedder.embedded)
    assert len(embedded) == 4 * FakeEmbedder.batch
    assert indexer.rows.documents["d1"].progress == pytest.approx(0.3 + 0.7 * 0.4)
    assert indexer.another_process().process(job_id) == "ready"
    assert len(indexer.embedder.embedded) == 10 * FakeEmbedder.batch, "none is embedded twice"
    assert len(indexer.vectors.entries["c1"]) == 10 * FakeEmbedder.batch
    assert len(indexer.extractor.asked) == 1
    assert indexer.rows.progressed == sorted(indexer.rows.progressed)


@pytest.mark.parametrize("passages", [1, 31, 32, 33, 1000, 1001])
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_every_passage_has_its_vector_wherever_the_work_was_given_back(
    tmp_path: Path, passages: int, batches: int
) -> None:
    indexer = Indexer(tmp_path, passages)
    job_id = indexer.rows.queue()
    asked = iter([False] * batches)
    indexer.service.process(job_id, lambda: next(asked, True))
    while indexer.rows.pending():
        asked = iter([False])
        indexer.another_process().process(job_id, lambda asked=asked: next(asked, True))  # type: ignore[misc]
    assert indexer.status() is DocumentStatus.READY
    assert len(indexer.vectors.entries["c1"]) == passages == len(indexer.embedder.embedded)


def test_vectors_that_were_lost_meanwhile_are_all_made_again(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(4 * FakeEmbedder.batch)]
    job_id = indexer.rows.queue()
    stopping = iter([False] * 2)
    indexer.service.process(job_id, lambda: next(stopping, True))
    indexer.vectors.entries.clear()
    assert indexer.service.process(job_id) == "ready"
    assert len(indexer.vectors.entries["c1"]) == 4 * FakeEmbedder.batch
    assert indexer.rows.progressed == sorted(indexer.rows.progressed)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_process_that_is_interrupted_gives_the_job_back(indexer: Indexer, error: type[BaseException]) -> None:
    job_id = indexer.rows.queue()
    indexer.extractor.answer = error()
    with pytest.raises(error):
        indexer.service.process(job_id)
    assert indexer.rows.pending() == [job_id]


def test_what_an_attempt_left_behind_is_removed_by_the_next(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.lexical.entries["c1"] = {901: "d1", 902: "another"}
    indexer.vectors.entries["c1"] = {901: "d1", 902: "another"}
    indexer.service.process(job_id)
    for index in (indexer.lexical, indexer.vectors):
        assert sorted(index.entries["c1"]) == [1, 2, 3, 902]


def test_jobs_of_dead_processes_are_given_back(indexer: Indexer) -> None:
    job_id = indexer.rows.queue()
    indexer.rows.jobs[job_id].owner = "elsewhere/1/0.00"
    indexer.service.free_abandoned()
    assert indexer.service.pending() == [], "of another machine nothing is known"
    indexer.rows.jobs[job_id].owner = f"{socket.gethostname()}/4194999/0.00"
    indexer.service.free_abandoned()
    assert indexer.service.pending() == [job_id]


# --- leftovers --------------------------------------------------------------------------------


def test_leftovers_of_documents_and_collections_are_removed(indexer: Indexer) -> None:
    for index in (indexer.lexical, indexer.vectors):
        index.entries = {"c1": {1: "d1", 2: "d2"}, "c2": {3: "d3"}}
    indexer.rows.list_removal("c1", "d1")
    indexer.rows.list_removal("c2", None)
    assert indexer.service.remove_leftovers() == 0
    for index in (indexer.lexical, indexer.vectors):
        assert index.entries == {"c1": {2: "d2"}}
    assert indexer.rows.leftovers == []


@pytest.mark.parametrize("which", ["lexical", "vectors"])
@pytest.mark.parametrize("document_id", ["d1", None])
def test_an_index_that_is_away_keeps_its_removals_and_stops_no_others(
    indexer: Indexer, which: str, document_id: str | None
) -> None:
    kept = indexer.rows.list_removal("c1", document_id)
    indexer.rows.list_removal("c2", "d2")
    for index in (indexer.lexical, indexer.vectors):
        index.entries = {"c1": {1: "d1"}, "c2": {2: "d2"}}
    getattr(indexer, which).fails_for = {"c1": SearchUnavailable()}
    assert indexer.service.remove_leftovers() == 1
    assert indexer.rows.leftovers == [kept]
    assert indexer.lexical.documents("c2") | indexer.vectors.documents("c2") == set()
    getattr(indexer, which).fails_for = {}
    assert indexer.service.remove_leftovers() == 0
    assert indexer.rows.leftovers == []
    assert indexer.lexical.documents("c1") | indexer.vectors.documents("c1") == set()


def test_a_damaged_index_that_is_to_go_is_not_asked_to_forget_its_documents_first(indexer: Indexer) -> None:
    for document_id in ("d1", "d2", None):
        indexer.rows.list_removal("c1", document_id)
    indexer.lexical.entries = {"c1": {1: "d1", 2: "d2"}}

    def damaged(action: str, collection_id: str) -> None:
        if action != "drop" and indexer.lexical.documents(collection_id):
            raise SearchUnavailable

    indexer.lexical.before = damaged
    assert indexer.service.remove_leftovers() == 0
    assert indexer.rows.leftovers == []
    assert indexer.lexical.documents("c1") == set()


def test_an_index_that_is_away_is_asked_once_a_collection_and_not_for_ever(indexer: Indexer) -> None:
    for number in range(50):
        indexer.rows.list_removal(f"c{number % 5}", f"d{number}")
    asked: list[str] = []
    indexer.vectors.before = lambda action, collection_id: asked.append(collection_id)
    indexer.vectors.fails = SearchUnavailable()
    assert indexer.service.remove_leftovers() == 50
    assert sorted(asked) == ["c0", "c1", "c2", "c3", "c4"]
    assert len(indexer.rows.leftovers) == 50


def test_a_document_that_was_cancelled_and_is_ready_by_now_keeps_its_entries(indexer: Indexer) -> None:
    indexer.rows.queue("d1")
    indexer.rows.list_removal("c1", "d1")  # of the cancelled job; nobody has come to it yet
    indexer.service.process("job-d1")
    assert indexer.service.remove_leftovers() == 0
    assert indexer.rows.leftovers == []
    assert len(indexer.lexical.entries["c1"]) == len(indexer.vectors.entries["c1"]) == 3


def test_a_document_that_is_being_indexed_again_keeps_its_new_entries(indexer: Indexer) -> None:
    indexer.rows.queue("d1")
    indexer.lexical.entries = {"c1": {7: "d1"}}
    indexer.rows.list_removal("c1", "d1")
    assert indexer.service.remove_leftovers() == 0
    assert indexer.lexical.entries == {"c1": {7: "d1"}}, "its job begins by removing what is old"
    assert indexer.rows.leftovers == []


def test_a_failure_while_an_index_is_away_keeps_the_removal_for_later(indexer: Indexer) -> None:
    indexer.extractor.answer = BrokenDocument()
    indexer.vectors.fails = SearchUnavailable()
    assert indexer.service.process(indexer.rows.queue()) == "failed"
    assert [removal.document_id for removal in indexer.rows.leftovers] == ["d1"]
    indexer.vectors.fails = None
    indexer.service.remove_leftovers()
    assert indexer.nothing_is_left()


def test_a_list_of_removals_that_cannot_be_read_does_not_undo_the_end(indexer: Indexer) -> None:
    indexer.extractor.answer = BrokenDocument()

    def away(step: str) -> None:
        if step == "removals":
            raise StorageUnavailable

    indexer.rows.before = away
    assert indexer.service.process(indexer.rows.queue()) == "failed"
    assert indexer.status() is DocumentStatus.FAILED


# --- several at once --------------------------------------------------------------------------


def test_everybodys_words_come_before_anybodys_vectors(indexer: Indexer) -> None:
    first, second, third = (indexer.rows.queue(name) for name in ("d1", "d2", "d3"))
    words_at_first_vector: list[set[str]] = []
    indexer.vectors.before = lambda action, _: (
        words_at_first_vector.append(indexer.lexical.documents("c1")) if action == "add" else None
    )
    indexer.service.process_fairly(first)
    assert words_at_first_vector[0] == {"d1", "d2", "d3"}
    assert {indexer.status(name) for name in ("d1", "d2", "d3")} == {DocumentStatus.READY}
    assert len(indexer.embedder.embedded) == 9, "no passage is embedded twice"
    assert indexer.service.process(second) is None
    assert indexer.service.process(third) is None


def test_a_document_that_comes_in_the_middle_of_a_book_is_found_before_the_book_is_done(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(8 * FakeEmbedder.batch)]
    book = indexer.rows.queue("d1")
    seen: list[tuple[DocumentStatus, DocumentStatus]] = []
    embed = indexer.embedder.embed_passages

    def embedded(texts: Sequence[str]) -> Vectors:
        if "d2" in indexer.rows.documents:
            seen.append((indexer.status("d1"), indexer.status("d2")))
        elif len(indexer.embedder.embedded) == 2 * FakeEmbedder.batch:
            indexer.pieces = ["a note"]
            indexer.rows.queue("d2")
        return embed(texts)

    indexer.embedder.embed_passages = embedded  # type: ignore[method-assign]
    indexer.service.process_fairly(book)
    assert (DocumentStatus.SEARCHABLE, DocumentStatus.SEARCHABLE) in seen, "the note is found, the book is not ready"
    assert (indexer.status("d1"), indexer.status("d2")) == (DocumentStatus.READY, DocumentStatus.READY)
    assert len(indexer.embedder.embedded) == 8 * FakeEmbedder.batch + 1, "the book goes on where it stood"


def test_hundreds_that_wait_are_each_taken_up_a_few_times(indexer: Indexer) -> None:
    """First their words, then their vectors: what is done at one must not grow with how many wait."""
    first, *others = [indexer.rows.queue(f"d{n}") for n in range(500)]
    indexer.service.process_fairly(first)
    assert {indexer.status(f"d{n}") for n in range(500)} == {DocumentStatus.READY}
    assert max(indexer.rows.jobs[job].attempts for job in (first, *others)) <= 2 + 500 // 200 + 1


def test_a_job_that_cannot_be_read_now_does_not_keep_the_others_waiting(indexer: Indexer) -> None:
    first, second = indexer.rows.queue("d1"), indexer.rows.queue("d2")
    written = indexer.files.write_text

    def full_for_the_second(document_id: str, text: str) -> None:
        if document_id == "d2":
            raise StorageFull
        written(document_id, text)

    indexer.files.write_text = full_for_the_second  # type: ignore[method-assign]
    indexer.service.process_fairly(first)
    assert indexer.status("d1") is DocumentStatus.READY
    assert indexer.rows.unread(10) == [second]


def test_fairness_ends_when_the_process_is_to_stop(indexer: Indexer) -> None:
    first = indexer.rows.queue("d1")
    indexer.rows.queue("d2")
    indexer.service.process_fairly(first, lambda: indexer.lexical.documents("c1") != set())
    statuses = {indexer.status("d1"), indexer.status("d2")}
    assert DocumentStatus.SEARCHABLE in statuses
    assert DocumentStatus.READY not in statuses
    assert indexer.embedder.embedded == []


def test_documents_that_wait_share_a_commit(indexer: Indexer) -> None:
    first, *_ = [indexer.rows.queue(f"d{n}") for n in range(3)]
    commits: list[str] = []
    indexer.lexical.before = lambda action, _: commits.append(action)
    indexer.service.process_fairly(first)
    assert commits == ["add"]
    assert len(indexer.lexical.entries["c1"]) == 9


def test_what_is_read_while_a_commit_is_made_is_stored_meanwhile(indexer: Indexer) -> None:
    first, second = indexer.rows.queue("d1"), indexer.rows.queue("d2")
    committing, stored = threading.Event(), threading.Event()
    waited: list[bool] = []
    read = indexer.extractor.extract

    def extract(path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument:
        if path.name == "d2":
            waited.append(committing.wait(60))
        return read(path, filename, cancelled=cancelled)

    def commit(action: str, _: str) -> None:
        if action == "add" and not committing.is_set():
            committing.set()
            waited.append(stored.wait(60))

    indexer.extractor.extract = extract  # type: ignore[method-assign]
    indexer.lexical.before = commit
    indexer.rows.before = lambda step: stored.set() if step == "extracted" and committing.is_set() else None
    indexer.service.process_fairly(first)
    assert waited == [True, True]
    assert (indexer.status("d1"), indexer.status("d2")) == (DocumentStatus.READY, DocumentStatus.READY)
    assert indexer.service.process(second) is None


def test_a_commit_that_fails_is_tried_with_each_document_alone(indexer: Indexer) -> None:
    first, *_ = [indexer.rows.queue(f"d{n}") for n in range(3)]
    outcomes = iter([SearchUnavailable(), None, None, SearchUnavailable()])

    def broken(action: str, _: str) -> None:
        error = next(outcomes, None) if action == "add" else None
        if error is not None:
            raise error

    indexer.lexical.before = broken
    indexer.service.process_fairly(first)
    (refused,) = indexer.rows.unread(10)  # the files are read beside each other: any may have been the last
    others = {"job-d0", "job-d1", "job-d2"} - {refused}
    assert [indexer.status(job.removeprefix("job-")) for job in others] == [DocumentStatus.READY] * 2


def test_what_waits_is_read_whatever_job_the_queue_names(indexer: Indexer) -> None:
    indexer.rows.queue("d1")
    indexer.service.process_fairly("a job that ended long ago")
    assert indexer.status() is DocumentStatus.READY


def test_a_slow_file_does_not_hold_up_the_others(indexer: Indexer) -> None:
    first, *_ = [indexer.rows.queue(f"d{n}") for n in range(4)]
    others_are_found = threading.Event()
    waited: list[bool] = []

    def look(step: str) -> None:
        if step == "searchable" and len(indexer.lexical.documents("c1")) == 3:
            others_are_found.set()

    read = indexer.extractor.extract

    def extract(path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument:
        if path.name == "d0":
            waited.append(others_are_found.wait(60))
        return read(path, filename, cancelled=cancelled)

    indexer.rows.before = look
    indexer.extractor.extract = extract  # type: ignore[method-assign]
    indexer.service.process_fairly(first)
    assert waited == [True]
    assert {indexer.status(f"d{n}") for n in range(4)} == {DocumentStatus.READY}


def test_a_file_that_was_in_work_when_an_indexer_died_is_read_by_itself(indexer: Indexer) -> None:
    """Or those that are read beside it would be suspected with it."""
    first, suspect, *_ = [indexer.rows.queue(f"d{n}") for n in range(4)]
    indexer.rows.jobs[suspect].attempts = 1
    beside: list[list[str]] = []

    read = indexer.extractor.extract

    def extract(path: Path, filename: str, *, cancelled: Callable[[], bool]) -> ExtractedDocument:
        if path.name == "d1":
            unread = (DocumentStatus.QUEUED, DocumentStatus.EXTRACTING)
            works = [row for job, row in indexer.rows.jobs.items() if row.owner and job != suspect]
            beside.append([row.document_id for row in works if indexer.status(row.document_id) in unread])
        return read(path, filename, cancelled=cancelled)

    indexer.extractor.extract = extract  # type: ignore[method-assign]
    indexer.service.process_fairly(first)
    assert beside == [[]]
    assert {indexer.status(f"d{n}") for n in range(4)} == {DocumentStatus.READY}


# --- vectors beside each other ----------------------------------------------------------------


def test_vectors_are_made_while_those_before_them_are_stored(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(4 * FakeEmbedder.batch)]
    embedded: list[bool] = []
    embed = indexer.embedder.embed_passages
    third = threading.Event()

    def embed_passages(texts: Sequence[str]) -> Vectors:
        vectors = embed(texts)
        if len(indexer.embedder.embedded) > 2 * FakeEmbedder.batch:
            third.set()
        return vectors

    def store(action: str, _: str) -> None:
        if action == "add" and not embedded:
            embedded.append(third.wait(60))

    indexer.embedder.embed_passages = embed_passages  # type: ignore[method-assign]
    indexer.vectors.before = store
    assert indexer.service.process(indexer.rows.queue()) == "ready"
    assert embedded == [True]


def test_progress_is_noted_only_when_the_vectors_are_stored(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(4 * FakeEmbedder.batch)]
    noted: list[float] = []
    indexer.vectors.before = lambda action, _: noted.append(indexer.rows.progressed[-1]) if action == "add" else None
    indexer.service.process(indexer.rows.queue())
    assert noted == pytest.approx([0.3, 0.65])


def test_the_next_document_is_embedded_while_the_last_vectors_of_one_are_stored(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(3 * FakeEmbedder.batch)]  # too many for both to go together
    first, second = indexer.rows.queue("d1"), indexer.rows.queue("d2")
    embedded: list[bool] = []
    begun = threading.Event()
    claim = indexer.rows.claim

    def claimed(job_id: str, owner: str) -> IndexingTask | None:
        task = claim(job_id, owner)
        if job_id == second and task is not None and task.passages_stored:
            begun.set()
        return task

    def store(action: str, _: str) -> None:
        if action == "add" and not embedded:
            embedded.append(begun.wait(60))

    indexer.rows.claim = claimed  # type: ignore[method-assign]
    indexer.vectors.before = store
    indexer.service.process_fairly(first)
    assert embedded == [True]
    assert (indexer.status("d1"), indexer.status("d2")) == (DocumentStatus.READY, DocumentStatus.READY)


def test_vectors_that_cannot_be_stored_give_the_job_back_and_others_end_well(indexer: Indexer) -> None:
    indexer.pieces = [f"piece {n}" for n in range(3 * FakeEmbedder.batch)]  # too many for both to go together
    first, second = indexer.rows.queue("d1"), indexer.rows.queue("d2")
    refusals = iter([SearchUnavailable()])

    def store(action: str, _: str) -> None:
        error = next(refusals, None) if action == "add" else None
        if error is not None:
            raise error

    indexer.vectors.before = store
    indexer.service.process_fairly(first)
    statuses = {job: indexer.status(document) for job, document in ((first, "d1"), (second, "d2"))}
    (refused,) = indexer.rows.pending()  # the files are read beside each other: either may have been first
    assert statuses[refused] is DocumentStatus.SEARCHABLE
    (other,) = statuses.keys() - {refused}
    assert statuses[other] is DocumentStatus.READY
    assert indexer.service.process(other) is None
