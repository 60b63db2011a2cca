"""Runs in SQL as whoever works them off sees them: claimed by a lease, continued by the next where one stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.domain.documents import Collection, Problem
from backend.app.domain.evaluation import Figures, LabelledQuestion, Result, RunStatus, RunTask
from backend.app.storage.database import Database
from backend.app.storage.evaluation_models import QuestionRow, ResultRow, RunRow
from backend.app.storage.models import CollectionRow, DocumentRow
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.evaluation_runs import result, result_columns, settings
from backend.app.storage.repositories.labelled_questions import with_judgements
from backend.app.storage.repositories.passages import SEARCHABLE

LEASE = timedelta(minutes=2)  # renewed with every second's results


class SqlRunWork:
    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def pending(self) -> list[str]:
        query = select(RunRow.id).where(RunRow.finished_at.is_(None), self._is_free()).order_by(RunRow.id)
        return self._database.read(lambda session: list(session.scalars(query)))

    def claim(self, run_id: str, owner: str) -> RunTask | None:
        taken = (
            update(RunRow)
            .where(RunRow.id == run_id, RunRow.finished_at.is_(None), self._is_free())
            .values(
                owner=owner,
                lease_until=self._now() + LEASE,
                attempts=RunRow.attempts + 1,
                status=RunStatus.RUNNING.value,
            )
            .returning(RunRow.collection_id, RunRow.before, RunRow.after, RunRow.attempts)
        )
        answered = select(ResultRow.question_id).where(ResultRow.run_id == run_id)

        def work(session: Session) -> RunTask | None:
            found = session.execute(taken).one_or_none()
            if found is None:
                return None
            known = frozenset(session.scalars(answered))
            return RunTask(
                run_id, found.collection_id, settings(found.before), settings(found.after), found.attempts, known
            )

        return self._database.write(work)

    def collection(self, collection_id: str) -> Collection | None:
        documents = select(func.count()).select_from(DocumentRow).where(DocumentRow.collection_id == collection_id)

        def work(session: Session) -> Collection | None:
            row = session.get(CollectionRow, collection_id)
            if row is None:
                return None
            searchable = session.scalar(documents.where(DocumentRow.status.in_(SEARCHABLE))) or 0
            # As its owner sees it: the run was let in by who may see it.
            return Collection(row.id, row.name, row.version, Access.OWNER, searchable, searchable, row.created_at)

        return self._database.read(work)

    def questions(self, collection_id: str) -> list[LabelledQuestion]:
        query = select(QuestionRow).where(QuestionRow.collection_id == collection_id).order_by(QuestionRow.id)
        return self._database.read(lambda session: with_judgements(session, list(session.scalars(query))))

    def store(self, task: RunTask, results: Sequence[Result], total: int) -> bool:
        columns = [result_columns(task.run_id, result) for result in results]

        def work(session: Session) -> bool:
            row = _hold(session, task)
            if row is None or row.cancel_requested:
                return False
            if columns:
                session.execute(insert(ResultRow), columns)
            row.done, row.total = row.done + len(columns), total
            row.lease_until = self._now() + LEASE
            return True

        return self._database.write(work)

    def results(self, task: RunTask) -> list[Result]:
        query = select(ResultRow).where(ResultRow.run_id == task.run_id).order_by(ResultRow.id)
        return self._database.read(lambda session: [result(row) for row in session.scalars(query)])

    def finish(
        self, task: RunTask, figures: tuple[Figures, Figures], *, better: int, worse: int, left_out: int
    ) -> None:
        stored = [msgspec.to_builtins(side) for side in figures]
        self._end(task, RunStatus.DONE, figures=stored, better=better, worse=worse, left_out=left_out)

    def fail(self, task: RunTask, problem: Problem | None) -> None:
        if problem is None:
            self._end(task, RunStatus.CANCELLED)
        else:
            self._end(task, RunStatus.FAILED, error_code=problem.error_code, error_message=problem.message)

    def release(self, task: RunTask) -> None:
        def work(session: Session) -> None:
            row = _hold(session, task)
            if row is not None:
                row.owner, row.lease_until, row.status = None, None, RunStatus.QUEUED.value

        self._database.write(work)

    def leases(self) -> list[str]:
        query = select(RunRow.owner).where(RunRow.finished_at.is_(None), RunRow.owner.is_not(None)).distinct()
        return self._database.read(lambda session: [owner for owner in session.scalars(query) if owner])

    def free_leases(self, owner: str) -> None:
        query = update(RunRow).where(RunRow.finished_at.is_(None), RunRow.owner == owner)
        self._database.write(lambda session: session.execute(query.values(owner=None, lease_until=None)))

    def _is_free(self) -> ColumnElement[bool]:
        return or_(RunRow.lease_until.is_(None), RunRow.lease_until < self._now())

    def _end(self, task: RunTask, status: RunStatus, **columns: Any) -> None:
        def work(session: Session) -> None:
            row = _hold(session, task)
            if row is None:
                return
            for name, value in columns.items():
                setattr(row, name, value)
            row.status, row.finished_at = status.value, self._now()
            row.owner = row.lease_until = None

        self._database.write(work)


def _hold(session: Session, task: RunTask) -> RunRow | None:
    """Return the run's row, held; None when it was deleted, has ended, or was taken by another process."""
    row = session.get(RunRow, task.run_id, with_for_update=LOCK)
    return None if row is None or row.finished_at is not None or row.attempts != task.attempts else row
