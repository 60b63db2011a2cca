"""Test questions and their right passages in SQL."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from backend.app.domain.evaluation import Judgement, LabelledQuestion, NewQuestion, QuestionSource
from backend.app.errors import CollectionNotFound, Conflict, PassageNotFound, QuestionExists, QuestionNotFound
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.evaluation_models import JudgementRow, QuestionRow
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.models import DocumentRow, PassageRow
from backend.app.storage.repositories.access import LOCK, access_to, hold_collection
from backend.app.storage.repositories.passages import SEARCHABLE
from backend.app.storage.repositories.texts import contains

_QUOTE_CHARS = 500
_BATCH = 400  # ids in one statement

_Key = tuple[str, str, int | None]  # of a judgement: its question, document and passage


class SqlLabelledQuestions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, user_id: str, collection_id: str, text: str | None, page: Page
    ) -> tuple[list[LabelledQuestion], str | None]:
        query = select(QuestionRow).where(QuestionRow.collection_id == collection_id)
        if text:
            query = query.where(contains(QuestionRow.text, text))
        if page.cursor is not None:
            (last,) = cursors.decode(page.cursor, str)
            query = query.where(QuestionRow.id < last)
        query = query.order_by(QuestionRow.id.desc()).limit(page.limit + 1)

        def work(session: Session) -> tuple[list[LabelledQuestion], str | None]:
            access_to(session, user_id, collection_id)
            found = list(session.scalars(query))
            more = len(found) > page.limit
            return with_judgements(session, found[: page.limit]), (
                cursors.encode(found[page.limit - 1].id) if more else None
            )

        return self._database.read(work)

    def count(self, user_id: str, collection_id: str) -> int:
        query = select(func.count()).select_from(QuestionRow).where(QuestionRow.collection_id == collection_id)

        def work(session: Session) -> int:
            access_to(session, user_id, collection_id)
            return session.scalar(query) or 0

        return self._database.read(work)

    def get(self, user_id: str, question_id: str) -> LabelledQuestion:
        return self._database.read(
            lambda session: with_judgements(session, [_visible(session, user_id, question_id)])[0]
        )

    def judgements_of(self, user_id: str, collection_id: str, passage_ids: Sequence[int]) -> tuple[Judgement, ...]:
        def work(session: Session) -> tuple[Judgement, ...]:
            access_to(session, user_id, collection_id)
            return _all_judgements(session, collection_id, passage_ids)

        return self._database.read(work)

    def known(self, user_id: str, collection_id: str, text: str) -> bool:
        def work(session: Session) -> bool:
            access_to(session, user_id, collection_id)
            return _same(session, collection_id, text) is not None

        return self._database.read(work)

    def add(
        self, user_id: str, collection_id: str, questions: Sequence[NewQuestion], *, most: int
    ) -> list[LabelledQuestion]:
        counted = select(func.count()).select_from(QuestionRow).where(QuestionRow.collection_id == collection_id)

        def work(session: Session) -> list[LabelledQuestion]:
            hold_collection(session, collection_id)  # two who add the same question wait for each other
            access_to(session, user_id, collection_id)
            known = _by_key(session, collection_id, [text_key(question.text) for question in questions])
            older = [row.id for row in known.values()]
            touched: dict[str, QuestionRow] = {}
            for question in questions:
                row = known.get(text_key(question.text))
                if row is None:
                    row = _row(collection_id, question)
                    session.add(row)
                    known[row.text_key] = row
                touched[row.id] = row
            session.flush()
            if (session.scalar(counted) or 0) > most:
                raise Conflict(f"A collection has at most {most:,} test questions. Delete some first.")
            _add_judgements(session, [(known[text_key(q.text)].id, q.judgements) for q in questions], older)
            return with_judgements(session, list(touched.values()))

        return self._database.write(work)

    def change(
        self, user_id: str, question_id: str, *, text: str | None, passage_ids: Sequence[int] | None
    ) -> LabelledQuestion:
        def work(session: Session) -> LabelledQuestion:
            row = _visible(session, user_id, question_id, hold=True)
            if text is not None:
                same = _same(session, row.collection_id, text)
                if same is not None and same != row.id:
                    raise QuestionExists
                row.text, row.text_key = text, text_key(text)
            if passage_ids is not None:
                right = _all_judgements(session, row.collection_id, passage_ids)
                session.execute(delete(JudgementRow).where(JudgementRow.question_id == question_id))
                _insert_judgements(session, [(question_id, right)], set())
            session.flush()
            return with_judgements(session, [row])[0]

        return self._database.write(work)

    def delete(self, user_id: str, question_id: str) -> str:
        def work(session: Session) -> str:
            collection_id = _visible(session, user_id, question_id).collection_id
            session.execute(delete(QuestionRow).where(QuestionRow.id == question_id))
            return collection_id

        return self._database.write(work)


def text_key(text: str) -> str:
    """Return what tells questions apart: their words, not their case."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def with_judgements(session: Session, found: Sequence[QuestionRow]) -> list[LabelledQuestion]:
    """Return questions with their judgements, which few statements read for all."""
    judged: defaultdict[str, list[Judgement]] = defaultdict(list)
    for ids in _batches([row.id for row in found]):
        query = select(JudgementRow).where(JudgementRow.question_id.in_(ids)).order_by(JudgementRow.id)
        for row in session.scalars(query):
            judged[row.question_id].append(_judgement(row))
    return [
        LabelledQuestion(
            row.id,
            row.collection_id,
            row.text,
            row.language,
            QuestionSource(row.source),
            tuple(judged[row.id]),
            row.created_at,
        )
        for row in found
    ]


