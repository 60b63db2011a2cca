from __future__ import annotations

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus
from backend.app.storage.repositories.records import SqlRecords
from tests.contract.storage.world import World, chunks


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


@pytest.fixture
def records(world: World) -> SqlRecords:
    return SqlRecords(world.database)


def test_documents_are_told_with_their_passages_and_jobs(world: World, ann: User, records: SqlRecords) -> None:
    done = world.indexed(ann, name="done.txt")
    waiting, _ = world.upload(ann, "waiting.txt")
    found = {record.id: record for record in records.records()}
    assert (found[done.id].passages, found[done.id].stored, found[done.id].has_job) == (3, 3, False)
    assert (found[waiting.id].stored, found[waiting.id].has_job) == (0, True)
    assert found[done.id].status is DocumentStatus.READY
    passages = [passage.id for passage in world.indexing.stored_passages(done.id)]
    assert records.passage_ids(done.collection_id) == dict.fromkeys(passages, done.id)


def test_a_document_is_read_anew_whatever_state_it_is_in(world: World, ann: User, records: SqlRecords) -> None:
    document = world.indexed(ann)
    version = world.version(ann, document.collection_id)
    job_id = records.requeue(document.id)
    assert job_id is not None
    assert world.indexing.pending() == [job_id]
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.QUEUED
    assert world.indexing.stored_passages(document.id) == []
    assert world.version(ann, document.collection_id) > version
    assert records.removals() == {document.collection_id: 1}
    assert records.requeue("f" * 32) is None


def test_who_worked_at_it_changes_nothing_any_more(world: World, ann: User, records: SqlRecords) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.extracting(task)
    records.requeue_unread(document.collection_id)
    (again,) = world.indexing.pending()
    assert again != job.id
    assert not world.indexing.progress(task, 0.2)
    assert world.indexing.extracted(task, "Bread", None, chunks(["one"])) == []
    world.indexing.ready(task)
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.QUEUED
    new = world.indexing.claim(again, "indexer")
    assert new is not None
    assert new.attempts == 1, "it has not stopped any indexer"


def test_only_what_is_being_read_begins_anew(world: World, ann: User, records: SqlRecords) -> None:
    waiting, job = world.upload(ann, "waiting.txt")
    searchable, its_job = world.upload(ann, "searchable.txt")
    task = world.claimed(its_job)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    records.requeue_unread(waiting.collection_id)
    assert world.indexing.pending() == [job.id]
    assert world.indexing.progress(task, 0.5)
    assert len(world.indexing.stored_passages(searchable.id)) == 1


def test_entries_of_what_was_deleted_meanwhile_are_listed_for_removal(
    world: World, ann: User, records: SqlRecords
) -> None:
    document = world.indexed(ann)
    records.note_if_gone(document.collection_id, document.id)
    assert records.removals() == {}
    world.documents.delete(ann.id, document.id)
    for removal in world.indexing.removals():
        world.indexing.removed(removal)
    records.note_if_gone(document.collection_id, document.id)
    assert [(r.collection_id, r.document_id) for r in world.indexing.removals()] == [
        (document.collection_id, document.id)
    ]
