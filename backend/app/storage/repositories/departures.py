"""What becomes of a person's collections when the account goes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.app.domain.accounts import Access
from backend.app.errors import UserNotFound
from backend.app.storage.folder_models import WatchedFolderRow
from backend.app.storage.models import CollectionRow, DocumentRow, MemberRow, RemovalRow, UserRow
from backend.app.storage.repositories.access import hold_collection


def only_owned(session: Session, user_id: str) -> list[str]:
    """Return the collections that nobody else owns."""
    owners = select(MemberRow.collection_id).where(MemberRow.access == Access.OWNER.value)
    alone = owners.group_by(MemberRow.collection_id).having(func.count() == 1)
    query = owners.where(MemberRow.user_id == user_id, MemberRow.collection_id.in_(alone))
    return list(session.scalars(query.order_by(MemberRow.collection_id)))


def hand_over(session: Session, user_id: str, heir_id: str) -> None:
    """Make somebody the owner of all that would have none, and of the folders that are followed for it.

    Raises:
        UserNotFound: the heir may not sign in.
    """
    heir, leaver = session.get(UserRow, heir_id), session.get(UserRow, user_id)
    if heir is None or leaver is None or heir.password_hash is None or heir.suspended_at is not None:
        raise UserNotFound("Whoever takes over the collections needs an account that is not suspended.")
    owned = select(CollectionRow.name).join(MemberRow).where(MemberRow.user_id == heir_id)
    names = set(session.scalars(owned.where(MemberRow.access == Access.OWNER.value)))
    for collection_id in only_owned(session, user_id):
        collection = hold_collection(session, collection_id)
        if collection.name in names:
            collection.name = f"{collection.name} ({leaver.email})"[:200]
        names.add(collection.name)
        _make_owner(session, collection_id, heir_id)
        folders = update(WatchedFolderRow).where(WatchedFolderRow.collection_id == collection_id)
        session.execute(folders.where(WatchedFolderRow.user_id == user_id).values(user_id=heir_id))


def leave_behind(session: Session, user_id: str) -> list[str]:
    """Give what is shared to those who have most to say in it, and delete what nobody else could see.

    Return the ids of the files to remove.
    """
    files: list[str] = []
    for collection_id in only_owned(session, user_id):
        hold_collection(session, collection_id)
        others = MemberRow.collection_id == collection_id, MemberRow.user_id != user_id
        found = set(session.scalars(select(MemberRow.access).where(*others).distinct()))
        if found:
            most = Access.EDITOR if Access.EDITOR.value in found else Access.READER
            heirs = update(MemberRow).where(*others, MemberRow.access == most.value)
            session.execute(heirs.values(access=Access.OWNER.value))
        else:
            files += session.scalars(select(DocumentRow.id).where(DocumentRow.collection_id == collection_id))
            session.add(RemovalRow(collection_id=collection_id, document_id=None, created_at=datetime.now(UTC)))
            session.execute(delete(CollectionRow).where(CollectionRow.id == collection_id))
    return files


def _make_owner(session: Session, collection_id: str, user_id: str) -> None:
    row = session.get(MemberRow, (collection_id, user_id))
    if row is None:
        row = MemberRow(collection_id=collection_id, user_id=user_id, access=Access.OWNER.value)
        session.add(row)
    row.access = Access.OWNER.value
    session.flush()
