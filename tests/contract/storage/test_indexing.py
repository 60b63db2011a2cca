from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus, Problem
from backend.app.storage.interfaces import Page, Unembedded
from tests.contract.storage.world import World, at_once, chunks


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


def test_a_document_passes_through_its_states(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    version = partial(world.version, ann, document.collection_id)
    seen: list[tuple[DocumentStatus, float, int]] = []

    def look() -> None:
        now, its_job = world.documents.get(ann.id, document.id), world.jobs.get(ann.id, job.id)
        assert (now.status, now.progress, now.error) == (its_job.status, its_job.progress, its_job.error)
        seen.append((now.status, now.progress, version()))

    task = world.claimed(job)
    # Which job is its latest is for those who look at documents, not for who works on one.
    assert (task.document, task.attempts, task.passages_stored) == (replace(document, job_id=None), 1, False)
    look()
    world.indexing.extracting(task)
    look()
    assert world.indexing.progress(task, 0.2)
    look()
    world.indexing.extracted(task, "Bread", 4, chunks(["one", "two"]))
    look()
    world.indexing.searchable(task)
    look()
    world.indexing.ready(task)
    look()
    assert seen == [
        (DocumentStatus.QUEUED, 0.0, 0),
        (DocumentStatus.EXTRACTING, 0.0, 0),
        (DocumentStatus.EXTRACTING, 0.2, 0),
        (DocumentStatus.EXTRACTING, 0.2, 0),
        (DocumentStatus.SEARCHABLE, 0.3, 1),
        (DocumentStatus.READY, 1.0, 2),
    ]
    ready = world.documents.get(ann.id, document.id)
    assert (ready.title, ready.pages, ready.passages) == ("Bread", 4, 2)
    assert world.jobs.get(ann.id, job.id).finished_at is not None
    assert world.indexing.wants_entries(document.id)


def test_passages_come_back_as_they_were_with_rising_ids(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    given = chunks([f"문단 {n}: \U0001f35e\n\t“quoted”" for n in range(1500)])
    stored = world.indexing.extracted(world.claimed(job), "Bread", None, given)
    assert [(p.ordinal, p.text, p.start, p.end, p.page, p.heading) for p in stored] == [
        (c.ordinal, c.text, c.start, c.end, c.page, c.heading) for c in given
    ]
    ids = [passage.id for passage in stored]
    assert ids == sorted(set(ids))
    assert {(p.document_id, p.collection_id) for p in stored} == {(document.id, document.collection_id)}
    assert world.indexing.stored_passages(document.id) == stored


def test_a_second_extraction_takes_the_place_of_the_first_with_ids_never_used(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    first = world.indexing.extracted(task, "Bread", None, chunks(["one", "two", "three"]))
    second = world.indexing.extracted(task, "Bread", None, chunks(["four"]))
    assert world.indexing.stored_passages(document.id) == second
    assert second[0].id > max(passage.id for passage in first)
    assert world.documents.get(ann.id, document.id).passages == 1


def test_an_id_is_not_given_again_after_a_deletion(world: World, ann: User) -> None:
    first = world.indexed(ann, ["one"], "a.txt")
    (passage,) = world.indexing.stored_passages(first.id)
    world.documents.delete(ann.id, first.id)
    second = world.indexed(ann, ["two"], "b.txt")
    assert world.indexing.stored_passages(second.id)[0].id > passage.id


def test_a_title_too_long_is_cut(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    world.indexing.extracted(world.claimed(job), "빵" * 600, None, [])
    assert world.documents.get(ann.id, document.id).title == "빵" * 500


@pytest.mark.parametrize(
    ("status", "problem"),
    [(DocumentStatus.FAILED, Problem("BROKEN_FILE", "The file is damaged.")), (DocumentStatus.CANCELLED, None)],
)
def test_an_end_before_its_time_leaves_nothing_but_the_reason(
    world: World, ann: User, status: DocumentStatus, problem: Problem | None
) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    version = world.version(ann, document.collection_id)
    world.indexing.end(task, status, problem)
    ended = world.documents.get(ann.id, document.id)
    assert (ended.status, ended.error, ended.passages) == (status, problem, 0)
    its_job = world.jobs.get(ann.id, job.id)
    assert (its_job.status, its_job.error) == (status, problem)
    assert its_job.finished_at is not None
    assert world.indexing.stored_passages(document.id) == []
    assert [(r.collection_id, r.document_id) for r in world.indexing.removals()] == [
        (document.collection_id, document.id)
    ]
    assert world.version(ann, document.collection_id) > version
    assert world.indexing.pending() == world.indexing.leases() == []
    assert not world.indexing.wants_entries(document.id)


def test_what_was_cancelled_or_taken_over_is_not_found_by_its_words(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    version = world.version(ann, document.collection_id)
    assert not world.indexing.searchable(replace(task, attempts=0)), "another has it"
    world.jobs.request_cancel(ann.id, job.id)
    assert not world.indexing.searchable(task)
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.QUEUED
    assert world.version(ann, document.collection_id) == version


def test_of_documents_that_are_found_together_one_that_was_cancelled_is_left_out(world: World, ann: User) -> None:
    uploads = [world.upload(ann, name) for name in ("a.txt", "b.txt", "c.txt")]
    group = [world.claimed(job) for _, job in uploads]
    for task in group:
        world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    version = world.version(ann, uploads[0][0].collection_id)
    world.jobs.request_cancel(ann.id, uploads[1][1].id)
    assert {task.job_id for task in world.indexing.searchable(*group)} == {uploads[0][1].id, uploads[2][1].id}
    assert [world.documents.get(ann.id, document.id).status for document, _ in uploads] == [
        DocumentStatus.SEARCHABLE,
        DocumentStatus.QUEUED,
        DocumentStatus.SEARCHABLE,
    ]
    assert world.version(ann, uploads[0][0].collection_id) == version + 1, "once for all of them"


def test_of_documents_that_are_ready_together_one_that_is_called_off_is_left_out(world: World, ann: User) -> None:
    uploads = [world.upload(ann, name) for name in ("a.txt", "b.txt", "c.txt", "d.txt")]
    group = [world.claimed(job) for _, job in uploads]
    for task in group:
        world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(*group)
    version = world.version(ann, uploads[0][0].collection_id)
    world.jobs.request_cancel(ann.id, uploads[1][1].id)
    group[2] = replace(group[2], attempts=0)  # another has it
    assert {task.job_id for task in world.indexing.ready(*group)} == {uploads[0][1].id, uploads[3][1].id}
    assert [world.documents.get(ann.id, document.id).status for document, _ in uploads] == [
        DocumentStatus.READY,
        DocumentStatus.SEARCHABLE,
        DocumentStatus.SEARCHABLE,
        DocumentStatus.READY,
    ]
    jobs = [world.jobs.get(ann.id, job.id) for _, job in uploads]
    assert [job.finished_at is None for job in jobs] == [False, True, True, False]
    assert world.version(ann, uploads[0][0].collection_id) == version + 1, "once for all of them"


def test_those_without_vectors_tell_where_they_are_and_how_many_there_will_be(world: World, ann: User) -> None:
    bread = world.collections.create(ann.id, "Bread")
    places = ["", bread.id, "", "", ""]
    uploads = [world.upload(ann, f"{n}.txt", place) for n, place in enumerate(places)]
    jobs = [job.id for _, job in uploads]
    tasks = [world.claimed(job) for _, job in uploads[:4]]
    for texts, task in zip((["one"], ["one", "two"], ["one"], ["one"]), tasks, strict=True):
        world.indexing.extracted(task, "Bread", None, chunks(texts))
    world.indexing.searchable(*tasks)
    for task in tasks[:3]:
        world.indexing.progress(task, 0.3 if task is not tasks[2] else 0.6)
        world.indexing.release(task)
    found = {jobs[0]: Unembedded(uploads[0][0].collection_id, 1), jobs[1]: Unembedded(bread.id, 2)}
    assert world.indexing.without_vectors(jobs) == found, "some vectors, in work, not yet read: none of these"
    assert world.indexing.without_vectors(jobs[:1]) == {jobs[0]: found[jobs[0]]}
    assert world.indexing.without_vectors([]) == {}
    assert world.indexing.unembedded(10) == jobs[:3]
    assert world.indexing.unembedded(2) == jobs[:2]


def test_trying_again_after_a_failure_ends_well(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    world.indexing.end(world.claimed(job), DocumentStatus.FAILED, Problem("BROKEN_FILE", "Broken."))
    again = world.documents.retry(ann.id, document.id)
    assert world.indexing.wants_entries(document.id)
    task = world.claimed(again)
    assert (task.attempts, task.passages_stored) == (1, False)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    world.indexing.ready(task)
    ready = world.documents.get(ann.id, document.id)
    assert (ready.status, ready.error, ready.passages) == (DocumentStatus.READY, None, 1)


@pytest.mark.parametrize("deleted", ["document", "collection"])
def test_work_at_what_was_deleted_does_nothing(world: World, ann: User, deleted: str) -> None:
    bread = world.collections.create(ann.id, "Bread")
    before = world.rows()
    document, job = world.upload(ann, collection_id=bread.id)
    task = world.claimed(job)
    if deleted == "document":
        world.documents.delete(ann.id, document.id)
    else:
        world.collections.delete(ann.id, bread.id)
    for removal in world.indexing.removals():
        world.indexing.removed(removal)
    assert not world.indexing.progress(task, 0.5)
    world.indexing.extracting(task)
    assert world.indexing.extracted(task, "Bread", 1, chunks(["one"])) == []
    world.indexing.searchable(task)
    world.indexing.ready(task)
    world.indexing.release(task)
    assert world.indexing.removals() == []
    world.indexing.end(task, DocumentStatus.CANCELLED, None)
    # Entries may have been written after the deletion's own removal was done.
    (removal,) = world.indexing.removals()
    assert removal.collection_id == bread.id
    assert removal.document_id == (document.id if deleted == "document" else None)
    world.indexing.removed(removal)
    if deleted == "document":
        world.collections.delete(ann.id, bread.id)
        world.indexing.removed(world.indexing.removals()[0])
    assert world.rows() == {**before, "collections": 1, "members": 1}


def test_removals_are_worked_off_in_order_once(world: World, ann: User) -> None:
    documents = [world.indexed(ann, name=f"{n}.txt") for n in range(3)]
    for document in documents:
        world.documents.delete(ann.id, document.id)
    first, *rest = world.indexing.removals()
    assert [removal.document_id for removal in (first, *rest)] == [document.id for document in documents]
    world.indexing.removed(first)
    world.indexing.removed(first)
    assert world.indexing.removals() == rest


def test_touching_raises_the_version_of_one_collection(world: World, ann: User) -> None:
    other = world.collections.create(ann.id, "Other")
    world.indexing.touch(other.id)
    world.indexing.touch("0" * 32)
    assert [collection.version for collection in world.collections.visible(ann.id)] == [0, 1]


def test_no_version_is_lost_when_many_rise_at_once(world: World, ann: User) -> None:
    collection_id = world.collection(ann)
    outcomes = at_once(*(partial(world.indexing.touch, collection_id) for _ in range(8)))
    assert outcomes == [None] * 8
    assert world.version(ann, collection_id) == 8


def test_the_indexer_sees_every_collection_and_document(world: World, ann: User) -> None:
    bob = world.person("bob")
    hers = [world.indexed(ann, name=name) for name in ("a.txt", "b.txt")]
    his = world.indexed(bob)
    assert set(world.indexing.collection_ids()) == {world.collection(ann), world.collection(bob)}
    assert world.indexing.documents_of(world.collection(ann)) == [replace(one, job_id=None) for one in hers]
    assert world.indexing.documents_of(world.collection(bob)) == [replace(his, job_id=None)]
    assert world.indexing.documents_of("0" * 32) == []


def test_passages_can_be_read_while_others_are_stored(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    outcomes = at_once(
        partial(world.indexing.extracted, task, "Bread", None, chunks(["one"] * 500)),
        *(partial(world.documents.passages, ann.id, document.id, Page(limit=1000)) for _ in range(5)),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    counts = {len(outcome[0]) for outcome in outcomes[1:] if isinstance(outcome, tuple)}
    assert counts <= {0, 500}
