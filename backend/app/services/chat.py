"""Answering a question from the documents, as a stream of events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import structlog

from backend.app.domain.accounts import User
from backend.app.domain.chat import (
    ChatEvent,
    Citation,
    Conversation,
    DoneEvent,
    ErrorEvent,
    Message,
    MessageStatus,
    MetaEvent,
    Prompt,
    Source,
    SourcesEvent,
    Speaker,
    TextDelta,
    TokenEvent,
    Turn,
    Usage,
)
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit
from backend.app.errors import AppError, InvalidRequest, ModelUnavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.collections import CollectionService
from backend.app.services.llm.base import LanguageModel
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.contextual_query import contextual_query
from backend.app.services.retrieval.hybrid import HybridRetriever
from backend.app.storage.interfaces import Conversations

log = structlog.get_logger(__name__)

_TITLE_CHARS = 80


class Models(Protocol):
    def current(self) -> LanguageModel: ...

    @property
    def fallback(self) -> LanguageModel: ...


Citer = Callable[[str, Sequence[Source]], tuple[tuple[Citation, ...], int]]  # -> citations, number dropped


@dataclass(frozen=True, slots=True)
class Question:
    message: str
    conversation_id: str | None = None
    collection_ids: tuple[str, ...] | None = None
    regenerate: str | None = None  # the id of the answer to be made again


@dataclass(slots=True)
class _Exchange:
    """An answer while it is being made."""

    conversation: Conversation
    question: Message
    answer_id: str
    is_new_question: bool
    replaces: str | None
    history: tuple[Turn, ...]
    collections: Sequence[Collection]
    model: str = ""
    sources: tuple[Source, ...] = ()
    degraded: tuple[str, ...] = ()
    pieces: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def elapsed_ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000, 3)


class ChatService:
    def __init__(
        self,
        *,
        conversations: Conversations,
        collections: CollectionService,
        retriever: HybridRetriever,
        models: Models,
        cite: Citer,
        analyzer: Analyzer,
        metrics: Metrics,
        new_id: Callable[[], str],
        sources: int = 6,
        history_turns: int = 6,
        max_message_chars: int = 8000,
    ) -> None:
        self._conversations = conversations
        self._collections = collections
        self._retriever = retriever
        self._models = models
        self._cite = cite
        self._analyzer = analyzer
        self._metrics = metrics
        self._new_id = new_id
        self._sources = sources
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

    def _begin(self, user: User, question: Question) -> _Exchange:
        known = self._conversations.question_of(user.id, question.regenerate) if question.regenerate else None
        text = known.text if known else question.message.strip()
        if not text:
            raise InvalidRequest("The message is empty. Write a question.")
        if len(text) > self._max_message_chars:
            raise InvalidRequest(f"The message is longer than {self._max_message_chars} characters. Shorten it.")
        conversation_id = known.conversation_id if known else question.conversation_id
        if conversation_id:
            conversation = self._conversations.get(user.id, conversation_id)
            wanted = question.collection_ids or self._still_visible(user, conversation.collection_ids)
            collections = self._collections.selected(user, wanted)
            history = self._conversations.history(conversation.id, self._history_turns, known.id if known else None)
        else:
            collections, history = self._collections.selected(user, question.collection_ids), ()
            conversation = self._conversations.create(user.id, _title(text), question.collection_ids or ())
        asked = known or _user_message(self._new_id(), conversation.id, text)
        return _Exchange(
            conversation=conversation,
            question=asked,
            answer_id=self._new_id(),
            is_new_question=known is None,
            replaces=question.regenerate,
            history=history,
            collections=collections,
        )

    def _still_visible(self, user: User, ids: Sequence[str]) -> list[str]:
        """Leave out a conversation's collections that were deleted or taken away since."""
        if not ids:
            return []
        visible = {collection.id for collection in self._collections.visible(user)}
        return [collection_id for collection_id in ids if collection_id in visible]

    def _stream(self, exchange: _Exchange) -> Iterator[ChatEvent]:
        status = MessageStatus.STOPPED  # what it is if the reader goes before the end
        citations: tuple[Citation, ...] = ()
        stored = False
        try:
            self._retrieve(exchange)
            model = self._models.current()
            exchange.model = model.name
            yield MetaEvent(exchange.conversation.id, exchange.answer_id, model.name, degraded=exchange.degraded)
            yield SourcesEvent(exchange.sources)
            yield from self._tokens(exchange, model)
            citations = self._verified_citations(exchange)
            exchange.timings["total_ms"] = exchange.elapsed_ms()
            status = MessageStatus.COMPLETE
            # Stored before it is told: what was acknowledged is never lost.
            stored = True
            self._store(exchange, status, citations)
            self._metrics.observe_stages({"total_ms": exchange.timings["total_ms"]})
            yield DoneEvent(
                exchange.answer_id, citations, exchange.model, exchange.degraded, exchange.usage, exchange.timings
            )
        except AppError as error:
            status = MessageStatus.FAILED
            log.warning("chat_failed", error_code=error.error_code, conversation=exchange.conversation.id)
            stored = stored or self._try_store(exchange, status)
            yield ErrorEvent(error.error_code, error.message, error.retryable)
        finally:
            if not stored:
                self._try_store(exchange, status)

    def _retrieve(self, exchange: _Exchange) -> None:
        question = exchange.question.text
        query = contextual_query(question, exchange.history, self._analyzer)
        found = self._retriever.search(query, exchange.collections, k=self._sources)
        exchange.degraded = found.degraded
        exchange.sources = tuple(_source(n, hit) for n, hit in enumerate(found.hits, 1))
        exchange.timings["retrieve_ms"] = exchange.elapsed_ms()

    def _tokens(self, exchange: _Exchange, model: LanguageModel) -> Iterator[ChatEvent]:
        prompt = Prompt(exchange.question.text, exchange.history, exchange.sources)
        try:
            yield from self._speak(exchange, model, prompt)
        except ModelUnavailable as error:
            if exchange.pieces or model is self._models.fallback:
                raise
            log.warning("model_replaced", model=model.name, error_code=error.error_code)
            self._metrics.count_degraded("model")
            exchange.model = self._models.fallback.name
            exchange.degraded = (*exchange.degraded, "model")
            yield from self._speak(exchange, self._models.fallback, prompt)

    def _speak(self, exchange: _Exchange, model: LanguageModel, prompt: Prompt) -> Iterator[ChatEvent]:
        with closing(model.stream(prompt)) as events:  # type: ignore[type-var]  # models stream by generators
            for event in events:
                if isinstance(event, TextDelta):
                    if not exchange.pieces:
                        exchange.timings["first_token_ms"] = exchange.elapsed_ms()
                        self._metrics.observe_stages({"first_token_ms": exchange.timings["first_token_ms"]})
                    exchange.pieces.append(event.text)
                    yield TokenEvent(event.text)
                else:
                    exchange.usage = event

    def _verified_citations(self, exchange: _Exchange) -> tuple[Citation, ...]:
        citations, dropped = self._cite(exchange.text, exchange.sources)
        self._metrics.count_citations(len(citations), dropped)
        return citations

    def _try_store(self, exchange: _Exchange, status: MessageStatus) -> bool:
        """Store what there is; the person is being told of another failure already, or has gone."""
        try:
            self._store(exchange, status, self._verified_citations(exchange))
        except AppError as error:
            log.error("exchange_lost", conversation=exchange.conversation.id, error_code=error.error_code)
            return False
        return True

    def _store(self, exchange: _Exchange, status: MessageStatus, citations: tuple[Citation, ...]) -> None:
        answer = Message(
            id=exchange.answer_id,
            conversation_id=exchange.conversation.id,
            speaker=Speaker.ASSISTANT,
            text=exchange.text,
            status=status,
            sources=exchange.sources,
            citations=citations,
            model=exchange.model or None,
            degraded=exchange.degraded,
            cached=False,
            feedback=None,
            timings=exchange.timings,
            created_at=datetime.now(UTC),
        )
        question = exchange.question if exchange.is_new_question else None
        self._conversations.store_exchange(question, answer, exchange.replaces)


def _source(n: int, hit: Hit) -> Source:
    passage = hit.passage
    return Source(
        n=n,
        document_id=passage.document_id,
        title=hit.document_title,
        page=passage.page,
        heading=passage.heading,
        passage_id=passage.id,
        text=passage.text,
        start=passage.start,
        end=passage.end,
        score=round(hit.score, 6),
    )


def _user_message(message_id: str, conversation_id: str, text: str) -> Message:
    return Message(
        id=message_id,
        conversation_id=conversation_id,
        speaker=Speaker.USER,
        text=text,
        status=MessageStatus.COMPLETE,
        sources=(),
        citations=(),
        model=None,
        degraded=(),
        cached=False,
        feedback=None,
        timings={},
        created_at=datetime.now(UTC),
    )


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _TITLE_CHARS else line[: _TITLE_CHARS - 1].rstrip() + "…"
