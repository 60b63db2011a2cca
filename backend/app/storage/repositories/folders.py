"""Watched folders in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.orm import Session

from backend.app.domain.documents import Problem
from backend.app.domain.folders import Stat, WatchedFile, WatchedFolder
from backend.app.errors import FolderNotFound
from backend.app.storage.database import Database
from backend.app.storage.folder_models import WatchedFileRow, WatchedFolderRow
from backend.app.storage.ids import new_id
from backend.app.storage.repositories.access import access_to, require_writer

_FILE = tuple(WatchedFileRow.__table__.columns)
_UNCODED = "FOLDER_PROBLEM"  # of what an earlier version kept as a message alone


class SqlWatchedFolders:
    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def add(self, user_id: str, collection_id: str, path: str, *, kept: bool, confined: bool) -> WatchedFolder:
        same = select(WatchedFolderRow).where(
            WatchedFolderRow.collection_id == collection_id, WatchedFolderRow.path == path
        )

        def work(session: Session) -> WatchedFolder:
            require_writer(session, user_id, collection_id)
            row = session.scalar(same)
            if row is None:
                row = WatchedFolderRow(
                    id=new_id(),
                    collection_id=collection_id,
                    user_id=user_id,
                    path=path,
                    kept=kept,
                    confined=confined,
                    created_at=self._now(),
                )
                session.add(row)
            row.kept = row.kept or kept
            session.flush()
            return _folder(row, _count(session, row.id))

        return self._database.write(work)

    def of_collection(self, user_id: str, collection_id: str) -> list[WatchedFolder]:
        def work(session: Session) -> list[WatchedFolder]:
            access_to(session, user_id, collection_id)
            return _folders(session, WatchedFolderRow.collection_id == collection_id)

        return self._database.read(work)

    def all(self) -> list[WatchedFolder]:
        return self._database.read(lambda session: _folders(session))

    def remove(self, user_id: str, collection_id: str, folder_id: str) -> None:
        def work(session: Session) -> None:
            require_writer(session, user_id, collection_id)
            row = session.get(WatchedFolderRow, folder_id)
            if row is None or row.collection_id != collection_id:
                raise FolderNotFound
            session.execute(delete(WatchedFolderRow).where(WatchedFolderRow.id == folder_id))

        self._database.write(work)

    def claim(self, folder_id: str, owner: str, lease: timedelta) -> bool:
        now = self._now()
        taken = (
            update(WatchedFolderRow)
            .where(
                WatchedFolderRow.id == folder_id,
                or_(
                    WatchedFolderRow.lease_until.is_(None),
                    WatchedFolderRow.lease_until < now,
                    WatchedFolderRow.owner == owner,
                ),
            )
            .values(owner=owner, lease_until=now + lease)
            .returning(WatchedFolderRow.id)
        )
        return self._database.write(lambda session: session.execute(taken).one_or_none() is not None)

    def owners(self) -> list[str]:
        query = select(WatchedFolderRow.owner).where(WatchedFolderRow.owner.is_not(None)).distinct()
        return self._database.read(lambda session: [owner for owner in session.scalars(query) if owner])

    def release(self, owner: str) -> None:
        query = update(WatchedFolderRow).where(WatchedFolderRow.owner == owner)
        self._database.write(lambda session: session.execute(query.values(owner=None, lease_until=None)))

    def files(self, folder_id: str) -> dict[str, WatchedFile]:
        # Columns, not objects: every look reads all of them, and those of 10,000 files cost half a second.
        query = select(*_FILE).where(WatchedFileRow.folder_id == folder_id)
        return self._database.read(lambda session: {row.path: _file(row) for row in session.execute(query)})

    def replaced(self, folder_id: str) -> list[WatchedFile]:
        query = select(*_FILE).where(WatchedFileRow.folder_id == folder_id, WatchedFileRow.previous.is_not(None))
        return self._database.read(lambda session: [_file(row) for row in session.execute(query)])

    def refused(self, folder_ids: Sequence[str]) -> dict[str, list[WatchedFile]]:
        query = (
            select(WatchedFileRow)
            .where(WatchedFileRow.folder_id.in_(folder_ids), WatchedFileRow.problem.is_not(None))
            .order_by(WatchedFileRow.path)
        )

        def work(session: Session) -> dict[str, list[WatchedFile]]:
            found: dict[str, list[WatchedFile]] = {id: [] for id in folder_ids}
            for row in session.scalars(query):
                found[row.folder_id].append(_file(row))
            return found

        return self._database.read(work)

    def put(self, folder_id: str, files: Iterable[WatchedFile]) -> None:
        def work(session: Session) -> None:
            if session.get(WatchedFolderRow, folder_id) is None:  # it is watched no more
                return
            for file in files:
                session.merge(
                    WatchedFileRow(
                        folder_id=folder_id,
                        path=file.path,
                        bytes=file.stat.bytes,
                        modified_ns=file.stat.modified_ns,
                        inode=str(file.stat.inode),
                        sha256=file.sha256,
                        document_id=file.document_id,
                        owned=file.owned,
                        previous=file.previous,
                        **_problem_values(file.problem),
                    )
                )

        self._database.write(work)

    def forget(self, folder_id: str, paths: Iterable[str]) -> None:
        gone = list(paths)

        def work(session: Session) -> None:
            for first in range(0, len(gone), 500):
                part = WatchedFileRow.path.in_(gone[first : first + 500])
                session.execute(delete(WatchedFileRow).where(WatchedFileRow.folder_id == folder_id, part))

        self._database.write(work)

    def is_wanted(self, document_id: str) -> bool:
        query = select(WatchedFileRow.path).where(WatchedFileRow.document_id == document_id).limit(1)
        return self._database.read(lambda session: session.scalar(query) is not None)

    def came_from_a_folder(self, document_id: str) -> bool:
        ours = or_(WatchedFileRow.document_id == document_id, WatchedFileRow.previous == document_id)
        query = select(WatchedFileRow.path).where(ours, WatchedFileRow.owned).limit(1)
        return self._database.read(lambda session: session.scalar(query) is not None)

    def looked(self, folder_id: str, device: int | None, problem: Problem | None) -> None:
        values = {
            "looked_at": self._now(),
            **_problem_values(problem),
            **({"device": device} if device is not None else {}),
        }
        query = update(WatchedFolderRow).where(WatchedFolderRow.id == folder_id).values(**values)
        self._database.write(lambda session: session.execute(query))


def _folders(session: Session, *conditions: object) -> list[WatchedFolder]:
    counts = select(WatchedFileRow.folder_id, func.count().label("count")).group_by(WatchedFileRow.folder_id).subquery()
    query = (
        select(WatchedFolderRow, func.coalesce(counts.c.count, 0))
        .outerjoin(counts, counts.c.folder_id == WatchedFolderRow.id)
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(WatchedFolderRow.id)
    )
    return [_folder(row, count) for row, count in session.execute(query)]


def _count(session: Session, folder_id: str) -> int:
    query = select(func.count()).select_from(WatchedFileRow).where(WatchedFileRow.folder_id == folder_id)
    return session.scalar(query) or 0


def _folder(row: WatchedFolderRow, files: int) -> WatchedFolder:
    return WatchedFolder(
        id=row.id,
        collection_id=row.collection_id,
        user_id=row.user_id,
        path=row.path,
        kept=row.kept,
        confined=row.confined,
        device=row.device,
        files=files,
        problem=_problem(row),
        looked_at=row.looked_at,
        created_at=row.created_at,
    )


def _file(row: WatchedFileRow | Row[*tuple[Any, ...]]) -> WatchedFile:
    stat = Stat(row.bytes, row.modified_ns, int(row.inode))
    return WatchedFile(row.path, stat, row.sha256, row.document_id, row.owned, row.previous, _problem(row))


def _problem_values(problem: Problem | None) -> dict[str, str | None]:
    if problem is None:
        return {"error_code": None, "problem": None}
    return {"error_code": problem.error_code, "problem": problem.message}


def _problem(row: WatchedFolderRow | WatchedFileRow | Row[*tuple[Any, ...]]) -> Problem | None:
    if row.problem is None:
        return None
    return Problem(row.error_code or _UNCODED, row.problem)
