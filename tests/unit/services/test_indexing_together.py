"""Small documents whose vectors are made, stored and noted of together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backend.app.domain.documents import DocumentStatus
from backend.app.errors import EmbedderUnavailable, SearchUnavailable, StorageUnavailable
from backend.app.services.embedding.base import Vectors
from tests.fakes.indexer import Indexer
from tests.fakes.indexes import FakeEmbedder

READY, SEARCHABLE = DocumentStatus.READY, DocumentStatus.SEARCHABLE
ROOM = 4 * FakeEmbedder.batch


class Notes(Indexer):
    """Documents of one passage each, found by their words when they are queued."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, passages=1)
        self.calls: list[list[str]] = []  # of the embedder
        self.adds: list[int] = []  # to the vector index, by the number of passages
        self.crashes: Callable[[str], bool] = lambda text: False
        self._embed, self._add = self.embedder.embed_passages, self.vectors.add
        self.embedder.embed_passages = self.embedded  # type: ignore[method-assign]
        self.vectors.add = self.added  # type: ignore[method-assign]

    def queue(self, *names: str, collection_id: str = "c1", passages: int = 1) -> list[str]:
        self.pieces = [f"piece {n}" for n in range(passages)]
        jobs = [self.rows.queue(name, collection_id) for name in names]
        for job in jobs:  # words first, so that each keeps its own number of passages
            self.words(job)
        return jobs

    def words(self, job: str) -> None:
        assert self.service.process(job, newcomers=lambda: ["another"]) == "gave_way"

    def embedded(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        if any(map(self.crashes, texts)):
            raise ZeroDivisionError
        return self._embed(texts)

    def added(self, collection_id: str, passages: Sequence[object], vectors: Vectors) -> None:
        self._add(collection_id, passages, vectors)  # type: ignore[arg-type]
        self.adds.append(len(passages))

    def statuses(self) -> set[DocumentStatus]:
        return {found.status for found in self.rows.documents.values()}


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


def names(count: int) -> list[str]:
    return [f"d{n:03}" for n in range(count)]


def test_one_call_makes_the_vectors_of_many_another_stores_them(notes: Notes) -> None:
    first, *_ = notes.queue(*names(20))
    assert notes.statuses() == {SEARCHABLE}
    notes.service.process_fairly(first)
    assert notes.statuses() == {READY}
    assert [len(texts) for texts in notes.calls] == [20]
    assert notes.adds == [20]
    assert notes.rows.history.count("ready") == 1
    assert notes.metrics.jobs == ["gave_way"] * 20 + ["ready"] * 20
    assert notes.vectors.documents("c1") == set(names(20))


def test_no_more_than_four_batches_go_together(notes: Notes) -> None:
    first, *_ = notes.queue(*names(ROOM // 4 + 3), passages=4)
    notes.service.process_fairly(first)
    assert notes.statuses() == {READY}
    assert [len(texts) for texts in notes.calls] == [FakeEmbedder.batch] * 4 + [12]
    assert notes.adds == [ROOM, 12]


def test_a_large_document_keeps_its_turn_and_goes_alone(notes: Notes) -> None:
    notes.queue("a book", passages=ROOM + 1)
    notes.queue("a", "b")
    first = notes.rows.pending()[0]
    notes.service.process_fairly(first)
    assert notes.statuses() == {READY}
    assert notes.adds == [ROOM // 2, ROOM // 2, 1, 2]


def test_none_passes_a_larger_one_before_it(notes: Notes) -> None:
    notes.queue("a", "b")
    notes.queue("a book", passages=ROOM)
    notes.queue("c", "d")
    notes.service.process_fairly("job-a")
    assert notes.adds == [2, ROOM // 2, ROOM // 2, 2]


def test_other_collections_go_by_themselves(notes: Notes) -> None:
    notes.queue("a", "b")
    notes.queue("c", "d", collection_id="c2")
    notes.service.process_fairly("job-a")
    assert notes.statuses() == {READY}
    assert notes.adds == [2, 2]
    assert (notes.vectors.documents("c1"), notes.vectors.documents("c2")) == ({"a", "b"}, {"c", "d"})


def test_what_crashes_the_embedder_fails_alone(notes: Notes) -> None:
    notes.crashes = lambda text: text.startswith("Bad")
    notes.queue("a", "b", "c")
    notes.rows.documents["b"] = replace(notes.rows.documents["b"], title="Bad")
    notes.service.process_fairly("job-a")
    assert {name: notes.status(name) for name in "abc"} == {"a": READY, "b": DocumentStatus.FAILED, "c": READY}
    assert notes.vectors.documents("c1") == {"a", "c"}
    assert notes.metrics.errors == {"indexer": 1}


@pytest.mark.parametrize("bad", ["a", "b"])
def test_what_a_server_of_embeddings_refuses_holds_up_no_others(notes: Notes, bad: str) -> None:
    jobs = notes.queue("a", "b", "c")
    notes.rows.documents[bad] = replace(notes.rows.documents[bad], title="Bad")
    embed = notes.embedded

    def embed_or_refuse(texts: Sequence[str]) -> Vectors:
        if any(text.startswith("Bad") for text in texts):
            raise EmbedderUnavailable
        return embed(texts)

    notes.embedder.embed_passages = embed_or_refuse  # type: ignore[method-assign]
    for job in jobs:  # as the queue names them
        notes.service.process_fairly(job)
    statuses = {name: notes.status(name) for name in "abc"}
    assert statuses == {name: SEARCHABLE if name == bad else READY for name in "abc"}


def test_what_cannot_be_stored_fails_alone(notes: Notes) -> None:
    notes.queue("a", "b", "c")
    bad = notes.rows.passages["b"][0].id
    add = notes.added

    def added(collection_id: str, passages: Sequence[object], vectors: Vectors) -> None:
        if any(getattr(passage, "id", None) == bad for passage in passages):
            raise ZeroDivisionError
        add(collection_id, passages, vectors)

    notes.vectors.add = added  # type: ignore[method-assign]
    notes.service.process_fairly("job-a")
    assert {name: notes.status(name) for name in "abc"} == {"a": READY, "b": DocumentStatus.FAILED, "c": READY}
    assert notes.vectors.documents("c1") == {"a", "c"}


@pytest.mark.parametrize("away", ["embedder", "vectors", "ready"])
def test_while_a_part_is_away_all_wait_and_none_is_lost(notes: Notes, away: str) -> None:
    jobs = notes.queue("a", "b", "c")

    def refuse(step: str) -> None:
        if step == "ready":
            raise StorageUnavailable

    if away == "embedder":
        notes.embedder.fails = EmbedderUnavailable()
    elif away == "vectors":
        notes.vectors.fails = SearchUnavailable()
    else:
        notes.rows.before = refuse
    notes.service.process_fairly("job-a")
    assert notes.statuses() == {SEARCHABLE}
    assert notes.rows.pending() == jobs
    assert not notes.service.is_busy()
    notes.seconds += 60.0
    notes.embedder.fails, notes.vectors.fails, notes.rows.before = None, None, lambda step: None
    notes.service.process_fairly("job-a")
    assert notes.statuses() == {READY}


@pytest.mark.parametrize("step", ["without_vectors", "vectors", "ready"])
@pytest.mark.parametrize("act", ["cancel", "delete", "take_over"])
def test_what_is_called_off_leaves_nothing_and_the_others_are_ready(notes: Notes, step: str, act: str) -> None:
    notes.queue("a", "b", "c")
    todo = [lambda: getattr(notes.rows, act)("b" if act == "delete" else "job-b")]

    def now(reached: str) -> None:
        if reached == step and todo:
            todo.pop()()

    notes.rows.before = now
    notes.vectors.before = lambda action, _: now("vectors") if action == "add" else None
    notes.service.process_fairly("job-a")
    notes.service.remove_leftovers()
    assert (notes.status("a"), notes.status("c")) == (READY, READY)
    if act == "take_over":
        assert notes.rows.jobs["job-b"].owner == "another"
        assert notes.rows.leftovers == []
    else:
        assert notes.vectors.documents("c1") == notes.lexical.documents("c1") == {"a", "c"}
        assert "b" not in notes.rows.documents or notes.status("b") is DocumentStatus.CANCELLED
    assert notes.metrics.errors == {}


def test_they_give_way_to_who_comes_and_come_again(notes: Notes) -> None:
    notes.queue("a", "b", "c")
    claim, arrived = notes.rows.claim, list[str]()

    def claimed(job_id: str, owner: str) -> object:
        if job_id == "job-c" and not arrived:
            arrived.append(notes.rows.queue("late"))
        return claim(job_id, owner)

    notes.rows.claim = claimed  # type: ignore[assignment]
    notes.service.process_fairly("job-a")
    assert notes.statuses() == {READY}
    assert notes.calls == [["D\npiece 0"] * 4] or sum(map(len, notes.calls)) == 4, "none is embedded twice"
    assert notes.metrics.jobs.count("gave_way") == 3 + 3 + 1


def after_two_batches(notes: Notes, then: Callable[[], None]) -> None:
    """Have something happen while the third batch would be made; each document has half of one."""
    embed = notes.embedded

    def embedded(texts: Sequence[str]) -> Vectors:
        if len(notes.calls) == 2:
            then()
        return embed(texts)

    notes.embedder.embed_passages = embedded  # type: ignore[method-assign]
    notes.queue(*names(8), passages=FakeEmbedder.batch // 2)


def test_what_has_its_vectors_keeps_them_when_somebody_comes_between(notes: Notes) -> None:
    arrived: list[str] = []

    def come() -> None:
        if not arrived:
            arrived.append(notes.rows.queue("late"))

    after_two_batches(notes, come)
    notes.service.process_fairly("job-d000")
    assert notes.statuses() == {READY}
    assert [len(texts) for texts in notes.calls[:3]] == [FakeEmbedder.batch] * 3
    assert notes.adds[0] == 3 * FakeEmbedder.batch, "what came while the third was made waited for that alone"
    assert sum(map(len, notes.calls)) == sum(notes.adds), "none is embedded twice"
    assert len(notes.vectors.entries["c1"]) == sum(notes.adds)


def test_a_process_that_is_to_end_keeps_what_is_made(notes: Notes) -> None:
    stopping: list[bool] = []
    after_two_batches(notes, lambda: stopping.append(True))
    notes.service.process_fairly("job-d000", lambda: bool(stopping))
    ready = {name for name in names(8) if notes.status(name) is READY}
    assert ready == set(names(6)) == notes.vectors.documents("c1")
    assert notes.rows.pending() == ["job-d006", "job-d007"]


@pytest.mark.parametrize("is_for_good", [False, True])
def test_a_server_that_goes_away_between_leaves_what_is_made(notes: Notes, is_for_good: bool) -> None:
    def refuse() -> None:
        if is_for_good:
            notes.embedder.fails = EmbedderUnavailable()
        elif not refused:
            refused.append(True)
            raise EmbedderUnavailable

    refused: list[bool] = []
    after_two_batches(notes, refuse)
    notes.service.process_fairly("job-d000")
    made = set(names(4)) if is_for_good else set(names(8))
    assert {name for name in names(8) if notes.status(name) is READY} == made == notes.vectors.documents("c1")
    assert notes.rows.pending() == ([f"job-{name}" for name in names(8)[4:]] if is_for_good else [])


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_process_that_is_interrupted_gives_all_back(notes: Notes, error: type[BaseException]) -> None:
    jobs = notes.queue("a", "b", "c")

    def embed(texts: Sequence[str]) -> Vectors:
        raise error

    notes.embedder.embed_passages = embed  # type: ignore[method-assign]
    with pytest.raises(error):
        notes.service.process_fairly("job-a")
    assert notes.rows.pending() == jobs
    assert notes.statuses() == {SEARCHABLE}


def test_a_database_that_goes_while_they_are_taken_leaves_none_taken(notes: Notes) -> None:
    jobs = notes.queue("a", "b", "c")
    claim = notes.rows.claim

    def claimed(job_id: str, owner: str) -> object:
        if job_id == "job-c":
            raise StorageUnavailable
        return claim(job_id, owner)

    notes.rows.claim = claimed  # type: ignore[assignment]
    with pytest.raises(StorageUnavailable):
        notes.service.process_fairly("job-a")
    assert notes.rows.pending() == jobs


def test_what_an_attempt_left_behind_is_removed(notes: Notes) -> None:
    notes.queue("a", "b")
    notes.vectors.entries["c1"] = {998: "a", 999: "b"}
    notes.service.process_fairly("job-a")
    assert notes.vectors.entries["c1"] == {1: "a", 2: "b"}


def test_while_the_embedder_is_away_naming_each_of_them_asks_it_once_each_and_once_for_all(notes: Notes) -> None:
    jobs = notes.queue(*names(20))
    notes.embedder.fails = EmbedderUnavailable()
    notes.clock_stands = True
    for job in jobs:
        notes.service.process_fairly(job)
    assert len(notes.calls) <= len(jobs) + 2, "all, the first alone, and each when it is named"
    assert notes.rows.pending() == jobs
