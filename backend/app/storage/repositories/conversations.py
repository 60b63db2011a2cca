"""Conversations and messages in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from backend.app.domain.chat import Conversation, Message, MessageStatus, Speaker, Turn
from backend.app.errors import ConversationNotFound, MessageNotFound
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.models import ConversationRow, MessageRow
from backend.app.storage.repositories import exchanges, rows
from backend.app.storage.repositories.access import LOCK
from backend.app.storage.repositories.sources import as_shown
from backend.app.storage.repositories.texts import contains


def _history() -> Select[Any]:
    """Build the query of a conversation's latest answers with their questions."""
    asked = aliased(MessageRow)
    question = (
        select(asked.text)
        .where(
            asked.conversation_id == MessageRow.conversation_id,
            asked.speaker == Speaker.USER.value,
            asked.place < MessageRow.place,
        )
        .order_by(asked.place.desc())
        .limit(1)
        .scalar_subquery()
    )
    # From the answers on: models want question and answer in turn, never one alone.
    return (
        select(question, MessageRow.text, MessageRow.sources, MessageRow.citations)
        .where(
            MessageRow.conversation_id == bindparam("conversation"),
            MessageRow.speaker == Speaker.ASSISTANT.value,
            MessageRow.status != MessageStatus.FAILED.value,
            MessageRow.text != "",
        )
        .order_by(MessageRow.place.desc())
        .limit(bindparam("pairs", type_=Integer))
    )


# Built once: making these statements costs more than running them.
_HISTORY = _history()
_HISTORY_BEFORE = _HISTORY.where(
    MessageRow.place < select(MessageRow.place).where(MessageRow.id == bindparam("before")).scalar_subquery()
)


class SqlConversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user_id: str, conversation_id: str) -> Conversation:
        return self._database.read(lambda session: rows.conversation(_own(session, user_id, conversation_id)))

    def create(self, user_id: str, title: str, collection_ids: Sequence[str]) -> Conversation:
        now = datetime.now(UTC)

        def work(session: Session) -> Conversation:
            row = ConversationRow(
                id=new_id(),
                user_id=user_id,
                title=title,
                pinned=False,
                collection_ids=list(collection_ids),
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            session.flush()
            return rows.conversation(row)

        return self._database.write(work)

    def page(self, user_id: str, text: str | None, page: Page) -> tuple[list[Conversation], str | None]:
        query = select(ConversationRow).where(ConversationRow.user_id == user_id)
        if text:
            said = exists().where(MessageRow.conversation_id == ConversationRow.id, contains(MessageRow.text, text))
            query = query.where(or_(contains(ConversationRow.title, text), said))
        if page.cursor is not None:
            after = cursors.decode(page.cursor, bool, datetime, str)
            key = tuple_(ConversationRow.pinned, ConversationRow.updated_at, ConversationRow.id)
            query = query.where(key < after)
        order = (ConversationRow.pinned.desc(), ConversationRow.updated_at.desc(), ConversationRow.id.desc())
        query = query.order_by(*order).limit(page.limit + 1)
        found = self._database.read(lambda session: [rows.conversation(row) for row in session.scalars(query)])
        if len(found) <= page.limit:
            return found, None
        last_shown = found[page.limit - 1]
        cursor = cursors.encode(last_shown.pinned, last_shown.updated_at, last_shown.id)
        return found[: page.limit], cursor

    def update(self, user_id: str, conversation_id: str, *, title: str | None, pinned: bool | None) -> Conversation:
        def work(session: Session) -> Conversation:
            row = _own(session, user_id, conversation_id, hold=True)
            if title is not None:
                row.title = title
            if pinned is not None:
                row.pinned = pinned
            session.flush()
            return rows.conversation(row)

        return self._database.write(work)

    def delete(self, user_id: str, conversation_id: str) -> None:
        def work(session: Session) -> None:
            _own(session, user_id, conversation_id)
            session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))

        self._database.write(work)

    def messages(
        self, user_id: str, conversation_id: str, page: Page, *, newest_first: bool = False
    ) -> tuple[list[Message], str | None]:
        place = MessageRow.place

        def work(session: Session) -> tuple[list[Message], str | None]:
            _own(session, user_id, conversation_id)
            query = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
            query = query.order_by(place.desc() if newest_first else place)
            if page.cursor is not None:
                (last,) = cursors.decode(page.cursor, str)
                query = query.where(place < last if newest_first else place > last)
            found = session.scalars(query.limit(page.limit + 1)).all()
            more = len(found) > page.limit
            cursor = cursors.encode(found[page.limit - 1].place) if more else None
            return as_shown(session, user_id, found[: page.limit]), cursor

        return self._database.read(work)

    def message(self, user_id: str, message_id: str) -> Message:
        def work(session: Session) -> Message:
            return as_shown(session, user_id, [_own_message(session, user_id, message_id)])[0]

        return self._database.read(work)

    def history(self, conversation_id: str, turns: int, before: str | None = None) -> tuple[Turn, ...]:
        query = _HISTORY if before is None else _HISTORY_BEFORE
        asked = {"conversation": conversation_id, "before": before, "pairs": turns // 2}
        found = self._database.read(lambda session: session.execute(query, asked).all())
        pairs = [
            (Turn(Speaker.USER, asked), Turn(Speaker.ASSISTANT, text, rows.title_cited_first(sources, citations)))
            for asked, text, sources, citations in reversed(found)
            if asked
        ]
        return tuple(turn for pair in pairs for turn in pair)

    def last_place(self, conversation_id: str) -> str:
        query = select(func.max(MessageRow.place)).where(MessageRow.conversation_id == conversation_id)
        return self._database.read(lambda session: session.scalar(query)) or ""

    def question_of(self, user_id: str, answer_id: str) -> Message:
        def work(session: Session) -> Message:
            answer = _own_message(session, user_id, answer_id)
            if answer.speaker != Speaker.ASSISTANT:
                raise MessageNotFound("Only an answer can be made again. Name an answer's id.")
            query = (
                select(MessageRow)
                .where(
                    MessageRow.conversation_id == answer.conversation_id,
                    MessageRow.speaker == Speaker.USER.value,
                    MessageRow.place < answer.place,
                )
                .order_by(MessageRow.place.desc())
                .limit(1)
            )
            row = session.scalars(query).first()
            if row is None:
                raise MessageNotFound
            return rows.message(row)

        return self._database.read(work)

    def place_of(self, conversation_id: str, message_id: str) -> str:
        query = select(MessageRow.place).where(
            MessageRow.id == message_id, MessageRow.conversation_id == conversation_id
        )
        place = self._database.read(lambda session: session.scalar(query))
        if place is None:
            raise MessageNotFound
        return place

    def store_exchange(
        self,
        question: Message | None,
        answer: Message,
        replaces: str | None = None,
        retitled: tuple[str, str] | None = None,
        until: str | None = None,
    ) -> None:
        self._database.write(lambda session: exchanges.store(session, question, answer, replaces, retitled, until))

    def rate(self, user_id: str, message_id: str, value: int | None, comment: str | None) -> Message:
        def work(session: Session) -> Message:
            row = _own_message(session, user_id, message_id, hold=True)
            row.feedback, row.comment = value, comment
            session.flush()
            return as_shown(session, user_id, [row])[0]

        return self._database.write(work)


def _own(session: Session, user_id: str, conversation_id: str, *, hold: bool = False) -> ConversationRow:
    row = session.get(ConversationRow, conversation_id, with_for_update=LOCK if hold else None)
    if row is None or row.user_id != user_id:
        raise ConversationNotFound
    return row


def _own_message(session: Session, user_id: str, message_id: str, *, hold: bool = False) -> MessageRow:
    conversation_id = session.scalar(select(MessageRow.conversation_id).where(MessageRow.id == message_id))
    if conversation_id is None:
        raise MessageNotFound
    try:
        _own(session, user_id, conversation_id, hold=hold)
    except ConversationNotFound as error:
        raise MessageNotFound from error
    row = session.get(MessageRow, message_id)  # what is added to a conversation or taken away holds it too
    if row is None:
        raise MessageNotFound
    return row
