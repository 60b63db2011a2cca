"""Who may see and change a collection: the one place that every repository asks.

What changes a collection holds its row until the transaction ends, and so do changes to its
documents, always in the order user, collection, document, job. PostgreSQL's writers thus neither
decide on what another is about to change nor wait for each other in a circle; SQLite has one
writer at a time anyway.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.errors import CollectionNotFound, DocumentNotFound, Forbidden, UserNotFound
from backend.app.storage.models import CollectionRow, DocumentRow, MemberRow, UserRow

# FOR NO KEY UPDATE: rows that refer to this one may still be added.
LOCK: dict[str, Any] = {"key_share": True}


def visible_collections(user_id: str) -> Select[str]:
    """Return the query of the ids of all collections that a user may see."""
    return select(MemberRow.collection_id).where(MemberRow.user_id == user_id)


def _access(user_id: str, collection_id: str) -> Select[str]:
    return select(MemberRow.access).where(MemberRow.collection_id == collection_id, MemberRow.user_id == user_id)


def access_to(session: Session, user_id: str, collection_id: str) -> Access:
    """Return the user's access.

    Raises:
        CollectionNotFound: the collection does not exist, or the user may not see it.
    """
    access = session.scalar(_access(user_id, collection_id))
    if access is None:
        raise CollectionNotFound
    return Access(access)


def require_writer(session: Session, user_id: str, collection_id: str) -> CollectionRow:
    """Return the collection's row, held, if the user may change what is in it."""
    row = hold_collection(session, collection_id)
    if not access_to(session, user_id, collection_id).may_write:
        raise Forbidden("You may read this collection, not change it. Ask its owner.")
    return row


def require_owner(session: Session, user_id: str, collection_id: str) -> CollectionRow:
    """Return the collection's row, held, if the user owns it."""
    row = hold_collection(session, collection_id)
    if access_to(session, user_id, collection_id) is not Access.OWNER:
        raise Forbidden("Only the owner may do this.")
    return row


def visible_document(session: Session, user_id: str, document_id: str) -> DocumentRow:
    """Return the document's row.

    Raises:
        DocumentNotFound: it does not exist, or the user may not see it.
    """
    row = session.get(DocumentRow, document_id)
    if row is None or session.scalar(_access(user_id, row.collection_id)) is None:
        raise DocumentNotFound
    return row


def writable_document(session: Session, user_id: str, document_id: str) -> DocumentRow:
    """Return the document's row, held with its collection's.

    Raises:
        DocumentNotFound, Forbidden
    """
    seen = visible_document(session, user_id, document_id)
    try:
        require_writer(session, user_id, seen.collection_id)
    except CollectionNotFound as error:  # it went in this moment
        raise DocumentNotFound from error
    row = session.get(DocumentRow, document_id, with_for_update=LOCK, populate_existing=True)
    if row is None:
        raise DocumentNotFound
    return row


def hold_collection(session: Session, collection_id: str) -> CollectionRow:
    row = session.get(CollectionRow, collection_id, with_for_update=LOCK)
    if row is None:
        raise CollectionNotFound
    return row


def hold_user(session: Session, user_id: str) -> None:
    """Let one change at a time count or name what this user owns."""
    if session.get(UserRow, user_id, with_for_update=LOCK) is None:
        raise UserNotFound("This account does not exist any more. Sign in again.")
