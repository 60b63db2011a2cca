from __future__ import annotations

from functools import partial

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus, Problem
from backend.app.errors import Conflict, DocumentNotFound, InvalidRequest, NotFound
from backend.app.storage.interfaces import DocumentFilter, DocumentSort, Page
from tests.contract.storage.world import World, at_once, new_document


@pytest.fixture
def ann(world: World) -> User:
    return world.person("ann")


def titles(world: World, ann: User, text: str) -> list[str]:
    found, _ = world.documents.page(ann.id, DocumentFilter(text=text), Page())
    return sorted(document.filename for document in found)


def test_a_new_document_waits_with_its_job(world: World, ann: User) -> None:
    new = new_document(world.collection(ann), "빵.txt", bytes=5_000_000_000)
    document, job = world.documents.add(ann.id, new)
    assert job is not None
    assert (document.id, document.title, document.filename, document.bytes) == (new.id, "빵", "빵.txt", 5_000_000_000)
    assert (document.status, document.progress, document.error, document.passages) == (
        DocumentStatus.QUEUED,
        0.0,
        None,
        0,
    )
    assert (job.document_id, job.status, job.attempts, job.finished_at) == (new.id, DocumentStatus.QUEUED, 0, None)
    assert world.documents.get(ann.id, new.id) == document
    assert world.jobs.get(ann.id, job.id) == job


