"""Answering a question from the documents, as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import structlog

from backend.app.concurrency import shielded
from backend.app.domain.accounts import User
from backend.app.domain.chat import (
    ChatEvent,
    Conversation,
    Message,
    MessageStatus,
    Speaker,
    Turn,
)
from backend.app.domain.documents import Collection
from backend.app.errors import AnsweredAnew, InvalidRequest, KeyMayNot, MessageNotFound
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.answering import Answering
from backend.app.services.collections import CollectionService
from backend.app.services.exchange import Exchange, checked, title_of, user_message
from backend.app.storage.interfaces import Conversations

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """``regenerate`` is the id of an answer to be made again; a ``message`` that differs from its
    question takes that one's place. With ``question_id`` that answer need not be stored: its stream
    broke, and whether anybody still writes it or ever will, the question is there once in the end.
    What follows that answer stays, but for what there is up to the message ``until``: it gives way too.
    Without ``use_cache`` the model is asked even where it has answered the same before."""

    message: str
    conversation_id: str | None = None
    collection_ids: tuple[str, ...] | None = None
    use_cache: bool = True
    regenerate: str | None = None
    question_id: str | None = None
    until: str | None = None


class ChatService:
    def __init__(
        self,
        *,
        conversations: Conversations,
        collections: CollectionService,
        answering: Answering,
        metrics: Metrics,
        new_id: Callable[[str], str],
        history_turns: int = 6,
        max_message_chars: int = 8000,
    ) -> None:
        self._conversations = conversations
        self._collections = collections
        self._answering = answering
        self._metrics = metrics
        self._new_id = new_id
        self._history_turns = history_turns
        self._max_message_chars = max_message_chars

    def ask(self, user: User, question: Question) -> Iterator[ChatEvent]:
        """Check the question now, and return the stream that answers it.

        The stream ends with exactly one ``DoneEvent`` or ``ErrorEvent``. Closing it earlier stops
        the model and keeps what had arrived.

        Raises:
            InvalidRequest, ConversationNotFound, CollectionNotFound, MessageNotFound
        """
        return self._stream(self._begin(user, question))

    # --- before the stream --------------------------------------------------------------------

    def _begin(self, user: User, question: Question) -> Exchange:
        if user.reach is not None and (question.conversation_id or question.regenerate):
            # What was said before may quote from anywhere.
            raise KeyMayNot("This API key is for some collections alone. It cannot go on with a stored conversation.")
        if question.regenerate:
            return self._begin_again(user, question, question.regenerate)
        if question.until:
            raise InvalidRequest("`until` goes with `regenerate`: name the answer from which on all is replaced.")
        text = checked(question.message, self._max_message_chars)
        history: tuple[Turn, ...] = ()
        latest = ""
        if question.conversation_id:
            conversation = self._conversations.get(user.id, question.conversation_id)
            collections = self._searched(user, question, conversation)
            history = self._conversations.history(conversation.id, self._history_turns)
            latest = self._conversations.last_place(conversation.id)
        else:
            collections = self._collections.selected(user, question.collection_ids)
            chosen = [found.id for found in collections] if user.reach is not None else question.collection_ids
            conversation = self._conversations.create(user.id, title_of(text), chosen or ())
        question_id = self._new_id(latest)  # in its place even where the clock was set back since
        return Exchange(
            conversation=conversation,
            question=user_message(question_id, conversation.id, text),
            answer_id=self._new_id(question_id),
            stores_question=True,
            replaces=None,
            history=history,
            collections=collections,
            uses_cache=question.use_cache,
        )

    def _begin_again(self, user: User, question: Question, answer_id: str) -> Exchange:
        known = self._question_of(user, question, answer_id)
        text = (
            checked(question.message, self._max_message_chars)
            if known is None or question.message.strip()
            else known.text
        )
        conversation = self._conversations.get(
            user.id, known.conversation_id if known else question.conversation_id or ""
        )
        history = self._conversations.history(conversation.id, self._history_turns, known.id if known else None)
        return Exchange(
            conversation=conversation,
            question=replace(known, text=text)
            if known
            else user_message(question.question_id or "", conversation.id, text),
            answer_id=self._new_id(answer_id),
            stores_question=known is None or text != known.text,
            replaces=answer_id,
            history=history,
            collections=self._searched(user, question, conversation),
            uses_cache=False,
            until=self._conversations.place_of(conversation.id, question.until) if question.until else None,
            retitled=None if history or known is None else _retitled(conversation, known.text, text),
            is_unheard=known is None,
        )

    def _question_of(self, user: User, question: Question, answer_id: str) -> Message | None:
        """Return what is to be answered again; None where it is not stored: nobody heard the end of its answer."""
        try:
            return self._conversations.question_of(user.id, answer_id)
        except MessageNotFound:
            if not (question.question_id and question.conversation_id):
                raise
        try:
            known = self._conversations.message(user.id, question.question_id)
        except MessageNotFound:
            return None
        if (known.speaker, known.conversation_id) != (Speaker.USER, question.conversation_id):
            raise MessageNotFound
        return known

    def _searched(self, user: User, question: Question, conversation: Conversation) -> list[Collection]:
        """Return the collections that are named, or the conversation's, or all.

        Of the conversation's, those that were deleted or taken away since are left out. Where none
        stays, none is searched: a person who chose a few does not find all others quoted.
        """
        if question.collection_ids or not conversation.collection_ids:
            return self._collections.selected(user, question.collection_ids)
        return [found for found in self._collections.visible(user) if found.id in conversation.collection_ids]

    # --- the stream ---------------------------------------------------------------------------

    def _stream(self, exchange: Exchange) -> Iterator[ChatEvent]:
        try:
            yield from self._answer(exchange)
        except Exception as error:
            # The edge of a request: its status has gone out, so only an event can tell.
            self._keep(exchange, MessageStatus.FAILED)
            if not exchange.announced:
                yield exchange.meta()
            yield self._answering.told(exchange, error)
        finally:  # what it is if the reader goes before the end
            self._keep(exchange, MessageStatus.STOPPED)

    def _answer(self, exchange: Exchange) -> Iterator[ChatEvent]:
        yield from self._answering.events(exchange)
        # Stored before it is told: what was acknowledged is never lost.
        self._store(exchange, MessageStatus.COMPLETE)
        self._answering.remember(exchange)
        yield exchange.done()

    # --- what stays ---------------------------------------------------------------------------

    def _keep(self, exchange: Exchange, status: MessageStatus) -> None:
        """Store what there is, unless that was done: the reader has gone, or is told of a failure."""
        if exchange.settled:
            return
        exchange.settled = True
        if exchange.replaces and not exchange.pieces and not exchange.is_unheard:
            return  # the earlier answer is better than none
        try:
            if not exchange.cited:
                self._answering.check_citations(exchange)
            self._store(exchange, status)
        except AnsweredAnew:
            log.info("exchange_superseded", conversation=exchange.conversation.id)
        except Exception as error:
            log.error("exchange_lost", conversation=exchange.conversation.id, exc_info=error)
            self._metrics.count_error("chat")

    def _store(self, exchange: Exchange, status: MessageStatus) -> None:
        exchange.settled = True
        # A reader who goes now must not break it off: it would be neither stored nor stored again.
        shielded(
            self._conversations.store_exchange,
            exchange.question,
            exchange.answer(status),
            exchange.replaces,
            exchange.retitled,
            exchange.until,
        )


def _retitled(conversation: Conversation, asked: str, text: str) -> tuple[str, str] | None:
    """Return a title before and after, where a first question gave it; what a person chose stays."""
    before, after = title_of(asked), title_of(text)
    return (before, after) if conversation.title == before != after else None
