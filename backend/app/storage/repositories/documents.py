"""Documents in SQL, as their users see them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Document, DocumentStatus, Job, Passage
from backend.app.domain.room import Bounds
from backend.app.errors import Conflict
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import DocumentFilter, NewDocument, Page
from backend.app.storage.models import CollectionRow, DocumentRow, JobRow, PassageRow, RemovalRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import (
    require_writer,
    visible_collections,
    visible_document,
    writable_document,
)
from backend.app.storage.repositories.document_pages import document_page, with_jobs
from backend.app.storage.repositories.room import require_room, require_turn


class SqlDocuments:
    def __init__(self, database: Database, bounds: Bounds = Bounds()) -> None:  # noqa: B008  # frozen
        self._database = database
        self._bounds = bounds

    def add(self, user_id: str, document: NewDocument) -> tuple[Document, Job | None]:
        def work(session: Session) -> tuple[Document, Job | None]:
            require_writer(session, user_id, document.collection_id)
            known = session.scalar(_same(document))
            if known is not None:
                return with_jobs(session, [known])[0], None
            require_room(session, self._bounds, document)
            require_turn(session, self._bounds)
            row = _new_document(document)
            session.add(row)
            session.flush()
            job = new_job(row.id)
            session.add(job)
            session.flush()
            return rows.document(row, job.id), rows.job(job)

        return self._database.write(work)

    def get(self, user_id: str, document_id: str) -> Document:
        def work(session: Session) -> Document:
            return with_jobs(session, [visible_document(session, user_id, document_id)])[0]

        return self._database.read(work)

    def page(self, user_id: str, which: DocumentFilter, page: Page) -> tuple[list[Document], str | None]:
        is_sqlite = self._database.is_sqlite
        return self._database.read(lambda session: document_page(session, user_id, which, page, is_sqlite=is_sqlite))

    def delete(self, user_id: str, document_id: str) -> None:
        def work(session: Session) -> None:
            row = writable_document(session, user_id, document_id)
            remove_traces(session, row)
            session.execute(delete(DocumentRow).where(DocumentRow.id == document_id))

        self._database.write(work)

    def retry(self, user_id: str, document_id: str) -> Job:
        def work(session: Session) -> Job:
            row = writable_document(session, user_id, document_id)
            if row.status not in (DocumentStatus.FAILED, DocumentStatus.CANCELLED):
                raise Conflict("This document has not failed. There is nothing to try again.")
            row.status, row.progress = DocumentStatus.QUEUED.value, 0.0
            row.error_code = row.error_message = None
            job = new_job(document_id)
            session.add(job)
            session.flush()
            return rows.job(job)

        return self._database.write(work)

    def reread(self, user_id: str, document_id: str) -> Job:
        return self._database.write(
            lambda session: rows.job(begin_anew(session, writable_document(session, user_id, document_id)))
        )

    def rename(self, user_id: str, document_id: str, filename: str) -> Job | None:
        """Give a document's file another name; one whose title was the name is read anew, as titles are indexed."""

        def work(session: Session) -> Job | None:
            row = writable_document(session, user_id, document_id)
            was_title = row.title == PurePosixPath(row.filename).stem
            row.filename = filename[:500]
            if not was_title:
                return None
            row.title = (PurePosixPath(filename).stem or filename)[:500]
            return rows.job(begin_anew(session, row))

        return self._database.write(work)

    def counts(self, user_id: str, collection_id: str | None = None) -> dict[DocumentStatus, int]:
        query = (
            select(DocumentRow.status, func.count())
            .where(DocumentRow.collection_id.in_(visible_collections(user_id)))
            .group_by(DocumentRow.status)
        )
        if collection_id is not None:
            query = query.where(DocumentRow.collection_id == collection_id)
        found = self._database.read(lambda session: dict(session.execute(query).all()))
        return {status: found.get(status.value, 0) for status in DocumentStatus}

    def passages(
        self, user_id: str, document_id: str, page: Page, around: int | None = None
    ) -> tuple[list[Passage], str | None]:
        def work(session: Session) -> tuple[list[Passage], str | None]:
            visible_document(session, user_id, document_id)
            query = select(PassageRow).where(PassageRow.document_id == document_id).order_by(PassageRow.ordinal)
            if around is not None:
                centre = session.get(PassageRow, around)
                if centre is None or centre.document_id != document_id:
                    return [], None
                first = max(0, centre.ordinal - page.limit // 2)
                query = query.where(PassageRow.ordinal >= first).limit(page.limit)
                return [rows.passage(row) for row in session.scalars(query)], None
            if page.cursor is not None:
                (last,) = cursors.decode(page.cursor, int)
                query = query.where(PassageRow.ordinal > last)
            found = [rows.passage(row) for row in session.scalars(query.limit(page.limit + 1))]
            more = len(found) > page.limit
            return found[: page.limit], cursors.encode(found[page.limit - 1].ordinal) if more else None

        return self._database.read(work)


def remove_traces(session: Session, row: DocumentRow) -> None:
    """Delete a document's passages, list its index entries for removal, and raise the version."""
    session.execute(delete(PassageRow).where(PassageRow.document_id == row.id))
    session.add(RemovalRow(collection_id=row.collection_id, document_id=row.id, created_at=datetime.now(UTC)))
    collection = session.get_one(CollectionRow, row.collection_id)
    collection.version = CollectionRow.version + 1


def begin_anew(session: Session, row: DocumentRow) -> JobRow:
    """End whatever works at a document, which notices at its next step, and have it read from its file."""
    open_jobs = update(JobRow).where(JobRow.document_id == row.id, JobRow.finished_at.is_(None))
    ended = {"finished_at": datetime.now(UTC), "owner": None, "lease_until": None, "status": "cancelled"}
    session.execute(open_jobs.values(**ended))
    remove_traces(session, row)
    row.status, row.progress, row.passages = DocumentStatus.QUEUED.value, 0.0, 0
    row.error_code = row.error_message = None
    job = new_job(row.id)
    session.add(job)
    session.flush()
    return job


def add_row(session: Session, document: NewDocument, bounds: Bounds) -> str | None:
    """Add a document whose collection is held, with its job; None where the same bytes are there already."""
    if session.scalar(_same(document)) is not None:
        return None
    require_room(session, bounds, document)
    row = _new_document(document)
    session.add(row)
    session.flush()
    job = new_job(row.id)
    session.add(job)
    return job.id


def _same(document: NewDocument) -> Select[DocumentRow]:
    return select(DocumentRow).where(
        DocumentRow.collection_id == document.collection_id, DocumentRow.sha256 == document.sha256
    )


def _new_document(document: NewDocument) -> DocumentRow:
    return DocumentRow(
        id=document.id,
        collection_id=document.collection_id,
        title=document.title,
        filename=document.filename,
        media_type=document.media_type,
        sha256=document.sha256,
        bytes=document.bytes,
        status=DocumentStatus.QUEUED.value,
        progress=0.0,
        passages=0,
        created_at=datetime.now(UTC),
    )


def new_job(document_id: str) -> JobRow:
    return JobRow(
        id=new_id(),
        document_id=document_id,
        status=DocumentStatus.QUEUED.value,
        progress=0.0,
        attempts=0,
        cancel_requested=False,
        created_at=datetime.now(UTC),
    )
