from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus
from backend.app.storage.interfaces import IndexingTask
from backend.app.storage.repositories.indexing import LEASE, SqlIndexing
from tests.contract.storage.world import World, at_once, chunks


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock(world: World) -> Clock:
    clock = Clock()
    world.indexing = SqlIndexing(world.database, clock)
    return clock


@pytest.fixture
def ann(world: World, clock: Clock) -> User:
    return world.person("ann")


def test_jobs_wait_in_the_order_in_which_they_came(world: World, ann: User) -> None:
    jobs = [world.upload(ann, f"{n}.txt")[1].id for n in range(3)]
    assert world.indexing.pending() == jobs
    world.indexing.claim(jobs[0], "first")
    assert world.indexing.pending() == jobs[1:]
    assert world.indexing.leases() == ["first"]


def test_unread_are_the_waiting_ones_whose_words_are_not_there(world: World, ann: User) -> None:
    jobs = [world.upload(ann, f"{n}.txt")[1].id for n in range(3)]
    assert world.indexing.unread(10) == jobs
    first = world.indexing.claim(jobs[0], "first")
    assert first is not None
    assert world.indexing.unread(10) == jobs[1:], "another reads it"
    world.indexing.extracting(first)
    world.indexing.release(first)
    assert world.indexing.unread(10) == jobs, "it was given back before it was read"
    again = world.indexing.claim(jobs[0], "first")
    assert again is not None
    world.indexing.searchable(again)
    world.indexing.release(again)
    assert world.indexing.unread(10) == jobs[1:]
    assert world.indexing.pending() == jobs, "its vectors are still to be made"


