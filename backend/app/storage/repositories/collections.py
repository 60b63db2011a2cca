"""Collections and their members in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from backend.app.domain.accounts import Access, Member
from backend.app.domain.documents import Collection
from backend.app.errors import CollectionNotFound, Conflict, NameTaken, UserNotFound
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.models import CollectionRow, DocumentRow, MemberRow, RemovalRow, UserRow
from backend.app.storage.repositories.access import access_to, hold_collection, hold_user, require_owner
from backend.app.storage.repositories.email_keys import email_key
from backend.app.storage.repositories.passages import SEARCHABLE


class SqlCollections:
    def __init__(self, database: Database) -> None:
        self._database = database

    def visible(self, user_id: str) -> list[Collection]:
        return self._database.read(lambda session: _visible(session, user_id))

    def get(self, user_id: str, collection_id: str) -> Collection:
        return self._database.read(lambda session: _one(session, user_id, collection_id))

    def create(self, user_id: str, name: str) -> Collection:
        def work(session: Session) -> Collection:
            hold_user(session, user_id)
            _refuse_same_name(session, user_id, name)
            row = CollectionRow(id=new_id(), name=name, version=0, created_at=datetime.now(UTC))
            session.add(row)
            session.flush()
            session.add(MemberRow(collection_id=row.id, user_id=user_id, access=Access.OWNER.value))
            session.flush()
            return _one(session, user_id, row.id)

        return self._database.write(work)

    def rename(self, user_id: str, collection_id: str, name: str) -> Collection:
        def work(session: Session) -> Collection:
            hold_user(session, user_id)
            row = require_owner(session, user_id, collection_id)
            _refuse_same_name(session, user_id, name, besides=collection_id)
            row.name = name
            session.flush()
            return _one(session, user_id, collection_id)

        return self._database.write(work)

    def delete(self, user_id: str, collection_id: str) -> list[str]:
        def work(session: Session) -> list[str]:
            hold_user(session, user_id)
            require_owner(session, user_id, collection_id)
            others = (
                select(func.count())
                .select_from(MemberRow)
                .where(
                    MemberRow.user_id == user_id,
                    MemberRow.access == Access.OWNER.value,
                    MemberRow.collection_id != collection_id,
                )
            )
            if not session.scalar(others):
                raise Conflict("This is your only collection. Make another one before you delete it.")
            files = list(session.scalars(select(DocumentRow.id).where(DocumentRow.collection_id == collection_id)))
            session.add(RemovalRow(collection_id=collection_id, document_id=None, created_at=datetime.now(UTC)))
            session.execute(delete(CollectionRow).where(CollectionRow.id == collection_id))
            return files

        return self._database.write(work)

    def members(self, user_id: str, collection_id: str) -> list[Member]:
        def work(session: Session) -> list[Member]:
            access_to(session, user_id, collection_id)
            query = (
                select(MemberRow, UserRow)
                .join(UserRow, UserRow.id == MemberRow.user_id)
                .where(MemberRow.collection_id == collection_id)
                .order_by(UserRow.email_key)
            )
            return [_member(member, user) for member, user in session.execute(query)]

        return self._database.read(work)

    def put_member(self, user_id: str, collection_id: str, email: str, access: Access) -> Member:
        def work(session: Session) -> Member:
            require_owner(session, user_id, collection_id)
            user = session.scalar(select(UserRow).where(UserRow.email_key == email_key(email)))
            if user is None or user.password_hash is None:
                raise UserNotFound
            row = session.get(MemberRow, (collection_id, user.id))
            if row is None:
                row = MemberRow(collection_id=collection_id, user_id=user.id, access=access.value)
                session.add(row)
            row.access = access.value
            session.flush()
            _refuse_ownerless(session, collection_id)
            return _member(row, user)

        return self._database.write(work)

    def remove_member(self, user_id: str, collection_id: str, member_id: str) -> None:
        def work(session: Session) -> None:
            if member_id == user_id:  # everybody may leave
                hold_collection(session, collection_id)
                access_to(session, user_id, collection_id)
            else:
                require_owner(session, user_id, collection_id)
            row = session.get(MemberRow, (collection_id, member_id))
            if row is None:
                raise UserNotFound
            session.delete(row)
            session.flush()
            _refuse_ownerless(session, collection_id)

        self._database.write(work)


def _visible(session: Session, user_id: str, collection_id: str | None = None) -> list[Collection]:
    # One statement for all: a count in a sub-query, not a query a collection.
    documents = select(func.count()).where(DocumentRow.collection_id == CollectionRow.id).correlate(CollectionRow)
    searchable = documents.where(DocumentRow.status.in_(SEARCHABLE))
    counted = aliased(MemberRow)
    members = select(func.count()).where(counted.collection_id == CollectionRow.id).correlate(CollectionRow)
    counts = (documents.scalar_subquery(), searchable.scalar_subquery(), members.scalar_subquery())
    query = (
        select(CollectionRow, MemberRow.access, *counts)
        .join(MemberRow, MemberRow.collection_id == CollectionRow.id)
        .where(MemberRow.user_id == user_id)
        .order_by(CollectionRow.id)
    )
    if collection_id is not None:
        query = query.where(CollectionRow.id == collection_id)
    found = session.execute(query).all()
    owners = _owners(session, [row.id for row, access, *_ in found if access != Access.OWNER.value])
    return [
        Collection(
            id=row.id,
            name=row.name,
            version=row.version,
            access=Access(access),
            documents=all_documents,
            searchable=found_documents,
            created_at=row.created_at,
            embedding=row.embedding,
            members=all_members,
            owners=owners.get(row.id, ()),
        )
        for row, access, all_documents, found_documents, all_members in found
    ]


def _owners(session: Session, collection_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the names of those who share collections with a user."""
    if not collection_ids:
        return {}
    query = (
        select(MemberRow.collection_id, UserRow.name)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(MemberRow.collection_id.in_(collection_ids), MemberRow.access == Access.OWNER.value)
        .order_by(UserRow.email_key)
    )
    found: dict[str, tuple[str, ...]] = {}
    for collection_id, name in session.execute(query):
        found[collection_id] = (*found.get(collection_id, ()), name)
    return found


def _one(session: Session, user_id: str, collection_id: str) -> Collection:
    found = _visible(session, user_id, collection_id)
    if not found:
        raise CollectionNotFound
    return found[0]


def _member(row: MemberRow, user: UserRow) -> Member:
    return Member(user.id, user.email, user.name, Access(row.access))


def _refuse_same_name(session: Session, user_id: str, name: str, besides: str = "") -> None:
    same = (
        select(CollectionRow.id)
        .join(MemberRow, MemberRow.collection_id == CollectionRow.id)
        .where(
            MemberRow.user_id == user_id,
            MemberRow.access == Access.OWNER.value,
            CollectionRow.name == name,
            CollectionRow.id != besides,
        )
    )
    if session.scalar(same.limit(1)) is not None:
        raise NameTaken


def _refuse_ownerless(session: Session, collection_id: str) -> None:
    owners = select(MemberRow.user_id).where(
        MemberRow.collection_id == collection_id, MemberRow.access == Access.OWNER.value
    )
    if session.scalar(owners.limit(1)) is None:
        raise Conflict("A collection needs an owner. Make somebody else its owner first.")
