"""Collections that are filled at once, for measuring search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.domain.documents import Chunk, Collection, DocumentStatus, Passage
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import NewDocument
from backend.app.storage.models import CollectionRow, DocumentRow, PassageRow
from backend.app.storage.repositories import rows


class SqlCorpora:
    """Writes no jobs and keeps no files; nobody but its caller may be writing to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str) -> str:
        def work(session: Session) -> str:
            row = CollectionRow(id=new_id(), name=name, version=0, created_at=datetime.now(UTC))
            session.add(row)
            return row.id

        return self._database.write(work)

    def add(self, collection_id: str, documents: Sequence[tuple[NewDocument, Sequence[Chunk]]]) -> list[Passage]:
        now = datetime.now(UTC)
        columns = [_document(new, len(chunks), now) for new, chunks in documents]
        passages = [_passage(new, chunk) for new, chunks in documents for chunk in chunks]

        def work(session: Session) -> list[Passage]:
            last = session.scalar(select(func.max(PassageRow.id))) or 0
            if columns:
                session.execute(insert(DocumentRow), columns)
            if passages:
                session.execute(insert(PassageRow), passages)
            query = update(CollectionRow).where(CollectionRow.id == collection_id)
            session.execute(query.values(version=CollectionRow.version + 1))
            added = select(PassageRow).where(PassageRow.id > last).order_by(PassageRow.id)
            return [rows.passage(row) for row in session.scalars(added)]

        return self._database.write(work)

    def get(self, collection_id: str) -> Collection:
        def work(session: Session) -> Collection:
            row = session.get_one(CollectionRow, collection_id)
            count = session.scalar(
                select(func.count()).select_from(DocumentRow).where(DocumentRow.collection_id == collection_id)
            )
            total = count or 0
            return Collection(row.id, row.name, row.version, Access.OWNER, total, total, row.created_at, row.embedding)

        return self._database.read(work)


def _document(new: NewDocument, passages: int, now: datetime) -> dict[str, object]:
    columns = asdict(new)
    columns["title"], columns["filename"] = new.title[:500], new.filename[:500]
    return {**columns, "status": DocumentStatus.READY.value, "progress": 1.0, "passages": passages, "created_at": now}


def _passage(new: NewDocument, chunk: Chunk) -> dict[str, object]:
    return {"document_id": new.id, "collection_id": new.collection_id, **asdict(chunk)}
