"""Documents and their passages without the texts, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.app.storage.database import Database
from backend.app.storage.models import DocumentRow, PassageRow
from backend.app.storage.outline_interfaces import Named, Step
from backend.app.storage.repositories.passages import SEARCHABLE


class SqlOutlines:
    def __init__(self, database: Database) -> None:
        self._database = database

    def documents(self, collection_ids: Sequence[str], most: int) -> list[Named]:
        columns = (DocumentRow.id, DocumentRow.collection_id, DocumentRow.title, DocumentRow.filename)
        query = (
            select(*columns)
            .where(DocumentRow.collection_id.in_(collection_ids), DocumentRow.status.in_(SEARCHABLE))
            .order_by(DocumentRow.created_at.desc(), DocumentRow.id.desc())
            .limit(most)
        )

        def work(session: Session) -> list[Named]:
            return [Named(*row) for row in session.execute(query)]

        return self._database.read(work) if collection_ids else []

    def steps(self, document_id: str) -> list[Step]:
        query = (
            select(PassageRow.id, PassageRow.heading, func.length(PassageRow.text))
            .where(PassageRow.document_id == document_id)
            .order_by(PassageRow.ordinal)
        )
        return self._database.read(lambda session: [Step(*row) for row in session.execute(query)])
