"""Runs and their results in SQL, as administrators see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from backend.app.domain.documents import Problem
from backend.app.domain.evaluation import Change, Figures, Result, Run, RunStatus, SearchSettings, Side
from backend.app.errors import CollectionNotFound, Conflict, RunNotFound
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.evaluation_models import QuestionRow, ResultRow, RunRow
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.repositories.access import LOCK, access_to, hold_collection

KEPT_RUNS = 20  # of a collection; the oldest go

_CONDITIONS = {
    Change.ALL: (),
    Change.BETTER: (ResultRow.change > 0,),
    Change.WORSE: (ResultRow.change < 0,),
    Change.SAME: (ResultRow.change == 0,),
}


class SqlEvaluationRuns:
    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, user_id: str, collection_id: str, before: SearchSettings, after: SearchSettings) -> Run:
        unfinished = select(RunRow.id).where(RunRow.collection_id == collection_id, RunRow.finished_at.is_(None))
        questions = select(func.count()).select_from(QuestionRow).where(QuestionRow.collection_id == collection_id)
        newest = (
            select(RunRow.id)
            .where(RunRow.collection_id == collection_id)
            .order_by(RunRow.id.desc())
            .limit(KEPT_RUNS - 1)
        )

        def work(session: Session) -> Run:
            hold_collection(session, collection_id)
            access_to(session, user_id, collection_id)
            if session.scalar(unfinished.limit(1)) is not None:
                raise Conflict("A run over this collection has not ended yet. Wait for it, or cancel it.")
            total = session.scalar(questions) or 0
            if not total:
                raise Conflict("This collection has no test questions yet. Add some first.")
            kept = list(session.scalars(newest))
            session.execute(delete(RunRow).where(RunRow.collection_id == collection_id, RunRow.id.not_in(kept)))
            row = RunRow(
                id=new_id(),
                collection_id=collection_id,
                before=msgspec.to_builtins(before),
                after=msgspec.to_builtins(after),
                status=RunStatus.QUEUED.value,
                done=0,
                total=total,
                left_out=0,
                better=0,
                worse=0,
                figures=[],
                attempts=0,
                cancel_requested=False,
                created_at=datetime.now(UTC),
            )
            session.add(row)
            session.flush()
            return run(row)

        return self._database.write(work)

    def page(self, user_id: str, collection_id: str, page: Page) -> tuple[list[Run], str | None]:
        query = select(RunRow).where(RunRow.collection_id == collection_id)
        if page.cursor is not None:
            (last,) = cursors.decode(page.cursor, str)
            query = query.where(RunRow.id < last)
        query = query.order_by(RunRow.id.desc()).limit(page.limit + 1)

        def work(session: Session) -> tuple[list[Run], str | None]:
            access_to(session, user_id, collection_id)
            found = [run(row) for row in session.scalars(query)]
            more = len(found) > page.limit
            return found[: page.limit], cursors.encode(found[page.limit - 1].id) if more else None

        return self._database.read(work)

    def get(self, user_id: str, run_id: str) -> Run:
        return self._database.read(lambda session: run(_visible(session, user_id, run_id)))

    def cancel(self, user_id: str, run_id: str) -> Run:
        def work(session: Session) -> Run:
            _visible(session, user_id, run_id)
            row = session.get(RunRow, run_id, with_for_update=LOCK, populate_existing=True)
            if row is None:
                raise RunNotFound
            if row.finished_at is None:
                row.cancel_requested = True
                if row.owner is None:  # nobody works at it: it ends here and now
                    row.status, row.finished_at = RunStatus.CANCELLED.value, datetime.now(UTC)
                session.flush()
            return run(row)

        return self._database.write(work)

    def delete(self, user_id: str, run_id: str) -> str:
        def work(session: Session) -> str:
            collection_id = _visible(session, user_id, run_id).collection_id
            session.execute(delete(RunRow).where(RunRow.id == run_id))  # whoever works at it notices
            return collection_id

        return self._database.write(work)

    def results(self, user_id: str, run_id: str, change: Change, page: Page) -> tuple[list[Result], str | None]:
        query = select(ResultRow).where(ResultRow.run_id == run_id, *_CONDITIONS[change])
        if page.cursor is not None:
            size, last = cursors.decode(page.cursor, int, int)
            after = and_(ResultRow.size == size, ResultRow.id < last)
            query = query.where(or_(ResultRow.size < size, after))
        query = query.order_by(ResultRow.size.desc(), ResultRow.id.desc()).limit(page.limit + 1)

        def work(session: Session) -> tuple[list[Result], str | None]:
            _visible(session, user_id, run_id)
            found = list(session.scalars(query))
            end = found[page.limit - 1] if len(found) > page.limit else None
            return [result(row) for row in found[: page.limit]], cursors.encode(end.size, end.id) if end else None

        return self._database.read(work)


def run(row: RunRow) -> Run:
    before, after = [msgspec.convert(figures, Figures) for figures in row.figures] or (None, None)
    return Run(
        id=row.id,
        collection_id=row.collection_id,
        before=settings(row.before),
        after=settings(row.after),
        status=RunStatus(row.status),
        done=row.done,
        total=row.total,
        left_out=row.left_out,
        better=row.better,
        worse=row.worse,
        figures_before=before,
        figures_after=after,
        error=Problem(row.error_code, row.error_message or "") if row.error_code else None,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def settings(stored: dict[str, Any]) -> SearchSettings:
    return msgspec.convert(stored, SearchSettings)


def result(row: ResultRow) -> Result:
    before, after = msgspec.convert(row.before, Side), msgspec.convert(row.after, Side)
    return Result(row.question_id, row.text, row.language, before, after)


def result_columns(run_id: str, result: Result) -> dict[str, Any]:
    change = round(result.change * 10_000)
    return {
        "run_id": run_id,
        "question_id": result.question_id,
        "text": result.text,
        "language": result.language,
        "change": change,
        "size": abs(change),
        "before": msgspec.to_builtins(result.before),
        "after": msgspec.to_builtins(result.after),
    }


def _visible(session: Session, user_id: str, run_id: str) -> RunRow:
    row = session.get(RunRow, run_id)
    if row is None:
        raise RunNotFound
    try:
        access_to(session, user_id, row.collection_id)
    except CollectionNotFound as error:
        raise RunNotFound from error
    return row