def test_moments_carry_their_zone(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    for moment in (document.created_at, job.created_at, ann.created_at):
        assert moment.utcoffset() is not None
        assert moment.utcoffset().total_seconds() == 0  # type: ignore[union-attr]  # as the line before says


def test_the_same_content_in_the_same_collection_is_one_document(world: World, ann: User) -> None:
    first, _ = world.upload(ann, "a.txt")
    again, job = world.documents.add(ann.id, new_document(world.collection(ann), "b.txt", sha256=first.sha256))
    assert (again, job) == (first, None)
    other = world.collections.create(ann.id, "Other")
    elsewhere, job = world.documents.add(ann.id, new_document(other.id, "a.txt"))
    assert elsewhere.id != first.id
    assert job is not None
    assert world.rows()["documents"] == world.rows()["jobs"] == 2


def test_the_same_content_sent_at_once_is_one_document(world: World, ann: User) -> None:
    collection_id = world.collection(ann)
    outcomes = at_once(*(partial(world.documents.add, ann.id, new_document(collection_id)) for _ in range(6)))
    added = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(added) == 6
    assert len({document.id for document, _ in added}) == 1
    assert sum(job is not None for _, job in added) == 1


def test_a_document_that_comes_while_its_collection_goes_is_there_or_not(world: World, ann: User) -> None:
    bread = world.collections.create(ann.id, "Bread")
    at_once(
        partial(world.collections.delete, ann.id, bread.id),
        *(partial(world.documents.add, ann.id, new_document(bread.id, f"{n}.txt")) for n in range(3)),
    )
    assert world.rows()["documents"] == world.rows()["jobs"] == 0


def test_searching_names_finds_any_part_in_any_case(world: World, ann: User) -> None:
    for name in ("Sauerteig.md", "ÜBER BROT.txt", "한국의 빵.pdf", "100%_rye.txt", "1000 rye.txt"):
        world.upload(ann, name)
    assert titles(world, ann, "teig") == titles(world, ann, "SAUER") == ["Sauerteig.md"]
    assert titles(world, ann, "über") == titles(world, ann, "u\u0308ber") == ["ÜBER BROT.txt"]
    assert titles(world, ann, "국의 빵") == ["한국의 빵.pdf"]
    assert titles(world, ann, "100%") == ["100%_rye.txt"]
    assert titles(world, ann, "_") == ["100%_rye.txt"]
    assert titles(world, ann, "%") == ["100%_rye.txt"]
    assert titles(world, ann, "/") == titles(world, ann, "\\") == titles(world, ann, "' OR 1=1 --") == []
    assert len(titles(world, ann, "")) == 5


def test_searching_sees_the_title_that_extraction_found(world: World, ann: User) -> None:
    _, job = world.upload(ann, "scan0001.pdf")
    world.indexing.extracted(world.claimed(job), "The Village Baker", 3, [])
    assert titles(world, ann, "village") == titles(world, ann, "scan") == ["scan0001.pdf"]


def test_lists_are_narrowed_by_collection_and_state(world: World, ann: User) -> None:
    other = world.collections.create(ann.id, "Other")
    ready = world.indexed(ann, name="a.txt")
    queued, _ = world.upload(ann, "b.txt", other.id)

    def listed(which: DocumentFilter) -> list[str]:
        return [document.id for document in world.documents.page(ann.id, which, Page())[0]]

    assert listed(DocumentFilter()) == [queued.id, ready.id]
    assert listed(DocumentFilter(collection_id=other.id)) == [queued.id]
    assert listed(DocumentFilter(statuses=(DocumentStatus.READY,))) == [ready.id]
    assert listed(DocumentFilter(statuses=(DocumentStatus.READY,), collection_id=other.id)) == []
    assert world.documents.counts(ann.id) == {
        status: int(status in (DocumentStatus.READY, DocumentStatus.QUEUED)) for status in DocumentStatus
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("sort", DocumentSort)
def test_lists_are_sorted_and_their_parts_make_the_whole(
    world: World, ann: User, sort: DocumentSort, limit: int
) -> None:
    names = ("b.txt", "Äpfel.txt", "나.txt", "B.txt", "a.txt", "Z\u00a0\n.txt", "가.txt")
    sizes = (5, 9_000_000_000, 5, 1, 5, 7, 0)
    for name, size in zip(names, sizes, strict=True):
        world.upload(ann, name, bytes=size)
    expected = {
        DocumentSort.NEWEST: names[::-1],
        DocumentSort.OLDEST: names,
        DocumentSort.NAME: ("a.txt", "B.txt", "b.txt", "Z\u00a0\n.txt", "Äpfel.txt", "가.txt", "나.txt"),
        DocumentSort.LARGEST: ("Äpfel.txt", "Z\u00a0\n.txt", "a.txt", "나.txt", "b.txt", "B.txt", "가.txt"),
    }[sort]
    found: list[str] = []
    cursor: str | None = None
    while len(found) < len(names):
        part, cursor = world.documents.page(ann.id, DocumentFilter(sort=sort), Page(limit, cursor))
        assert 0 < len(part) <= limit
        found += [document.filename for document in part]
    assert (tuple(found), cursor) == (expected, None)


def test_a_document_names_the_latest_of_its_jobs(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    other, other_job = world.upload(ann, "other.txt")
    assert document.job_id == job.id
    assert world.jobs.request_cancel(ann.id, job.id).status is DocumentStatus.CANCELLED
    again = world.documents.retry(ann.id, document.id)
    listed, _ = world.documents.page(ann.id, DocumentFilter(), Page())
    assert [found.job_id for found in listed] == [other_job.id, again.id]
    assert world.documents.get(ann.id, document.id).job_id == again.id
    assert world.documents.get(ann.id, other.id).job_id == other_job.id


def test_counts_are_of_all_or_of_a_collection(world: World, ann: User) -> None:
    other = world.collections.create(ann.id, "Other")
    world.indexed(ann)
    world.upload(ann, "b.txt", other.id)
    assert world.documents.counts(ann.id, other.id)[DocumentStatus.QUEUED] == 1
    assert sum(world.documents.counts(ann.id, other.id).values()) == 1
    assert sum(world.documents.counts(ann.id).values()) == 2
    assert sum(world.documents.counts(world.person("bob").id, other.id).values()) == 0


def test_deleting_leaves_no_row_behind(world: World, ann: User) -> None:
    before = world.rows()
    document = world.indexed(ann)
    world.documents.delete(ann.id, document.id)
    with pytest.raises(DocumentNotFound):
        world.documents.get(ann.id, document.id)
    (removal,) = world.indexing.removals()
    assert (removal.collection_id, removal.document_id) == (document.collection_id, document.id)
    world.indexing.removed(removal)
    assert world.rows() == before


def test_deleting_hides_at_once(world: World, ann: User) -> None:
    document = world.indexed(ann)
    ids = [passage.id for passage in world.indexing.stored_passages(document.id)]
    version = world.version(ann, document.collection_id)
    world.documents.delete(ann.id, document.id)
    assert world.version(ann, document.collection_id) > version
    assert world.passages.visible(ids, [document.collection_id]) == {}


def test_deleting_twice_at_once_lists_one_removal(world: World, ann: User) -> None:
    document = world.indexed(ann)
    outcomes = at_once(*(partial(world.documents.delete, ann.id, document.id) for _ in range(3)))
    assert sum(isinstance(outcome, DocumentNotFound) for outcome in outcomes) == 2
    assert world.rows()["removals"] == 1


@pytest.mark.parametrize("status", [DocumentStatus.FAILED, DocumentStatus.CANCELLED])
def test_what_failed_can_be_tried_again(world: World, ann: User, status: DocumentStatus) -> None:
    document, first = world.upload(ann)
    world.indexing.end(world.claimed(first), status, Problem("BROKEN_FILE", "Broken."))
    job = world.documents.retry(ann.id, document.id)
    assert (job.status, job.attempts, job.cancel_requested) == (DocumentStatus.QUEUED, 0, False)
    again = world.documents.get(ann.id, document.id)
    assert (again.status, again.progress, again.error) == (DocumentStatus.QUEUED, 0.0, None)
    assert world.indexing.pending() == [job.id]
    assert world.jobs.get(ann.id, first.id).status is status


def test_what_has_not_failed_cannot(world: World, ann: User) -> None:
    queued, _ = world.upload(ann, "a.txt")
    ready = world.indexed(ann, name="b.txt")
    for document in (queued, ready):
        with pytest.raises(Conflict):
            world.documents.retry(ann.id, document.id)
    assert world.rows()["jobs"] == 2


def test_tried_again_twice_at_once_there_is_one_job(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    world.indexing.end(world.claimed(job), DocumentStatus.FAILED, None)
    outcomes = at_once(*(partial(world.documents.retry, ann.id, document.id) for _ in range(4)))
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert len(world.indexing.pending()) == 1


@pytest.mark.parametrize("id", ["", "x" * 500, "no\x00thing", "\ud800", "%", "' OR 1=1 --"])
def test_an_impossible_id_is_no_defect(world: World, ann: User, id: str) -> None:
    for act in (world.documents.get, world.documents.delete, world.jobs.get, world.conversations.get):
        with pytest.raises((InvalidRequest, NotFound)):
            act(ann.id, id)
