from __future__ import annotations

from backend.app.storage.repositories.work import SqlWorkHistory
from backend.app.storage.work import Waiting, Worked
from tests.contract.storage.world import World, chunks


def test_what_was_worked_at_is_told_with_its_time_and_what_waits_in_its_order(world: World) -> None:
    ann, history = world.person("ann"), SqlWorkHistory(world.database)
    document, job = world.upload(ann, "first.txt")
    task = world.claimed(job)
    world.indexing.extracted(task, "Bread", None, chunks(["one"]))
    world.indexing.searchable(task)
    world.indexing.worked(task, 1.5)
    second, _ = world.upload(ann, "second.txt")
    assert history.lately(10) == []
    assert history.waiting(10) == [Waiting(document.id, document.bytes, 0.3), Waiting(second.id, second.bytes, 0.0)]
    world.indexing.release(task, 2.0)
    task = world.claimed(job)
    world.indexing.worked(task, 0.5)
    world.indexing.ready(task)
    assert history.lately(10) == [Worked(document.bytes, 4.0)]
    assert history.waiting(10) == [Waiting(second.id, second.bytes, 0.0)]