def test_a_job_has_one_owner(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    assert world.indexing.wants_entries(document.id)
    assert world.indexing.claim(job.id, "first") is not None
    assert world.indexing.claim(job.id, "second") is None
    assert world.indexing.claim(job.id, "first") is None
    assert world.indexing.wants_entries(document.id)


def test_of_many_that_claim_at_once_one_gets_it(world: World, ann: User) -> None:
    _, job = world.upload(ann)
    outcomes = at_once(*(partial(world.indexing.claim, job.id, f"owner {n}") for n in range(6)))
    assert sum(isinstance(outcome, IndexingTask) for outcome in outcomes) == 1
    assert sum(outcome is None for outcome in outcomes) == 5


def test_what_has_ended_or_never_was_cannot_be_claimed(world: World, ann: User) -> None:
    world.indexed(ann)
    _, job = world.upload(ann, "b.txt")
    world.indexing.end(world.claimed(job), DocumentStatus.FAILED, None)
    assert world.indexing.claim(job.id, "first") is None
    assert world.indexing.claim("0" * 32, "first") is None
    assert world.indexing.pending() == []


def test_an_expired_lease_can_be_taken_over(world: World, ann: User, clock: Clock) -> None:
    _, job = world.upload(ann)
    world.claimed(job, "first")
    clock.pass_by(LEASE - timedelta(seconds=1))
    assert world.indexing.pending() == []
    assert world.indexing.claim(job.id, "second") is None
    clock.pass_by(timedelta(seconds=2))
    assert world.indexing.pending() == [job.id]
    assert world.claimed(job, "second").attempts == 2


@pytest.mark.parametrize("step", ["progress", "extracting", "searchable"])
def test_each_step_renews_the_lease(world: World, ann: User, clock: Clock, step: str) -> None:
    _, job = world.upload(ann)
    task = world.claimed(job)
    clock.pass_by(LEASE - timedelta(seconds=1))
    arguments = (0.1,) if step == "progress" else ()
    getattr(world.indexing, step)(task, *arguments)
    clock.pass_by(LEASE - timedelta(seconds=1))
    assert world.indexing.pending() == []


def test_who_slept_through_the_lease_changes_nothing_any_more(world: World, ann: User, clock: Clock) -> None:
    document, job = world.upload(ann)
    late = world.claimed(job, "late")
    clock.pass_by(LEASE * 2)
    task = world.claimed(job, "second")
    world.indexing.extracting(task)
    passages = world.indexing.extracted(task, "Bread", 2, chunks(["one", "two"]))
    world.indexing.searchable(task)
    before = world.documents.get(ann.id, document.id), world.jobs.get(ann.id, job.id), world.rows()

    assert not world.indexing.progress(late, 0.1)
    assert world.indexing.extracted(late, "Cake", 1, chunks(["three"])) == []
    world.indexing.extracting(late)
    world.indexing.searchable(late)
    world.indexing.ready(late)
    world.indexing.release(late)
    world.indexing.end(late, DocumentStatus.CANCELLED, None)

    after = world.documents.get(ann.id, document.id), world.jobs.get(ann.id, job.id), world.rows()
    assert after == before
    assert world.indexing.stored_passages(document.id) == passages
    assert world.indexing.claim(job.id, "third") is None
    world.indexing.ready(task)
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.READY


def test_late_steps_do_not_revive_what_has_ended(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.end(task, DocumentStatus.FAILED, None)
    version = world.version(ann, document.collection_id)
    assert not world.indexing.progress(task, 0.9)
    world.indexing.searchable(task)
    world.indexing.ready(task)
    world.indexing.release(task)
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.FAILED
    assert world.version(ann, document.collection_id) == version


def test_a_job_given_back_goes_on_from_where_it_stands(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job, "first")
    passages = world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    world.indexing.release(task)
    assert world.indexing.pending() == [job.id]
    assert world.indexing.leases() == []
    assert world.indexing.wants_entries(document.id)
    again = world.claimed(job, "second")
    assert (again.attempts, again.passages_stored, again.document.title) == (2, True, "Bread")
    assert (task.deadly, again.deadly) == (1, 1), "the first has not ended its process"
    world.indexing.release(task)
    assert world.indexing.leases() == ["second"], "who has lost a job gives back nothing of it"
    world.indexing.free_leases("second")
    assert world.claimed(job, "third").deadly == 2, "one that was killed may have died of it"
    assert world.indexing.stored_passages(document.id) == passages


def test_what_a_dead_process_had_taken_is_free_at_once(world: World, ann: User) -> None:
    jobs = [world.upload(ann, f"{n}.txt")[1] for n in range(3)]
    world.claimed(jobs[0], "dead")
    world.claimed(jobs[1], "alive")
    assert set(world.indexing.leases()) == {"dead", "alive"}
    world.indexing.free_leases("dead")
    world.indexing.free_leases("never was")
    assert world.indexing.leases() == ["alive"]
    assert world.indexing.pending() == [jobs[0].id, jobs[2].id]


def test_freeing_leases_leaves_what_has_ended(world: World, ann: User) -> None:
    _, job = world.upload(ann)
    world.indexing.ready(world.claimed(job, "dead"))
    before = world.jobs.get(ann.id, job.id)
    world.indexing.free_leases("dead")
    assert world.jobs.get(ann.id, job.id) == before
    assert world.indexing.pending() == []


def test_cancelling_what_waits_ends_it_at_once(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    version = world.version(ann, document.collection_id)
    cancelled = world.jobs.request_cancel(ann.id, job.id)
    assert (cancelled.status, cancelled.cancel_requested) == (DocumentStatus.CANCELLED, True)
    assert cancelled.finished_at is not None
    assert world.jobs.get(ann.id, job.id) == cancelled
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.CANCELLED
    assert world.indexing.claim(job.id, "first") is None
    assert [removal.document_id for removal in world.indexing.removals()] == [document.id]
    assert world.version(ann, document.collection_id) > version


def test_cancelling_what_was_given_back_half_way_takes_its_passages(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    world.indexing.release(task)
    world.jobs.request_cancel(ann.id, job.id)
    assert world.indexing.stored_passages(document.id) == []
    assert world.documents.get(ann.id, document.id).passages == 0


def test_cancelling_what_is_worked_at_is_left_to_who_works(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    cancelled = world.jobs.request_cancel(ann.id, job.id)
    assert (cancelled.cancel_requested, cancelled.finished_at) == (True, None)
    assert not world.indexing.progress(task, 0.5)
    world.indexing.end(task, DocumentStatus.CANCELLED, None)
    assert world.jobs.get(ann.id, job.id).status is DocumentStatus.CANCELLED
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.CANCELLED


def test_cancelling_what_has_ended_changes_nothing(world: World, ann: User) -> None:
    document, job = world.upload(ann)
    task = world.claimed(job)
    world.indexing.ready(task)
    before = world.jobs.get(ann.id, job.id)
    assert world.jobs.request_cancel(ann.id, job.id) == before
    assert world.documents.get(ann.id, document.id).status is DocumentStatus.READY


def test_a_claim_and_a_cancellation_at_once_agree(world: World, ann: User) -> None:
    for number in range(5):
        _, job = world.upload(ann, f"{number}.txt")
        task, _ = at_once(
            partial(world.indexing.claim, job.id, "first"), partial(world.jobs.request_cancel, ann.id, job.id)
        )
        ended = world.jobs.get(ann.id, job.id)
        assert ended.cancel_requested
        assert (ended.finished_at is None) == isinstance(task, IndexingTask)
