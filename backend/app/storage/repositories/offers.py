"""Questions that people asked, as far as an administrator may be offered them for testing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session, aliased

from backend.app.domain.chat import Speaker
from backend.app.domain.evaluation import Offer, QuestionSource
from backend.app.errors import MessageNotFound
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.evaluation_models import CitationOpenedRow, DismissedOfferRow, QuestionRow
from backend.app.storage.interfaces import Page
from backend.app.storage.models import ConversationRow, DocumentRow, MessageRow
from backend.app.storage.repositories.access import LOCK, access_to, hold_user, visible_collections
from backend.app.storage.repositories.labelled_questions import judgements_of, text_key

_LOOKED_AT = 200  # answers a page is made from: some may be about other collections
_GONE = "This question is not offered any more. Reload the list."


@dataclass(frozen=True, slots=True)
class _Asked:
    """An answer with a thumb, a word or an opened citation, and the question before it."""

    row: MessageRow
    question: str
    own: bool
    opened: frozenset[int]

    @property
    def cited(self) -> list[int]:
        """Return the passages to offer: all cited ones of a thumb, else those whose citations were opened.

        Of a thumb down with a word all that was found, where nothing was cited: the word belongs to it.
        """
        ids = dict.fromkeys(int(citation["passage_id"]) for citation in self.row.citations)
        if self.source is QuestionSource.THUMB_DOWN:
            return list(ids or dict.fromkeys(int(source["passage_id"]) for source in self.row.sources))
        return [passage_id for passage_id in ids if self.row.feedback == 1 or passage_id in self.opened]

    @property
    def source(self) -> QuestionSource:
        if self.row.feedback == 1:
            return QuestionSource.THUMB
        disliked = self.row.feedback == -1 and self.row.comment is not None
        return QuestionSource.THUMB_DOWN if disliked else QuestionSource.CITATION


class SqlOffers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def opened(self, user_id: str, message_id: str, passage_id: int) -> None:
        own = (
            select(ConversationRow.id)
            .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
            .where(MessageRow.id == message_id, ConversationRow.user_id == user_id)
        )

        def work(session: Session) -> None:
            conversation_id = session.scalar(own)
            # Held, so that of two who note the same one sees what the other has written.
            if conversation_id is None or not session.get(ConversationRow, conversation_id, with_for_update=LOCK):
                raise MessageNotFound
            row = session.get(MessageRow, message_id)
            if row is None or all(citation["passage_id"] != passage_id for citation in row.citations):
                raise MessageNotFound("This answer cites no such passage.")
            session.merge(CitationOpenedRow(message_id=message_id, passage_id=passage_id))

        self._database.write(work)

    def page(self, user_id: str, collection_id: str, *, shared: bool, page: Page) -> tuple[list[Offer], str | None]:
        query = _query(user_id, shared)
        if page.cursor is not None:
            (last,) = cursors.decode(page.cursor, str)
            query = query.where(MessageRow.id < last)
        query = query.order_by(MessageRow.id.desc()).limit(_LOOKED_AT)

        def work(session: Session) -> tuple[list[Offer], str | None]:
            access_to(session, user_id, collection_id)
            asked = _asked(session, user_id, query)
            offers = _offers(session, user_id, collection_id, asked)
            if len(offers) > page.limit:
                return offers[: page.limit], cursors.encode(offers[page.limit - 1].message_id)
            return offers, cursors.encode(asked[-1].row.id) if len(asked) == _LOOKED_AT else None

        return self._database.read(work)

    def get(self, user_id: str, collection_id: str, message_id: str, *, shared: bool) -> Offer:
        def work(session: Session) -> Offer:
            access_to(session, user_id, collection_id)
            asked = _asked(session, user_id, _query(user_id, shared).where(MessageRow.id == message_id))
            for offer in _offers(session, user_id, collection_id, asked):
                return offer
            raise MessageNotFound(_GONE)

        return self._database.read(work)

    def dismiss(self, user_id: str, message_id: str, *, shared: bool) -> None:
        def work(session: Session) -> None:
            hold_user(session, user_id)
            asked = _asked(session, user_id, _query(user_id, shared).where(MessageRow.id == message_id))
            if not _seen(session, user_id, asked):
                raise MessageNotFound(_GONE)
            session.merge(DismissedOfferRow(user_id=user_id, message_id=message_id))

        self._database.write(work)


def _query(user_id: str, shared: bool) -> Select[Any]:
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
    # Not as a parameter, for which SQLite would not use the index of those with a thumb.
    noted = (
        select(MessageRow.id)
        .where(sql_text("messages.feedback = 1"))
        .union(
            select(MessageRow.id).where(sql_text("messages.comment IS NOT NULL")), select(CitationOpenedRow.message_id)
        )
    )
    dismissed = exists().where(DismissedOfferRow.user_id == user_id, DismissedOfferRow.message_id == MessageRow.id)
    query = (
        select(MessageRow, question, ConversationRow.user_id)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(MessageRow.id.in_(noted), MessageRow.speaker == Speaker.ASSISTANT.value, ~dismissed)
    )
    return query if shared else query.where(ConversationRow.user_id == user_id)


def _asked(session: Session, user_id: str, query: Select[Any]) -> list[_Asked]:
    found = session.execute(query).all()
    opened: defaultdict[str, set[int]] = defaultdict(set)
    clicks = select(CitationOpenedRow).where(CitationOpenedRow.message_id.in_([row.id for row, _, _ in found]))
    for click in session.scalars(clicks):
        opened[click.message_id].add(click.passage_id)
    return [_Asked(row, question or "", owner == user_id, frozenset(opened[row.id])) for row, question, owner in found]


def _offers(session: Session, user_id: str, collection_id: str, asked: Sequence[_Asked]) -> list[Offer]:
    """Return what of these is offered: with a cited passage in the collection, and no test question yet."""
    seen = [item for item in _seen(session, user_id, asked) if item.question.strip()]
    right = judgements_of(session, collection_id, list({passage_id for item in seen for passage_id in item.cited}))
    by_id = {judgement.passage_id: judgement for judgement in right}
    known = select(QuestionRow.text_key).where(
        QuestionRow.collection_id == collection_id, QuestionRow.text_key.in_({text_key(item.question) for item in seen})
    )
    taken = set(session.scalars(known))
    titles = select(DocumentRow.id, DocumentRow.title).where(DocumentRow.id.in_({item.document_id for item in right}))
    title_of = {row.id: row.title for row in session.execute(titles)}
    offers = []
    for item in seen:
        judgements = tuple(by_id[passage_id] for passage_id in item.cited if passage_id in by_id)
        if not judgements or text_key(item.question) in taken:
            continue
        shown = tuple(title_of.get(judgement.document_id, "") for judgement in judgements)
        offers.append(
            Offer(
                item.row.id,
                item.question,
                item.source,
                judgements,
                shown,
                item.own,
                item.row.created_at,
                item.row.comment,
            )
        )
    return offers


def _seen(session: Session, user_id: str, asked: Sequence[_Asked]) -> list[_Asked]:
    """Return one's own, and of others' those of which every source is the user's to see.

    A question that was asked of anything else may tell what stands there.
    """
    named = {source["document_id"] for item in asked if not item.own for source in item.row.sources}
    query = select(DocumentRow.id).where(
        DocumentRow.id.in_(named), DocumentRow.collection_id.in_(visible_collections(user_id))
    )
    visible = set(session.scalars(query)) if named else set()
    return [item for item in asked if item.own or {source["document_id"] for source in item.row.sources} <= visible]
