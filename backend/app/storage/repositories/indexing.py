"""The indexer's view of SQL: claiming jobs, storing passages, moving documents through their states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Chunk, Document, DocumentStatus, Passage, Problem
from backend.app.domain.room import Bounds
from backend.app.storage.database import Database
from backend.app.storage.indexing_interfaces import TaskLost
from backend.app.storage.interfaces import IndexingTask, NewDocument, Removal, Unembedded
from backend.app.storage.models import CollectionRow, DocumentRow, JobRow, RemovalRow
from backend.app.storage.repositories import rows, tasks
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

    def unembedded(self, limit: int) -> list[str]:
        query = self._pending().where(JobRow.status == DocumentStatus.SEARCHABLE.value).limit(limit)
        return self._database.read(lambda session: list(session.scalars(query)))

    def _pending(self) -> Select[str]:
        is_free = or_(JobRow.lease_until.is_(None), JobRow.lease_until < self._now())
        return select(JobRow.id).where(JobRow.finished_at.is_(None), is_free).order_by(JobRow.created_at, JobRow.id)

    def claim(self, job_id: str, owner: str) -> IndexingTask | None:
        now = self._now()
        return self._database.write(lambda session: tasks.claim(session, job_id, owner, now, now + LEASE))

    def free_leases(self, owner: str) -> None:
        query = update(JobRow).where(JobRow.finished_at.is_(None), JobRow.owner == owner)
        self._database.write(lambda session: session.execute(query.values(owner=None, lease_until=None)))

    def leases(self) -> list[str]:
        query = select(JobRow.owner).where(JobRow.finished_at.is_(None), JobRow.owner.is_not(None)).distinct()
        return self._database.read(lambda session: [owner for owner in session.scalars(query) if owner])

    def extracting(self, task: IndexingTask) -> None:
        def work(session: Session) -> None:
            if tasks.hold(session, task):
                tasks.note(session, task, self._now() + LEASE, **tasks.in_state(DocumentStatus.EXTRACTING, 0.0))

        self._database.write(work)

    def extracted(self, task: IndexingTask, title: str, pages: int | None, chunks: Sequence[Chunk]) -> list[Passage]:
        document = task.document

        def work(session: Session) -> list[Passage]:
            # Held, so that within a collection ids rise as they are committed: see storage/reembedding.py.
            tasks.hold_collection(session, document.collection_id)
            if not tasks.hold(session, task):
                return []
            tasks.change_document(session, document.id, pages=pages, passages=len(chunks), title=title[:500])
            return tasks.replace_passages(session, document, chunks)

        return self._database.write(work)

    def stored_passages(self, document_id: str) -> list[Passage]:
        return self._database.read(lambda session: tasks.stored_passages(session, document_id))

    def searchable(self, *group: IndexingTask) -> list[IndexingTask]:
        return self._advance(group, DocumentStatus.SEARCHABLE, 0.3)

    def without_vectors(self, job_ids: Sequence[str]) -> dict[str, Unembedded]:
        query = (
            self._pending()
            .join(DocumentRow, DocumentRow.id == JobRow.document_id)
            .where(
                JobRow.id.in_(job_ids), JobRow.status == DocumentStatus.SEARCHABLE.value, DocumentRow.progress <= 0.3
            )
            .add_columns(DocumentRow.collection_id, DocumentRow.passages)
        )
        return self._database.read(
            lambda session: {row.id: Unembedded(row.collection_id, row.passages) for row in session.execute(query)}
        )

    def ready(self, *group: IndexingTask) -> list[IndexingTask]:
        return self._advance(group, DocumentStatus.READY, 1.0, ended=True)

    def _advance(
        self, group: Sequence[IndexingTask], status: DocumentStatus, progress: float, *, ended: bool = False
    ) -> list[IndexingTask]:
        state = tasks.in_state(status, progress)

        def work(session: Session) -> list[IndexingTask]:
            collections = sorted({task.document.collection_id for task in group})
            for collection_id in collections:
                tasks.hold_collection(session, collection_id)
            # In one order, or two processes with the same documents might wait for each other in a circle.
            by_id = sorted(group, key=lambda task: task.document.id)
            found = [task for task in by_id if tasks.hold(session, task, unless_cancelled=True)]
            for task in found:
                tasks.note(session, task, self._now() + LEASE, **state)
                if ended:
                    tasks.finish(session, task, self._now())
            for collection_id in {task.document.collection_id for task in found}:
                tasks.raise_version(session, collection_id)
            return found

        return self._database.write(work)

    def progress(self, task: IndexingTask, progress: float) -> bool:
        def work(session: Session) -> bool:
            if not tasks.hold(session, task, unless_cancelled=True):
                return False
            tasks.note(session, task, self._now() + LEASE, progress=progress)
            return True

        return self._database.write(work)

    def add_member(self, task: IndexingTask, document: NewDocument) -> str | None:
        def work(session: Session) -> str | None:
            tasks.hold_collection(session, document.collection_id)
            if not tasks.hold(session, task):
                raise TaskLost
            return add_row(session, document, self._bounds)

        return self._database.write(work)

    def end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        document = task.document

        def work(session: Session) -> None:
            collection = session.get(CollectionRow, document.collection_id, with_for_update=LOCK)
            if tasks.hold(session, task):
                row = session.get_one(DocumentRow, document.id)
                remove_traces(session, row)
                state = tasks.in_state(status, row.progress, problem)
                tasks.change_document(session, document.id, passages=0)
                tasks.note(session, task, self._now(), **state)
                tasks.finish(session, task, self._now())
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
        self._database.write(lambda session: tasks.worked(session, task, seconds))

    def release(self, task: IndexingTask, seconds: float = 0.0) -> None:
        self._database.write(lambda session: tasks.release(session, task, seconds))

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
        self._database.write(lambda session: tasks.raise_version(session, collection_id))
