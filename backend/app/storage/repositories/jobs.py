"""Jobs in SQL, as their users see them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from backend.app.domain.documents import DocumentStatus, Job
from backend.app.errors import DocumentNotFound, JobNotFound
from backend.app.storage.database import Database
from backend.app.storage.models import JobRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import LOCK, visible_document, writable_document
from backend.app.storage.repositories.documents import remove_traces


class SqlJobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user_id: str, job_id: str) -> Job:
        return self._database.read(lambda session: rows.job(_visible(session, user_id, job_id)))

    def request_cancel(self, user_id: str, job_id: str) -> Job:
        def work(session: Session) -> Job:
            document = writable_document(session, user_id, _visible(session, user_id, job_id).document_id)
            row = session.get_one(JobRow, job_id, with_for_update=LOCK, populate_existing=True)
            if row.finished_at is not None:
                return rows.job(row)
            row.cancel_requested = True
            if row.owner is None:  # nobody works at it: it ends here and now
                remove_traces(session, document)
                document.status = row.status = DocumentStatus.CANCELLED.value
                document.passages = 0
                row.finished_at = datetime.now(UTC)
            session.flush()
            return rows.job(row)

        return self._database.write(work)


def _visible(session: Session, user_id: str, job_id: str) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None:
        raise JobNotFound
    try:
        visible_document(session, user_id, row.document_id)
    except DocumentNotFound as error:
        raise JobNotFound from error
    return row
