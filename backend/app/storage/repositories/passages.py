"""Passages in SQL: the last word on what a search may show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backend.app.domain.documents import DocumentStatus, Passage
from backend.app.storage.database import Database
from backend.app.storage.models import DocumentRow, PassageRow
from backend.app.storage.repositories import rows

SEARCHABLE = tuple(status.value for status in DocumentStatus if status.is_searchable)
_BATCH = 2000
_PASSAGE = tuple(PassageRow.__table__.c[field.name] for field in fields(Passage))  # in the order of the dataclass
# Built once: making a statement costs more than running it. COALESCE keeps SQLite from starting at
# the documents: from their index it would come to every passage of a collection, not to those asked for.
_VISIBLE = (
    select(*_PASSAGE, DocumentRow.title.label("document_title"))
    .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
    .where(
        PassageRow.id.in_(bindparam("ids", expanding=True)),
        func.coalesce(DocumentRow.collection_id, "").in_(bindparam("collections", expanding=True)),
        func.coalesce(DocumentRow.status, "").in_(SEARCHABLE),
    )
)


class SqlPassages:
    def __init__(self, database: Database) -> None:
        self._database = database

    def visible(self, ids: Sequence[int], collection_ids: Sequence[str]) -> dict[int, tuple[Passage, str]]:
        if not ids or not collection_ids:
            return {}
        found = self._database.rows(_VISIBLE, {"ids": list(ids), "collections": list(collection_ids)})
        return dict(map(_shown, map(tuple, found)))

    def of_collection(self, collection_id: str) -> Iterable[list[Passage]]:
        last = 0
        while batch := self._database.read(partial(_searchable_after, collection_id=collection_id, last=last)):
            yield batch
            last = batch[-1].id


def _shown(values: tuple[Any, ...]) -> tuple[int, tuple[Passage, str]]:
    passage = Passage(*values[:-1])
    return passage.id, (passage, values[-1])


def _searchable_after(session: Session, collection_id: str, last: int) -> list[Passage]:
    query = (
        select(PassageRow)
        .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
        .where(
            DocumentRow.collection_id == collection_id,
            DocumentRow.status.in_(SEARCHABLE),
            PassageRow.id > last,
        )
        .order_by(PassageRow.id)
        .limit(_BATCH)
    )
    return [rows.passage(row) for row in session.scalars(query)]