def judgements_of(session: Session, collection_id: str, passage_ids: Sequence[int]) -> tuple[Judgement, ...]:
    """Return those of the passages that are in the collection and may be found, as judgements, in their order."""
    query = (
        select(PassageRow, DocumentRow.sha256, DocumentRow.filename)
        .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
        .where(
            PassageRow.id.in_(list(passage_ids)),
            DocumentRow.collection_id == collection_id,
            DocumentRow.status.in_(SEARCHABLE),
        )
    )
    found = {
        row.id: Judgement(row.document_id, sha256, filename, row.id, row.start, row.end, row.text[:_QUOTE_CHARS])
        for row, sha256, filename in session.execute(query)
    }
    return tuple(found[passage_id] for passage_id in passage_ids if passage_id in found)


def _all_judgements(session: Session, collection_id: str, passage_ids: Sequence[int]) -> tuple[Judgement, ...]:
    wanted = list(dict.fromkeys(passage_ids))
    found = judgements_of(session, collection_id, wanted)
    if len(found) < len(wanted):
        raise PassageNotFound
    return found


def _visible(session: Session, user_id: str, question_id: str, *, hold: bool = False) -> QuestionRow:
    row = session.get(QuestionRow, question_id)
    if row is None:
        raise QuestionNotFound
    try:
        if hold:
            hold_collection(session, row.collection_id)
        access_to(session, user_id, row.collection_id)
    except CollectionNotFound as error:
        raise QuestionNotFound from error
    if hold:
        row = session.get(QuestionRow, question_id, with_for_update=LOCK, populate_existing=True)
        if row is None:
            raise QuestionNotFound
    return row


def _same(session: Session, collection_id: str, text: str) -> str | None:
    query = select(QuestionRow.id).where(
        QuestionRow.collection_id == collection_id, QuestionRow.text_key == text_key(text)
    )
    return session.scalar(query)


def _by_key(session: Session, collection_id: str, keys: Sequence[str]) -> dict[str, QuestionRow]:
    found: dict[str, QuestionRow] = {}
    for batch in _batches(keys):
        query = select(QuestionRow).where(QuestionRow.collection_id == collection_id, QuestionRow.text_key.in_(batch))
        found |= {row.text_key: row for row in session.scalars(query)}
    return found


def _row(collection_id: str, question: NewQuestion) -> QuestionRow:
    return QuestionRow(
        id=new_id(),
        collection_id=collection_id,
        text=question.text,
        text_key=text_key(question.text),
        language=question.language,
        source=question.source.value,
        created_at=datetime.now(UTC),
    )


def _add_judgements(session: Session, judged: Sequence[tuple[str, Sequence[Judgement]]], older: Iterable[str]) -> None:
    """Add those that a question does not have yet; only the ``older`` questions have any."""
    known: set[_Key] = set()
    for ids in _batches(older):
        query = select(JudgementRow.question_id, JudgementRow.document_id, JudgementRow.passage_id)
        known |= {(row[0], row[1], row[2]) for row in session.execute(query.where(JudgementRow.question_id.in_(ids)))}
    _insert_judgements(session, judged, known)


def _insert_judgements(session: Session, judged: Sequence[tuple[str, Sequence[Judgement]]], known: set[_Key]) -> None:
    columns = []
    for question_id, judgements in judged:
        for judgement in judgements:
            key = (question_id, judgement.document_id, judgement.passage_id)
            if key not in known:
                known.add(key)
                columns.append({"question_id": question_id, **_columns(judgement)})
    if columns:
        session.execute(insert(JudgementRow), columns)


def _columns(judgement: Judgement) -> dict[str, object]:
    names = ("document_id", "sha256", "filename", "passage_id", "start", "end", "quote", "relevance")
    return {name: getattr(judgement, name) for name in names}


def _judgement(row: JudgementRow) -> Judgement:
    return Judgement(
        row.document_id, row.sha256, row.filename, row.passage_id, row.start, row.end, row.quote, row.relevance
    )


def _batches(items: Iterable[str]) -> Iterable[list[str]]:
    whole = list(items)
    for first in range(0, len(whole), _BATCH):
        yield whole[first : first + _BATCH]
