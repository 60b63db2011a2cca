"""The order in which files are read."""

from __future__ import annotations

from backend.app.services.indexing.todo import SMALL_BYTES, Todo


class Waiting:
    """Names each job once: those with an S are small."""

    def __init__(self, *jobs: str) -> None:
        self.jobs = list(jobs)

    def __call__(self, most_bytes: int | None) -> list[str]:
        assert most_bytes in (None, SMALL_BYTES)
        found = [job for job in self.jobs if most_bytes is None or job.startswith("S")]
        self.jobs = [job for job in self.jobs if job not in found]
        return found


def test_files_of_one_kind_are_read_in_the_order_in_which_they_came() -> None:
    for jobs in (["S1", "S2", "S3"], ["L1", "L2", "L3"]):
        todo = Todo(Waiting(*jobs))
        assert [todo.next() for _ in jobs] == jobs
        assert not todo


def test_small_files_and_others_take_turns_so_that_neither_waits_for_all_of_the_other() -> None:
    todo = Todo(Waiting("L1", "L2", "L3", "S1", "S2"))
    assert [todo.next() for _ in range(5)] == ["S1", "L1", "S2", "L2", "L3"]


def test_a_lane_for_small_files_takes_those_alone() -> None:
    waiting = Waiting("L1", "S1")
    todo = Todo(waiting)
    assert (todo.has_small, todo.next(small=True), todo.has_small) == (True, "S1", False)
    waiting.jobs = ["L2", "S2"]
    todo.fill()
    assert (todo.next(small=True), todo.next(), todo.next(), bool(todo)) == ("S2", "L1", "L2", False)
