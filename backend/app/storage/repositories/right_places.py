"""Finding right passages again after their documents were read or uploaded anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from backend.app.domain.documents import DocumentStatus, Passage
from backend.app.domain.evaluation import Judgement, RightPlace
from backend.app.storage.database import Database
from backend.app.storage.models import DocumentRow, PassageRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.passages import SEARCHABLE

_UNREAD = (DocumentStatus.QUEUED.value, DocumentStatus.EXTRACTING.value)
_BATCH = 100  # conditions in one statement
_SEEN_CHARS = 80  # of a quote: enough to tell a passage from the others of its document
_LEAST_SHARE = 0.5  # of the shorter of two stretches of text, for them to be the same passage


class _File(NamedTuple):
    id: str
    title: str
    sha256: str
    filename: str
    status: str

    @property
    def waits(self) -> bool:
        return self.status not in SEARCHABLE


class _Files:
    """A collection's documents that may be meant, the newest first."""

    def __init__(self, files: Sequence[_File]) -> None:
        self.ids = {file.id for file in files if not file.waits}
        self._by_bytes = {file.sha256: file for file in files}
        # One that is still to be read gives way to one of the same name that can be searched.
        self._by_name = {file.filename: file for file in sorted(files, key=lambda file: (not file.waits, file.id))}

    def of(self, judgement: Judgement) -> _File | None:
        """Return the document of the same bytes, else the newest one of the same name."""
        return self._by_bytes.get(judgement.sha256) or self._by_name.get(judgement.filename)


class SqlRightPlaces:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, collection_id: str, judgements: Sequence[Judgement]) -> list[RightPlace]:
        """Return where each judgement leads: by the passage's id; by its place in a document of the same bytes;
        by its first words in a newer document of the same name.
        """
        if not judgements:
            return []
        return self._database.read(lambda session: _find(session, collection_id, judgements))


def _find(session: Session, collection_id: str, judgements: Sequence[Judgement]) -> list[RightPlace]:
    files = _files(session, collection_id, judgements)
    by_id = _by_id(session, [j.passage_id for j in judgements if j.passage_id is not None], files)
    lost = [j for j in judgements if not j.is_whole and j.passage_id not in by_id]
    again = _again(session, lost, files)
    places = []
    for judgement in judgements:
        file = files.of(judgement)
        if file is None or file.waits:
            places.append(RightPlace(judgement, title=file.title if file else "", waits=file is not None))
            continue
        kept = by_id.get(judgement.passage_id or 0)
        passages = (kept,) if kept else again.get(judgement, ())
        found = bool(passages) or judgement.is_whole
        places.append(RightPlace(judgement, file.id if found else None, file.title, passages))
    return places


def _files(session: Session, collection_id: str, judgements: Sequence[Judgement]) -> _Files:
    found: dict[str, _File] = {}
    for batch in _batches(judgements):
        query = select(
            DocumentRow.id, DocumentRow.title, DocumentRow.sha256, DocumentRow.filename, DocumentRow.status
        ).where(
            DocumentRow.collection_id == collection_id,
            DocumentRow.status.in_((*SEARCHABLE, *_UNREAD)),
            or_(
                DocumentRow.sha256.in_({judgement.sha256 for judgement in batch}),
                DocumentRow.filename.in_({judgement.filename for judgement in batch}),
            ),
        )
        found |= {
            row.id: _File(row.id, row.title, row.sha256, row.filename, row.status) for row in session.execute(query)
        }
    return _Files(sorted(found.values(), reverse=True))


def _by_id(session: Session, ids: Sequence[int], files: _Files) -> dict[int, Passage]:
    found: dict[int, Passage] = {}
    for first in range(0, len(ids), _BATCH):
        query = select(PassageRow).where(PassageRow.id.in_(ids[first : first + _BATCH]))
        found |= {row.id: rows.passage(row) for row in session.scalars(query) if row.document_id in files.ids}
    return found


def _again(session: Session, lost: Sequence[Judgement], files: _Files) -> dict[Judgement, tuple[Passage, ...]]:
    meant = [(judgement, file) for judgement in lost if (file := files.of(judgement)) and not file.waits]
    found: dict[Judgement, tuple[Passage, ...]] = {}
    for first in range(0, len(meant), _BATCH):
        batch = meant[first : first + _BATCH]
        query = select(PassageRow).where(or_(*(_may_be(judgement, file) for judgement, file in batch)))
        passages = [rows.passage(row) for row in session.scalars(query.order_by(PassageRow.ordinal))]
        for judgement, file in batch:
            own = [passage for passage in passages if passage.document_id == file.id]
            found[judgement] = _same_passages(judgement, file, own)
    return found


def _may_be(judgement: Judgement, file: _File) -> ColumnElement[bool]:
    if file.sha256 == judgement.sha256:
        place = and_(PassageRow.start < judgement.end, PassageRow.end > judgement.start)
    else:
        place = PassageRow.text.contains(_seen(judgement), autoescape=True)
    return and_(PassageRow.document_id == file.id, place)


def _same_passages(judgement: Judgement, file: _File, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    if file.sha256 != judgement.sha256:
        return tuple(passage for passage in passages if _seen(judgement) in passage.text)[:1]
    return tuple(passage for passage in passages if _share(judgement, passage) >= _LEAST_SHARE)


def _share(judgement: Judgement, passage: Passage) -> float:
    common = min(judgement.end, passage.end) - max(judgement.start, passage.start)
    return common / max(1, min(judgement.end - judgement.start, passage.end - passage.start))


def _seen(judgement: Judgement) -> str:
    return judgement.quote[:_SEEN_CHARS]


def _batches(judgements: Sequence[Judgement]) -> Iterable[Sequence[Judgement]]:
    for first in range(0, len(judgements), _BATCH):
        yield judgements[first : first + _BATCH]
