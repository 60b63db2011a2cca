"""Who may see and change a collection: the one place that every repository asks."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.errors import CollectionNotFound, DocumentNotFound, Forbidden
from backend.app.storage.models import DocumentRow, MemberRow


def visible_collections(user_id: str) -> Select[tuple[str]]:
    """Return the query of the ids of all collections that a user may see."""
    return select(MemberRow.collection_id).where(MemberRow.user_id == user_id)


def access_to(session: Session, user_id: str, collection_id: str) -> Access:
    """Return the user's access.

    Raises:
        CollectionNotFound: the collection does not exist, or the user may not see it.
    """
    member = session.get(MemberRow, (collection_id, user_id))
    if member is None:
        raise CollectionNotFound
    return Access(member.access)


def require_writer(session: Session, user_id: str, collection_id: str) -> None:
    if not access_to(session, user_id, collection_id).may_write:
        raise Forbidden("You may read this collection, not change it. Ask its owner.")


def require_owner(session: Session, user_id: str, collection_id: str) -> None:
    if access_to(session, user_id, collection_id) is not Access.OWNER:
        raise Forbidden("Only the owner may do this.")


def visible_document(session: Session, user_id: str, document_id: str) -> DocumentRow:
    """Return the document's row.

    Raises:
        DocumentNotFound: it does not exist, or the user may not see it.
    """
    row = session.get(DocumentRow, document_id)
    if row is None or session.get(MemberRow, (row.collection_id, user_id)) is None:
        raise DocumentNotFound
    return row
