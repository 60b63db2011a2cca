"""How much is kept, and whether there is room for more: looked at in the transaction that adds a document."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.domain.room import Bounds
from backend.app.errors import QueueFull, QuotaExceeded
from backend.app.storage.database import Database
from backend.app.storage.interfaces import NewDocument
from backend.app.storage.models import DocumentRow, JobRow, MemberRow


class SqlRoom:
    def __init__(self, database: Database) -> None:
        self._database = database

    def owned(self, user_id: str) -> tuple[int, int]:
        return self._database.read(lambda session: _held(session, _owned_by(user_id)))


def require_room(session: Session, bounds: Bounds, document: NewDocument) -> None:
    """Raise ``QuotaExceeded`` where one more document would be too much."""
    if bounds.owner_bytes or bounds.owner_documents:
        for owner in session.scalars(_owners(document.collection_id)).all():
            _require(_held(session, _owned_by(owner)), document, bounds.owner_bytes, bounds.owner_documents)
    if bounds.server_bytes or bounds.server_documents:
        _require(_held(session), document, bounds.server_bytes, bounds.server_documents)


def require_turn(session: Session, bounds: Bounds) -> None:
    """Raise ``QueueFull`` where too many jobs wait already."""
    if bounds.jobs:
        waiting = select(JobRow.id).where(JobRow.finished_at.is_(None)).limit(bounds.jobs)
        if session.scalar(select(func.count()).select_from(waiting.subquery())) == bounds.jobs:
            raise QueueFull


def _require(held: tuple[int, int], document: NewDocument, most_bytes: int, most_documents: int) -> None:
    documents, size = held
    if (most_documents and documents >= most_documents) or (most_bytes and size + document.bytes > most_bytes):
        raise QuotaExceeded


def _held(session: Session, *which: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many documents there are, and their files' bytes."""
    query = select(func.count(), func.coalesce(func.sum(DocumentRow.bytes), 0)).select_from(DocumentRow).where(*which)
    documents, size = session.execute(query).one()
    return int(documents), int(size)


def _owners(collection_id: str) -> Select[str]:
    return select(MemberRow.user_id).where(
        MemberRow.collection_id == collection_id, MemberRow.access == Access.OWNER.value
    )


def _owned_by(user_id: str) -> ColumnElement[bool]:
    owned = select(MemberRow.collection_id).where(MemberRow.user_id == user_id, MemberRow.access == Access.OWNER.value)
    return DocumentRow.collection_id.in_(owned)
