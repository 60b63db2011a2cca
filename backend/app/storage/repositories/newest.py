"""The newest documents of several collections, at a cost that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import aliased

from backend.app.storage.models import DocumentRow, MemberRow

Conditions = Callable[[type[DocumentRow]], list[ColumnElement[bool]]]


def newest(user_id: str, conditions: Conditions, count: int, *, is_sqlite: bool) -> Select[Any]:
    """Return the query of the ``count`` newest documents, newest first, of all that a user may see.

    No index has the documents of several collections in one order. So each collection gives its own
    newest out of its index, and only those are sorted. Asked more simply, SQLite sorts all documents
    for every page, and PostgreSQL may walk through everybody else's.
    """
    query = _bounded(conditions, count) if is_sqlite else _lateral(conditions, count)
    return query.where(MemberRow.user_id == user_id).limit(count)


def _lateral(conditions: Conditions, count: int) -> Select[Any]:
    each = (
        select(DocumentRow)
        .where(DocumentRow.collection_id == MemberRow.collection_id, *conditions(DocumentRow))
        .order_by(DocumentRow.id.desc())
        .limit(count)
        .correlate(MemberRow)
        .lateral()
    )
    found = aliased(DocumentRow, each)
    return select(found).select_from(MemberRow).join(found, true()).order_by(found.id.desc())


def _bounded(conditions: Conditions, count: int) -> Select[Any]:
    """SQLite has no LATERAL; but a range in an index may begin at what a sub-query finds."""
    counted = aliased(DocumentRow)
    last = (
        select(counted.id)
        .where(counted.collection_id == MemberRow.collection_id, *conditions(counted))
        .order_by(counted.id.desc())
        .limit(1)
        .offset(count - 1)
        .correlate(MemberRow)
        .scalar_subquery()
    )
    return (
        select(DocumentRow)
        .join(MemberRow, MemberRow.collection_id == DocumentRow.collection_id)
        .where(*conditions(DocumentRow), DocumentRow.id >= func.coalesce(last, ""))
        .order_by(DocumentRow.id.desc())
    )
