"""Conversations and messages in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from backend.app.domain.chat import Conversation, Message, MessageStatus, Speaker, Turn
from backend.app.errors import ConversationNotFound, MessageNotFound
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import Page
from backend.app.storage.models import ConversationRow, MessageRow
from backend.app.storage.repositories import rows


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
            needle = text.lower()
            said = exists().where(
                MessageRow.conversation_id == ConversationRow.id,
                func.lower(MessageRow.text).contains(needle, autoescape=True),
            )
            query = query.where(or_(func.lower(ConversationRow.title).contains(needle, autoescape=True), said))
        if page.cursor is not None:
            pinned, updated, last = cursors.decode(page.cursor, bool, str, str)
            key = tuple_(ConversationRow.pinned, ConversationRow.updated_at, ConversationRow.id)
            query = query.where(key < (pinned, datetime.fromisoformat(str(updated)), last))
        order = (ConversationRow.pinned.desc(), ConversationRow.updated_at.desc(), ConversationRow.id.desc())
        query = query.order_by(*order).limit(page.limit + 1)
        found = self._database.read(lambda session: [rows.conversation(row) for row in session.scalars(query)])
        if len(found) <= page.limit:
            return found, None
        last_shown = found[page.limit - 1]
        cursor = cursors.encode(last_shown.pinned, last_shown.updated_at.isoformat(), last_shown.id)
        return found[: page.limit], cursor

    def update(self, user_id: str, conversation_id: str, *, title: str | None, pinned: bool | None) -> Conversation:
        def work(session: Session) -> Conversation:
            row = _own(session, user_id, conversation_id)
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

    def messages(self, user_id: str, conversation_id: str, page: Page) -> tuple[list[Message], str | None]:
        def work(session: Session) -> tuple[list[Message], str | None]:
            _own(session, user_id, conversation_id)
            query = select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.id)
            if page.cursor is not None:
                (last,) = cursors.decode(page.cursor, str)
                query = query.where(MessageRow.id > last)
            found = [rows.message(row) for row in session.scalars(query.limit(page.limit + 1))]
            more = len(found) > page.limit
            return found[: page.limit], cursors.encode(found[page.limit - 1].id) if more else None

        return self._database.read(work)

    def message(self, user_id: str, message_id: str) -> Message:
        return self._database.read(lambda session: rows.message(_own_message(session, user_id, message_id)))

    def history(self, conversation_id: str, turns: int, before: str | None = None) -> tuple[Turn, ...]:
        query = select(MessageRow.speaker, MessageRow.text).where(
            MessageRow.conversation_id == conversation_id, MessageRow.status != MessageStatus.FAILED.value
        )
        if before is not None:
            query = query.where(MessageRow.id < before)
        query = query.order_by(MessageRow.id.desc()).limit(turns)
        found = self._database.read(lambda session: session.execute(query).tuples().all())
        return tuple(Turn(Speaker(speaker), text) for speaker, text in reversed(found))

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
                    MessageRow.id < answer_id,
                )
                .order_by(MessageRow.id.desc())
            )
            row = session.scalars(query).first()
            if row is None:
                raise MessageNotFound
            return rows.message(row)

        return self._database.read(work)

    def store_exchange(self, question: Message | None, answer: Message, replaces: str | None = None) -> None:
        def work(session: Session) -> None:
            if session.get(ConversationRow, answer.conversation_id) is None:
                raise ConversationNotFound  # deleted while the answer was on its way
            if replaces is not None:
                session.execute(delete(MessageRow).where(MessageRow.id == replaces))
            new = [message for message in (question, answer) if message is not None]
            session.execute(insert(MessageRow), [rows.message_columns(message) for message in new])
            moved = update(ConversationRow).where(ConversationRow.id == answer.conversation_id)
            session.execute(moved.values(updated_at=answer.created_at))

        self._database.write(work)

    def rate(self, user_id: str, message_id: str, value: int | None, comment: str | None) -> Message:
        def work(session: Session) -> Message:
            row = _own_message(session, user_id, message_id)
            row.feedback, row.comment = value, comment
            session.flush()
            return rows.message(row)

        return self._database.write(work)


def _own(session: Session, user_id: str, conversation_id: str) -> ConversationRow:
    row = session.get(ConversationRow, conversation_id)
    if row is None or row.user_id != user_id:
        raise ConversationNotFound
    return row


def _own_message(session: Session, user_id: str, message_id: str) -> MessageRow:
    row = session.get(MessageRow, message_id)
    if row is None:
        raise MessageNotFound
    try:
        _own(session, user_id, row.conversation_id)
    except ConversationNotFound as error:
        raise MessageNotFound from error
    return row
