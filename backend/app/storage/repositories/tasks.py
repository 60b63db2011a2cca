"""A task's rows, held and changed by statements that are made once.

Each document passes here a dozen times on its way. Through the ORM that was 13 ms of processor time a
document of 64 passages, a third of what the indexer did until it was found by its words; so it is 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Chunk, Document, DocumentStatus, Passage, Problem
from backend.app.storage.interfaces import IndexingTask
from backend.app.storage.models import CollectionRow, DocumentRow, JobRow, PassageRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import LOCK

_COLLECTIONS, _DOCUMENTS, _JOBS, _PASSAGES = (
    cast(Table, kind.__table__) for kind in (CollectionRow, DocumentRow, JobRow, PassageRow)
)
_HOLD_COLLECTION = select(_COLLECTIONS.c.id).where(_COLLECTIONS.c.id == bindparam("held")).with_for_update(**LOCK)
_HOLD_DOCUMENT = select(_DOCUMENTS.c.id).where(_DOCUMENTS.c.id == bindparam("held")).with_for_update(**LOCK)
_HOLD_JOB = (
    select(_JOBS.c.attempts, _JOBS.c.finished_at, _JOBS.c.cancel_requested)
    .where(_JOBS.c.id == bindparam("held"))
    .with_for_update(**LOCK)
)
_CLAIM = (
    update(_JOBS)
    .where(
        _JOBS.c.id == bindparam("claimed"),
        _JOBS.c.finished_at.is_(None),
        or_(_JOBS.c.lease_until.is_(None), _JOBS.c.lease_until < bindparam("now")),
    )
    .values(attempts=_JOBS.c.attempts + 1)
    .returning(_JOBS.c.document_id, _JOBS.c.attempts, (_JOBS.c.attempts - _JOBS.c.given_back).label("deadly"))
)
_WORKED = (
    update(_JOBS)
    .where(_JOBS.c.id == bindparam("changed"))
    .values(work_seconds=_JOBS.c.work_seconds + bindparam("seconds"))
)
_RELEASE = _WORKED.where(_JOBS.c.attempts == bindparam("attempt"), _JOBS.c.finished_at.is_(None)).values(
    owner=None, lease_until=None, given_back=_JOBS.c.given_back + 1
)
_DOCUMENT = select(_DOCUMENTS).where(_DOCUMENTS.c.id == bindparam("wanted"))
# What an update changes is named when it is executed.
_CHANGE_DOCUMENT = update(_DOCUMENTS).where(_DOCUMENTS.c.id == bindparam("changed"))
_CHANGE_JOB = update(_JOBS).where(_JOBS.c.id == bindparam("changed"))
_RAISE_VERSION = (
    update(_COLLECTIONS).where(_COLLECTIONS.c.id == bindparam("raised")).values(version=_COLLECTIONS.c.version + 1)
)
_REMOVE_PASSAGES = delete(_PASSAGES).where(_PASSAGES.c.document_id == bindparam("removed_from"))
_ADD_PASSAGES = insert(_PASSAGES)
_PASSAGE_IDS = select(_PASSAGES.c.id).where(_PASSAGES.c.document_id == bindparam("of")).order_by(_PASSAGES.c.ordinal)
_STORED_PASSAGES = (
    select(*(_PASSAGES.c[field.name] for field in fields(Passage)))  # in the order of the dataclass
    .where(_PASSAGES.c.document_id == bindparam("of"))
    .order_by(_PASSAGES.c.ordinal)
)


def claim(session: Session, job_id: str, owner: str, now: datetime, until: datetime) -> IndexingTask | None:
    connection = session.connection()
    taken = {"claimed": job_id, "now": now, "owner": owner, "lease_until": until}
    found = connection.execute(_CLAIM, taken).one_or_none()
    if found is None:
        return None
    document = connection.execute(_DOCUMENT, {"wanted": found.document_id}).one()
    is_stored = document.status == DocumentStatus.SEARCHABLE
    return IndexingTask(job_id, rows.document(document), found.attempts, found.deadly, is_stored)


def hold_collection(session: Session, collection_id: str) -> None:
    """Hold the row of a collection until the transaction ends; it comes before those of documents and jobs."""
    session.connection().execute(_HOLD_COLLECTION, {"held": collection_id})


def hold(session: Session, task: IndexingTask, *, unless_cancelled: bool = False) -> bool:
    """Hold the rows of a task; False when it was deleted, has ended, or was taken by another.

    The number of the attempt tells that: each claim raises it. So a process that slept through its
    lease changes nothing any more.
    """
    connection = session.connection()
    if connection.execute(_HOLD_DOCUMENT, {"held": task.document.id}).one_or_none() is None:
        return False
    job = connection.execute(_HOLD_JOB, {"held": task.job_id}).one_or_none()
    if job is None or job.finished_at is not None or job.attempts != task.attempts:
        return False
    return not (unless_cancelled and job.cancel_requested)


def note(session: Session, task: IndexingTask, lease_until: datetime, **state: Any) -> None:
    """Write columns that both have into a document and its job alike, and keep the job for longer."""
    change_document(session, task.document.id, **state)
    session.connection().execute(_CHANGE_JOB, {"changed": task.job_id, "lease_until": lease_until, **state})


def in_state(status: DocumentStatus, progress: float, problem: Problem | None = None) -> dict[str, Any]:
    """Return a state as the columns of both."""
    return {
        "status": status.value,
        "progress": progress,
        "error_code": problem.error_code if problem else None,
        "error_message": problem.message if problem else None,
    }


def finish(session: Session, task: IndexingTask, now: datetime) -> None:
    ended = {"finished_at": now, "owner": None, "lease_until": None}
    session.connection().execute(_CHANGE_JOB, {"changed": task.job_id, **ended})


def worked(session: Session, task: IndexingTask, seconds: float) -> None:
    session.connection().execute(_WORKED, {"changed": task.job_id, "seconds": seconds})


def release(session: Session, task: IndexingTask, seconds: float) -> None:
    """Give a job back, unless it has ended or another has taken it."""
    given = {"changed": task.job_id, "attempt": task.attempts, "seconds": seconds}
    session.connection().execute(_RELEASE, given)


def change_document(session: Session, document_id: str, **columns: Any) -> None:
    session.connection().execute(_CHANGE_DOCUMENT, {"changed": document_id, **columns})


def raise_version(session: Session, collection_id: str) -> None:
    session.connection().execute(_RAISE_VERSION, {"raised": collection_id})


def replace_passages(session: Session, document: Document, chunks: Sequence[Chunk]) -> list[Passage]:
    """Store passages in place of those that are there, and return them with their ids."""
    connection = session.connection()
    connection.execute(_REMOVE_PASSAGES, {"removed_from": document.id})
    if not chunks:
        return []
    whose = {"document_id": document.id, "collection_id": document.collection_id}
    columns: list[dict[str, Any]] = [
        {
            **whose,
            "ordinal": chunk.ordinal,
            "text": chunk.text,
            "start": chunk.start,
            "end": chunk.end,
            "page": chunk.page,
            "heading": chunk.heading,
        }
        for chunk in chunks
    ]
    connection.execute(_ADD_PASSAGES, columns)
    ids = connection.execute(_PASSAGE_IDS, {"of": document.id}).scalars()
    return [Passage(id, **given) for id, given in zip(ids, columns, strict=True)]


def stored_passages(session: Session, document_id: str) -> list[Passage]:
    found = session.connection().execute(_STORED_PASSAGES, {"of": document_id})
    return [Passage(*values) for values in found]
