"""Files that wait, read and made searchable by their words: many beside each other, in shared commits."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from backend.app.services.indexing.commits import Commits
from backend.app.services.indexing.endings import Endings
from backend.app.services.indexing.lanes import Lanes
from backend.app.services.indexing.reading import Cut, Read, Reading
from backend.app.services.indexing.todo import Newcomers, Todo
from backend.app.services.indexing.words import Words
from backend.app.services.indexing.work import GaveWay, Interrupted, Work

_LOOK_SECONDS = 0.3  # how often is asked who has come while a slow file is read


class Intake:
    def __init__(
        self,
        *,
        reading: Reading,
        words: Words,
        endings: Endings,
        claim: Callable[[str, Callable[[], bool]], Work | None],
    ) -> None:
        """``claim`` takes a job, or None where there is nothing to do."""
        self._reading = reading
        self._words = words
        self._endings = endings
        self._claim = claim

    def read(self, newcomers: Newcomers, stopping: Callable[[], bool]) -> list[str]:
        """Read all that is new and what comes meanwhile; return the jobs whose documents are searchable now.

        The jobs are given back, to have their vectors made.
        """
        todo = Todo(newcomers)

        def to_end() -> bool:
            return stopping() or lanes.leaving

        with Commits(self._commit) as commits, Lanes(self._cut) as lanes:
            try:
                while (todo and not stopping()) or lanes.works:
                    if todo and lanes.is_free and not stopping():
                        self._begin(todo.next(), to_end, lanes, commits)
                        continue
                    if todo.has_small and lanes.is_free_for_small and not stopping():
                        self._begin(todo.next(small=True), to_end, lanes, commits)
                        continue
                    is_idle = not self._take(lanes, commits)
                    if is_idle or not todo:
                        todo.fill()
                commits.finish()
            except BaseException:  # this process is to end at once, or the database is away
                for work in [*lanes.works, *(read.work for read in commits.take())]:
                    self._endings.broken_off(work, Interrupted())
                raise
        return commits.searchable

    def _begin(self, job_id: str, stopping: Callable[[], bool], lanes: Lanes, commits: Commits) -> None:
        work = self._claim(job_id, stopping)
        if work is None:
            return
        if not self._endings.is_suspect(work):
            lanes.put(work)
            return
        while lanes.works:  # should it end this process again, nobody else is to be suspected
            self._take(lanes, commits)
        commits.finish()
        self._store(work, partial(self._cut, work), commits)
        commits.finish()

    def _take(self, lanes: Lanes, commits: Commits) -> bool:
        """Store what has been read, waiting a while for the first, and have it committed; return whether anything was."""
        taken = lanes.take(commits.seconds_left(_LOOK_SECONDS), commits.making)
        for work, future in taken:
            self._store(work, future.result, commits)
        commits.go_on()
        return bool(taken)

    def _cut(self, work: Work) -> Cut:
        with work.at_work():
            self._endings.refuse_deadly(work)
            return self._reading.cut(work)

    def _store(self, work: Work, read: Callable[[], Cut], commits: Commits) -> None:
        try:
            cut = read()
            with work.at_work():
                commits.put(self._reading.store(work, cut))
        except Exception as error:
            # The edge of a job.
            self._endings.broken_off(work, error)

    def _commit(self, reads: list[Read]) -> list[str]:
        """Make documents searchable, and give their jobs back; return those."""
        failed = list[tuple[Read, Exception]]()
        begun = time.perf_counter()
        self._words.add(reads, lambda read, error: failed.append((read, error)))
        for read in reads:
            read.work.seconds += (time.perf_counter() - begun) / len(reads)
        for read, error in failed:
            self._endings.broken_off(read.work, error)
        unfinished = {id(read) for read, _ in failed}
        done = [read.work for read in reads if id(read) not in unfinished]
        for work in done:
            self._endings.broken_off(work, GaveWay())
        return [work.task.job_id for work in done]
