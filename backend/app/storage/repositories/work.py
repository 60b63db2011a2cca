"""What has been indexed lately, and what is still to be, in SQL."""

from __future__ import annotations

from sqlalchemy import select

from backend.app.domain.documents import DocumentStatus
from backend.app.storage.database import Database
from backend.app.storage.models import DocumentRow, JobRow
from backend.app.storage.work import Waiting, Worked


class SqlWorkHistory:
    def __init__(self, database: Database) -> None:
        self._database = database

    def lately(self, limit: int) -> list[Worked]:
        query = (
            select(DocumentRow.bytes, JobRow.work_seconds)
            .join(DocumentRow, DocumentRow.id == JobRow.document_id)
            .where(JobRow.finished_at.is_not(None), JobRow.status == DocumentStatus.READY.value)
            .where(JobRow.work_seconds > 0)
            .order_by(JobRow.finished_at.desc())
            .limit(limit)
        )
        return self._database.read(lambda session: [Worked(*row) for row in session.execute(query)])

    def waiting(self, limit: int) -> list[Waiting]:
        query = (
            select(JobRow.document_id, DocumentRow.bytes, JobRow.progress)
            .join(DocumentRow, DocumentRow.id == JobRow.document_id)
            .where(JobRow.finished_at.is_(None))
            .order_by(JobRow.created_at, JobRow.id)
            .limit(limit)
        )
        return self._database.read(lambda session: [Waiting(*row) for row in session.execute(query)])
