"""The indexer's view of SQL: claiming jobs, storing passages, moving documents through their states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Chunk, Document, DocumentStatus, Passage, Problem
from backend.app.domain.room import Bounds
from backend.app.storage.database import Database
from backend.app.storage.indexing_interfaces import TaskLost
from backend.app.storage.interfaces import IndexingTask, NewDocument, Removal
from backend.app.storage.models import CollectionRow, DocumentRow, JobRow, PassageRow, RemovalRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.documents import add_row, remove_traces
from backend.app.storage.repositories.passages import SEARCHABLE

# A working indexer renews its lease with each step; extraction alone may take two minutes.
LEASE = timedelta(minutes=5)


class SqlIndexing:
    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        bounds: Bounds = Bounds(),  # noqa: B008  # frozen
    ) -> None:
        self._database = database
        self._now = now
        self._bounds = bounds

    def pending(self) -> list[str]:
        query = self._pending()
        return self._database.read(lambda session: list(session.scalars(query)))

    def unread(self, limit: int, most_bytes: int | None = None) -> list[str]:
        query = self._pending().where(JobRow.status != DocumentStatus.SEARCHABLE.value).limit(limit)
        if most_bytes is not None:
            query = query.join(DocumentRow, DocumentRow.id == JobRow.document_id).where(DocumentRow.bytes <= most_bytes)
        return self._database.read(lambda session: list(session.scalars(query)))

    def _pending(self) -> Select[str]:
        is_free = or_(JobRow.lease_until.is_(None), JobRow.lease_until < self._now())
        return select(JobRow.id).where(JobRow.finished_at.is_(None), is_free).order_by(JobRow.created_at, JobRow.id)

    def claim(self, job_id: str, owner: str) -> IndexingTask | None:
        now = self._now()
        taken = (
            update(JobRow)
            .where(
                JobRow.id == job_id,
                JobRow.finished_at.is_(None),
                or_(JobRow.lease_until.is_(None), JobRow.lease_until < now),
            )
            .values(owner=owner, lease_until=now + LEASE, attempts=JobRow.attempts + 1)
            .returning(JobRow.document_id, JobRow.attempts, (JobRow.attempts - JobRow.given_back).label("deadly"))
        )

        def work(session: Session) -> IndexingTask | None:
            found = session.execute(taken).one_or_none()
            if found is None:
                return None
            document = session.get_one(DocumentRow, found.document_id)
            is_stored = document.status == DocumentStatus.SEARCHABLE
            return IndexingTask(job_id, rows.document(document), found.attempts, found.deadly, is_stored)

        return self._database.write(work)

    def free_leases(self, owner: str) -> None:
        query = update(JobRow).where(JobRow.finished_at.is_(None), JobRow.owner == owner)
        self._database.write(lambda session: session.execute(query.values(owner=None, lease_until=None)))

    def leases(self) -> list[str]:
        query = select(JobRow.owner).where(JobRow.finished_at.is_(None), JobRow.owner.is_not(None)).distinct()
        return self._database.read(lambda session: [owner for owner in session.scalars(query) if owner])

    def extracting(self, task: IndexingTask) -> None:
        self._set(task, DocumentStatus.EXTRACTING, 0.0)

    def extracted(self, task: IndexingTask, title: str, pages: int | None, chunks: Sequence[Chunk]) -> list[Passage]:
        document = task.document

        def work(session: Session) -> list[Passage]:
            # Held, so that within a collection ids rise as they are committed: see storage/reembedding.py.
            session.get(CollectionRow, document.collection_id, with_for_update=LOCK)
            held = _hold(session, task)
            if held is None:
                return []
            row, _ = held
            session.execute(delete(PassageRow).where(PassageRow.document_id == document.id))
            columns = [
                {
                    "document_id": document.id,
                    "collection_id": document.collection_id,
                    "ordinal": chunk.ordinal,
                    "text": chunk.text,
                    "start": chunk.start,
                    "end": chunk.end,
                    "page": chunk.page,
                    "heading": chunk.heading,
                }
                for chunk in chunks
            ]
            if columns:
                session.execute(insert(PassageRow), columns)
            row.pages, row.passages, row.title = pages, len(chunks), title[:500]
            session.flush()
            return _passages(session, document.id)

        return self._database.write(work)

    def stored_passages(self, document_id: str) -> list[Passage]:
        return self._database.read(lambda session: _passages(session, document_id))

    def searchable(self, task: IndexingTask) -> bool:
        return self._set(task, DocumentStatus.SEARCHABLE, 0.3, appears=True, unless_cancelled=True)

    def progress(self, task: IndexingTask, progress: float) -> bool:
        def work(session: Session) -> bool:
            held = _hold(session, task)
            if held is None:
                return False
            document, job = held
            if job.cancel_requested:
                return False
            document.progress = job.progress = progress
            job.lease_until = self._now() + LEASE
            return True

        return self._database.write(work)

    def add_member(self, task: IndexingTask, document: NewDocument) -> str | None:
        def work(session: Session) -> str | None:
            session.get(CollectionRow, document.collection_id, with_for_update=LOCK)
            if _hold(session, task) is None:
                raise TaskLost
            return add_row(session, document, self._bounds)

        return self._database.write(work)

    def ready(self, task: IndexingTask) -> None:
        self._set(task, DocumentStatus.READY, 1.0, appears=True, ended=True)

    def end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        document = task.document

        def work(session: Session) -> None:
            collection = session.get(CollectionRow, document.collection_id, with_for_update=LOCK)
            held = _hold(session, task)
            if held is not None:
                row, job = held
                remove_traces(session, row)
                row.passages = 0
                _note(row, job, status, row.progress, problem)
                _finish(job, self._now())
            elif session.get(DocumentRow, document.id) is None:
                # Deleted while entries of it may still have been written, behind those who tidied up.
                session.add(
                    RemovalRow(
                        collection_id=document.collection_id,
                        document_id=document.id if collection is not None else None,
                        created_at=self._now(),
                    )
                )

        self._database.write(work)

    def worked(self, task: IndexingTask, seconds: float) -> None:
        query = update(JobRow).where(JobRow.id == task.job_id)
        self._database.write(lambda session: session.execute(query.values(work_seconds=JobRow.work_seconds + seconds)))

    def release(self, task: IndexingTask, seconds: float = 0.0) -> None:
        query = update(JobRow).where(
            JobRow.id == task.job_id, JobRow.attempts == task.attempts, JobRow.finished_at.is_(None)
        )
        given_back = query.values(
            owner=None,
            lease_until=None,
            given_back=JobRow.given_back + 1,
            work_seconds=JobRow.work_seconds + seconds,
        )
        self._database.write(lambda session: session.execute(given_back))

    def removals(self) -> list[Removal]:
        query = select(RemovalRow).order_by(RemovalRow.id).limit(1000)
        return self._database.read(
            lambda session: [Removal(row.id, row.collection_id, row.document_id) for row in session.scalars(query)]
        )

    def removed(self, removal: Removal) -> None:
        self._database.write(lambda session: session.execute(delete(RemovalRow).where(RemovalRow.id == removal.id)))

    def wants_entries(self, document_id: str) -> bool:
        has_job = select(JobRow.id).where(JobRow.document_id == document_id, JobRow.finished_at.is_(None))
        query = select(DocumentRow.id).where(
            DocumentRow.id == document_id, or_(DocumentRow.status.in_(SEARCHABLE), has_job.exists())
        )
        return self._database.read(lambda session: session.scalar(query) is not None)

    def collection_ids(self) -> list[str]:
        return self._database.read(lambda session: list(session.scalars(select(CollectionRow.id))))

    def documents_of(self, collection_id: str) -> list[Document]:
        query = select(DocumentRow).where(DocumentRow.collection_id == collection_id).order_by(DocumentRow.id)
        return self._database.read(lambda session: [rows.document(row) for row in session.scalars(query)])

    def touch(self, collection_id: str) -> None:
        self._database.write(lambda session: _raise_version(session, collection_id))

    def _set(
        self,
        task: IndexingTask,
        status: DocumentStatus,
        progress: float,
        *,
        appears: bool = False,
        ended: bool = False,
        unless_cancelled: bool = False,
    ) -> bool:
        def work(session: Session) -> bool:
            if appears:
                session.get(CollectionRow, task.document.collection_id, with_for_update=LOCK)
            held = _hold(session, task)
            if held is None or (unless_cancelled and held[1].cancel_requested):
                return False
            row, job = held
            if appears:
                _raise_version(session, row.collection_id)
            _note(row, job, status, progress, None)
            job.lease_until = self._now() + LEASE
            if ended:
                _finish(job, self._now())
            return True

        return self._database.write(work)


def _hold(session: Session, task: IndexingTask) -> tuple[DocumentRow, JobRow] | None:
    """Return the rows of a task, held; None when it was deleted, has ended, or was taken by another.

    The number of the attempt tells that: each claim raises it. So a process that slept through its
    lease changes nothing any more.
    """
    document = session.get(DocumentRow, task.document.id, with_for_update=LOCK)
    job = session.get(JobRow, task.job_id, with_for_update=LOCK)
    if document is None or job is None or job.finished_at is not None or job.attempts != task.attempts:
        return None
    return document, job


def _passages(session: Session, document_id: str) -> list[Passage]:
    query = select(PassageRow).where(PassageRow.document_id == document_id).order_by(PassageRow.ordinal)
    return [rows.passage(row) for row in session.scalars(query)]


def _raise_version(session: Session, collection_id: str) -> None:
    query = update(CollectionRow).where(CollectionRow.id == collection_id)
    session.execute(query.values(version=CollectionRow.version + 1))


def _note(document: DocumentRow, job: JobRow, status: DocumentStatus, progress: float, problem: Problem | None) -> None:
    """Write a state into the document and its job alike."""
    for row in (document, job):
        row.status, row.progress = status.value, progress
        row.error_code = problem.error_code if problem else None
        row.error_message = problem.message if problem else None


def _finish(job: JobRow, now: datetime) -> None:
    job.finished_at, job.owner, job.lease_until = now, None, None
