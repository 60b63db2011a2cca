"""A question and its answer, stored as one."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.app.domain.chat import Message, Speaker
from backend.app.errors import AnsweredAnew, ConversationNotFound
from backend.app.storage.models import ConversationRow, MessageRow
from backend.app.storage.repositories import rows

# Built once: making these statements costs more than running them.
_TOUCH = (
    update(cast(Table, ConversationRow.__table__))
    .where(ConversationRow.id == bindparam("conversation"))
    .values(updated_at=bindparam("now"))
)
_ADD_MESSAGES = insert(cast(Table, MessageRow.__table__))


def store(
    session: Session,
    question: Message | None,
    answer: Message,
    replaces: str | None,
    retitled: tuple[str, str] | None,
    until: str | None,
) -> None:
    """Do what ``interfaces.Conversations.store_exchange`` promises, within a transaction.

    Raises:
        ConversationNotFound: it was deleted while the answer was on its way.
        AnsweredAnew: the question was asked again meanwhile, and this answer is the elder.
    """
    found = session.execute(_TOUCH, {"conversation": answer.conversation_id, "now": answer.created_at})
    if not cast(CursorResult[Any], found).rowcount:
        raise ConversationNotFound
    new = [{**rows.message_columns(answer), "place": answer.id}]
    if replaces is not None:
        new[0]["place"] = place = _vacated(session, question, answer, replaces)
        if until is not None:
            _clear(session, answer.conversation_id, place, until)
    if question is not None and (replaces is None or not _is_there(session, question)):
        # One that is asked again may have any id: who asks says it.
        stands = question.id if replaces is None else _just_before(answer.id)
        new.insert(0, {**rows.message_columns(question), "place": stands})
    try:
        session.execute(_ADD_MESSAGES, new)
    except IntegrityError as error:  # the question is there: whoever lost its stream had it asked again
        raise AnsweredAnew from error
    if retitled is not None:
        before, after = retitled
        same = (ConversationRow.id == answer.conversation_id, ConversationRow.title == before)
        session.execute(update(ConversationRow).where(*same).values(title=after))


def _vacated(session: Session, question: Message | None, answer: Message, replaces: str) -> str:
    """Take away the answer that gives way, and return its place; the new answer's own where there is none."""
    in_it = MessageRow.conversation_id == answer.conversation_id
    older = delete(MessageRow).where(MessageRow.id == replaces, in_it).returning(MessageRow.place)
    place = session.scalar(older)
    if place is None and question is not None:  # another attempt has taken its place, or nobody had stored it
        asked = select(MessageRow.place).where(MessageRow.id == question.id, in_it).scalar_subquery()
        next_one = select(MessageRow).where(in_it, MessageRow.place > asked).order_by(MessageRow.place).limit(1)
        other = session.scalars(next_one).first()
        if other is not None and other.speaker == Speaker.ASSISTANT:
            if other.id > answer.id:
                raise AnsweredAnew
            place = other.place
            session.execute(delete(MessageRow).where(MessageRow.id == other.id))
    return place or answer.id


def _clear(session: Session, conversation_id: str, after: str, until: str) -> None:
    """Take away what was said between two places: what was added since by others stays."""
    between = (MessageRow.place > after, MessageRow.place <= until)
    session.execute(delete(MessageRow).where(MessageRow.conversation_id == conversation_id, *between))


def _just_before(place: str) -> str:
    return f"{int(place, 16) - 1:032x}"


def _is_there(session: Session, question: Message) -> bool:
    """Give a question that is there already its new words; it keeps its place."""
    same = (MessageRow.id == question.id, MessageRow.conversation_id == question.conversation_id)
    changed = update(MessageRow).where(*same).values(text=question.text).returning(MessageRow.id)
    return session.scalar(changed) is not None
