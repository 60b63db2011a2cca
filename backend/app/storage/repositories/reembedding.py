"""Moving collections from one embedder's vectors to another's, in SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Passage
from backend.app.domain.search import MoveProgress
from backend.app.storage.database import Database
from backend.app.storage.models import CollectionRow, DocumentRow, PassageRow, ReembeddingRow
from backend.app.storage.reembedding import Move
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import LOCK, visible_collections
from backend.app.storage.repositories.indexing import LEASE


class SqlReembeddings:
    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def searched_by(self, collection_id: str, chosen: str) -> str:
        query = select(CollectionRow.embedding).where(CollectionRow.id == collection_id)
        if found := self._database.read(lambda session: session.scalar(query)):
            return found
        unnamed = and_(CollectionRow.id == collection_id, CollectionRow.embedding == "")

        def work(session: Session) -> str:
            session.execute(update(CollectionRow).where(unnamed).values(embedding=chosen))
            return session.scalar(query) or chosen

        return self._database.write(work)

    def spaces_of(self, collection_id: str) -> list[str]:
        def work(session: Session) -> list[str]:
            searched = select(CollectionRow.embedding).where(CollectionRow.id == collection_id)
            coming = select(ReembeddingRow.embedding).where(ReembeddingRow.collection_id == collection_id)
            found = [session.scalar(searched), session.scalar(coming)]
            return [name for name in dict.fromkeys(found) if name]

        return self._database.read(work)

    def to_move(self, target: str) -> list[str]:
        query = select(CollectionRow.id).where(_is_elsewhere(target)).order_by(CollectionRow.id)
        return self._database.read(lambda session: list(session.scalars(query)))

    def abandoned(self, target: str) -> list[tuple[str, str]]:
        query = (
            select(ReembeddingRow.collection_id, ReembeddingRow.embedding)
            .join(CollectionRow, CollectionRow.id == ReembeddingRow.collection_id)
            .where(or_(ReembeddingRow.embedding != target, CollectionRow.embedding == target))
        )
        return self._database.read(lambda session: [(row[0], row[1]) for row in session.execute(query)])

    def forget(self, collection_id: str, embedding: str) -> None:
        row = and_(ReembeddingRow.collection_id == collection_id, ReembeddingRow.embedding == embedding)
        self._database.write(lambda session: session.execute(delete(ReembeddingRow).where(row)))

    def claim(self, collection_id: str, target: str, owner: str) -> Move | None:
        now = self._now()

        def work(session: Session) -> Move | None:
            collection = session.get(CollectionRow, collection_id, with_for_update=LOCK)
            if collection is None or collection.embedding in ("", target):
                return None
            row = session.get(ReembeddingRow, collection_id)
            if row is None:
                row = ReembeddingRow(
                    collection_id=collection_id, embedding=target, last_passage_id=0, owner=None, created_at=now
                )
                session.add(row)
            elif row.embedding != target or (row.owner != owner and row.lease_until and row.lease_until > now):
                return None
            row.owner, row.lease_until = owner, now + LEASE
            return Move(collection_id, collection.embedding, target, row.last_passage_id, owner)

        return self._database.write(work)

    def next_passages(self, move: Move, limit: int) -> list[tuple[Passage, str]]:
        query = (
            select(PassageRow, DocumentRow.title)
            .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
            .where(PassageRow.collection_id == move.collection_id, PassageRow.id > move.last_passage_id)
            .order_by(PassageRow.id)
            .limit(limit)
        )
        return self._database.read(
            lambda session: [(rows.passage(row), title) for row, title in session.execute(query)]
        )

    def passages(self, move: Move) -> int:
        query = _count().where(PassageRow.collection_id == move.collection_id, PassageRow.id <= move.last_passage_id)
        return self._database.read(lambda session: session.scalar(query) or 0)

    def advance(self, move: Move, last_passage_id: int) -> Move | None:
        noted = update(ReembeddingRow).where(*_held(move)).returning(ReembeddingRow.collection_id)
        values = {"last_passage_id": last_passage_id, "lease_until": self._now() + LEASE}
        found = self._database.write(lambda session: session.scalar(noted.values(values)))
        return None if found is None else replace(move, last_passage_id=last_passage_id)

    def finish(self, move: Move) -> bool:
        more = select(PassageRow.id).where(
            PassageRow.collection_id == move.collection_id, PassageRow.id > move.last_passage_id
        )

        def work(session: Session) -> bool:
            # Held: what stores passages holds it too, so none comes between the look and the change.
            collection = session.get(CollectionRow, move.collection_id, with_for_update=LOCK)
            if collection is None or session.scalar(more.limit(1)) is not None:
                return False
            gone = delete(ReembeddingRow).where(*_held(move)).returning(ReembeddingRow.collection_id)
            if session.scalar(gone) is None:
                return False
            query = update(CollectionRow).where(CollectionRow.id == move.collection_id)
            session.execute(query.values(embedding=move.target, version=CollectionRow.version + 1))
            return True

        return self._database.write(work)

    def release(self, move: Move) -> None:
        query = update(ReembeddingRow).where(*_held(move)).values(owner=None, lease_until=None)
        self._database.write(lambda session: session.execute(query))

    def leases(self) -> list[str]:
        query = select(ReembeddingRow.owner).where(ReembeddingRow.owner.is_not(None)).distinct()
        return self._database.read(lambda session: [owner for owner in session.scalars(query) if owner])

    def free_leases(self, owner: str) -> None:
        query = update(ReembeddingRow).where(ReembeddingRow.owner == owner).values(owner=None, lease_until=None)
        self._database.write(lambda session: session.execute(query))

    def progress(self, user_id: str | None, collection_id: str | None = None) -> MoveProgress | None:
        seen: list[ColumnElement[bool]] = []
        if user_id is not None:
            seen.append(CollectionRow.id.in_(visible_collections(user_id)))
        if collection_id is not None:
            seen.append(CollectionRow.id == collection_id)
        of_row = PassageRow.collection_id == ReembeddingRow.collection_id
        passages = _count().where(of_row).correlate(ReembeddingRow)
        done = passages.where(PassageRow.id <= ReembeddingRow.last_passage_id)
        query = (
            select(
                CollectionRow.embedding, ReembeddingRow.embedding, passages.scalar_subquery(), done.scalar_subquery()
            )
            .join(CollectionRow, CollectionRow.id == ReembeddingRow.collection_id)
            .where(*seen)
        )
        found = self._database.read(lambda session: list(session.execute(query)))
        if not found:
            return None
        return MoveProgress(
            sources=tuple(sorted({row[0] for row in found})),
            target=found[0][1],
            passages=sum(row[2] for row in found),
            done=sum(row[3] for row in found),
        )


def _count() -> Select[Any]:
    return select(func.count()).select_from(PassageRow)


def _is_elsewhere(target: str) -> ColumnElement[bool]:
    return CollectionRow.embedding.not_in(("", target))


def _held(move: Move) -> tuple[ColumnElement[bool], ...]:
    return (
        ReembeddingRow.collection_id == move.collection_id,
        ReembeddingRow.embedding == move.target,
        ReembeddingRow.owner == move.owner,
    )
