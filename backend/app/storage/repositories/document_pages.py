"""Lists of documents, part by part, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.app.domain.documents import Document
from backend.app.errors import InvalidRequest
from backend.app.storage import cursors
from backend.app.storage.interfaces import DocumentFilter, DocumentSort, Page
from backend.app.storage.models import DocumentRow, JobRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import visible_collections
from backend.app.storage.repositories.newest import newest
from backend.app.storage.repositories.texts import contains

_LARGEST = 2**63 - 1

Found = tuple[list[Document], str | None]


@dataclass(frozen=True, slots=True)
class _Order:
    """What a list is sorted by before the id: a column, and how a cursor carries its values."""

    by: ColumnElement[Any]
    descending: bool
    carried: Callable[[DocumentRow], str]
    read: Callable[[str], Any]


def document_page(session: Session, user_id: str, which: DocumentFilter, page: Page, *, is_sqlite: bool) -> Found:
    """Return a part of the documents that a user may see, and the cursor of the next part."""
    if which.sort in (DocumentSort.NEWEST, DocumentSort.OLDEST):
        return _by_time(session, user_id, which, page, is_sqlite=is_sqlite)
    return _by_order(session, user_id, which, page, _order(which.sort, is_sqlite=is_sqlite))


def with_jobs(session: Session, found: Sequence[DocumentRow]) -> list[Document]:
    """Return documents with the ids of their latest jobs, which one statement reads for all."""
    if not found:
        return []
    query = select(JobRow.id, JobRow.document_id).where(JobRow.document_id.in_([row.id for row in found]))
    latest = {document_id: job_id for job_id, document_id in sorted(map(tuple, session.execute(query)))}
    return [rows.document(row, latest.get(row.id)) for row in found]


def _by_time(session: Session, user_id: str, which: DocumentFilter, page: Page, *, is_sqlite: bool) -> Found:
    last = cursors.decode(page.cursor, str)[0] if page.cursor is not None else None
    oldest_first = which.sort is DocumentSort.OLDEST

    def conditions(row: type[DocumentRow]) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if last is not None:
            found.append(row.id > last if oldest_first else row.id < last)
        return found + _states(row, which)

    query: Select[Any]
    if which.collection_id is None and which.reach is None and not which.text and not oldest_first:
        query = newest(user_id, conditions, page.limit + 1, is_sqlite=is_sqlite)
    else:
        order = DocumentRow.id.asc() if oldest_first else DocumentRow.id.desc()
        query = _visible(user_id, which).where(*conditions(DocumentRow)).order_by(order).limit(page.limit + 1)
    found = list(session.scalars(query))
    more = len(found) > page.limit
    return with_jobs(session, found[: page.limit]), cursors.encode(found[page.limit - 1].id) if more else None


def _by_order(session: Session, user_id: str, which: DocumentFilter, page: Page, order: _Order) -> Found:
    query = _visible(user_id, which).where(*_states(DocumentRow, which))
    if page.cursor is not None:
        carried, last = cursors.decode(page.cursor, str, str)
        value = order.read(str(carried))
        beyond = order.by < value if order.descending else order.by > value
        query = query.where(or_(beyond, and_(order.by == value, DocumentRow.id < last)))
    by = order.by.desc() if order.descending else order.by.asc()
    found = list(session.scalars(query.order_by(by, DocumentRow.id.desc()).limit(page.limit + 1)))
    if len(found) <= page.limit:
        return with_jobs(session, found), None
    end = found[page.limit - 1]
    return with_jobs(session, found[: page.limit]), cursors.encode(order.carried(end), end.id)


def _visible(user_id: str, which: DocumentFilter) -> Select[DocumentRow]:
    query = select(DocumentRow).where(DocumentRow.collection_id.in_(visible_collections(user_id)))
    if which.collection_id is not None:
        query = query.where(DocumentRow.collection_id == which.collection_id)
    if which.reach is not None:
        query = query.where(DocumentRow.collection_id.in_(which.reach))
    if which.text:
        query = query.where(or_(contains(DocumentRow.title, which.text), contains(DocumentRow.filename, which.text)))
    return query


def _states(row: type[DocumentRow], which: DocumentFilter) -> list[ColumnElement[bool]]:
    if not which.statuses:
        return []
    if len(which.statuses) == 1:
        return [row.status == which.statuses[0].value]
    return [row.status.in_([status.value for status in which.statuses])]


def _order(sort: DocumentSort, *, is_sqlite: bool) -> _Order:
    if sort is DocumentSort.LARGEST:
        return _Order(DocumentRow.bytes.expression, True, lambda row: str(row.bytes), _number)
    # By code points, as SQLite compares: PostgreSQL's own order depends on how it was set up. The
    # lower case is the database's, whose idea of it a cursor must not differ from: it carries the title.
    lower: ColumnElement[str] = func.lower(DocumentRow.title)
    by = lower if is_sqlite else lower.collate("C")
    return _Order(by, False, lambda row: row.title.encode().hex(), _lower_case)


def _number(carried: str) -> int:
    if not carried.isdecimal() or not carried.isascii() or int(carried[:20]) > _LARGEST:
        raise InvalidRequest("The cursor is not valid. Begin the list anew, without a cursor.")
    return int(carried)


def _lower_case(carried: str) -> Any:
    try:
        title = bytes.fromhex(carried).decode()
    except ValueError as error:
        raise InvalidRequest("The cursor is not valid. Begin the list anew, without a cursor.") from error
    return func.lower(title.replace("\0", ""))
