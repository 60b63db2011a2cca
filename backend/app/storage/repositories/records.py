"""SQL's part of comparing all stores, and of mending what differs."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.app.domain.documents import DocumentStatus
from backend.app.storage.contents import Record
from backend.app.storage.database import Database
from backend.app.storage.models import CollectionRow, DocumentRow, JobRow, PassageRow, RemovalRow
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.documents import begin_anew

_UNREAD = (DocumentStatus.QUEUED.value, DocumentStatus.EXTRACTING.value)


class SqlRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    def collection_ids(self) -> list[str]:
        return self._database.read(lambda session: list(session.scalars(select(CollectionRow.id))))

    def records(self) -> list[Record]:
        stored = select(PassageRow.document_id, func.count().label("count")).group_by(PassageRow.document_id).subquery()
        jobs = select(JobRow.document_id).where(JobRow.finished_at.is_(None)).distinct().subquery()
        query = (
            select(DocumentRow, func.coalesce(stored.c.count, 0), jobs.c.document_id)
            .outerjoin(stored, stored.c.document_id == DocumentRow.id)
            .outerjoin(jobs, jobs.c.document_id == DocumentRow.id)
            .order_by(DocumentRow.id)
        )
        return self._database.read(
            lambda session: [_record(row, count, job is not None) for row, count, job in session.execute(query)]
        )

    def document_ids(self) -> frozenset[str]:
        return self._database.read(lambda session: frozenset(session.scalars(select(DocumentRow.id))))

    def passage_ids(self, collection_id: str) -> dict[int, str]:
        query = select(PassageRow.id, PassageRow.document_id).where(PassageRow.collection_id == collection_id)
        return self._database.read(lambda session: {row.id: row.document_id for row in session.execute(query)})

    def removals(self) -> dict[str, int]:
        query = select(RemovalRow.collection_id, func.count()).group_by(RemovalRow.collection_id)
        return self._database.read(lambda session: dict(session.execute(query).all()))

    def requeue(self, document_id: str) -> str | None:
        return self._database.write(lambda session: _requeue(session, document_id))

    def requeue_unread(self, collection_id: str) -> None:
        in_work = (
            select(DocumentRow.id)
            .join(JobRow, JobRow.document_id == DocumentRow.id)
            .where(
                DocumentRow.collection_id == collection_id,
                DocumentRow.status.in_(_UNREAD),
                JobRow.finished_at.is_(None),
                JobRow.owner.is_not(None),
            )
        )

        def work(session: Session) -> None:
            for document_id in list(session.scalars(in_work)):
                _requeue(session, document_id)

        self._database.write(work)

    def note_if_gone(self, collection_id: str, document_id: str) -> None:
        def work(session: Session) -> None:
            collection = session.get(CollectionRow, collection_id, with_for_update=LOCK)
            if session.get(DocumentRow, document_id) is None:
                gone = document_id if collection is not None else None
                session.add(RemovalRow(collection_id=collection_id, document_id=gone, created_at=datetime.now(UTC)))

        self._database.write(work)


def _requeue(session: Session, document_id: str) -> str | None:
    row = session.get(DocumentRow, document_id)
    if row is None:
        return None
    session.get(CollectionRow, row.collection_id, with_for_update=LOCK)
    row = session.get(DocumentRow, document_id, with_for_update=LOCK, populate_existing=True)
    return begin_anew(session, row).id if row is not None else None


def _record(row: DocumentRow, stored: int, has_job: bool) -> Record:
    return Record(
        id=row.id,
        collection_id=row.collection_id,
        filename=row.filename,
        bytes=row.bytes,
        status=DocumentStatus(row.status),
        passages=row.passages,
        stored=stored,
        has_job=has_job,
    )
