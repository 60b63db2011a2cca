"""Making an answer: passages, the model's words, and the proof of each claim; nothing of it is stored here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Protocol

import structlog

from backend.app.domain.chat import (
    ChatEvent,
    Citation,
    ErrorEvent,
    Silence,
    Source,
    SourcesEvent,
    TextDelta,
    TokenEvent,
)
from backend.app.errors import AppError, ModelUnavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.answers import Answers, GivenAnswer
from backend.app.services.exchange import Exchange
from backend.app.services.llm.base import LanguageModel
from backend.app.services.sourcing import Sourcing

log = structlog.get_logger(__name__)


class Models(Protocol):
    def current(self) -> LanguageModel: ...

    @property
    def fallback(self) -> LanguageModel: ...


Citer = Callable[[str, Sequence[Source]], tuple[tuple[Citation, ...], int]]  # -> citations, number dropped


class Answering:
    """Answers one exchange after the other; what belongs to one is in the exchange alone."""

    def __init__(
        self,
        *,
        sourcing: Sourcing,
        answers: Answers,
        models: Models,
        cite: Citer,
        metrics: Metrics,
    ) -> None:
        self._sourcing = sourcing
        self._answers = answers
        self._models = models
        self._cite = cite
        self._metrics = metrics

    def events(self, exchange: Exchange) -> Iterator[ChatEvent]:
        """Yield all events but the last; afterwards the exchange holds the whole answer."""
        model = self._models.current()
        exchange.model = model.name
        given = self._answers.find(exchange) if exchange.uses_cache else None
        yield from self._made(exchange, model) if given is None else self._repeated(exchange, given)
        self._metrics.observe_stages({"answer_ms": exchange.note_time("total_ms")})

    def remember(self, exchange: Exchange) -> None:
        """Keep an answer for others who ask the same."""
        if not (exchange.cached or exchange.is_insisted or exchange.is_particular):  # nobody else asked for that one
            self._answers.keep(exchange)

    def _made(self, exchange: Exchange, model: LanguageModel) -> Iterator[ChatEvent]:
        self._retrieve(exchange)
        yield exchange.meta()
        yield SourcesEvent(exchange.sources)
        yield from self._tokens(exchange, model)
        self.check_citations(exchange)

    def _repeated(self, exchange: Exchange, given: GivenAnswer) -> Iterator[ChatEvent]:
        exchange.cached = True
        exchange.sources, exchange.usage = given.sources, given.usage
        exchange.citations, exchange.cited = given.citations, True
        exchange.note_time("retrieve_ms")
        yield exchange.meta()
        yield SourcesEvent(exchange.sources)
        exchange.note_time("first_token_ms")
        exchange.pieces.append(given.text)
        yield TokenEvent(given.text)

    def _retrieve(self, exchange: Exchange) -> None:
        found = self._sourcing.of(exchange.question.text, exchange.history, exchange.collections)
        exchange.sources, exchange.degraded, exchange.is_overview = found.sources, found.degraded, found.is_overview
        if not found.fit:
            # Whoever asks for the same again has been told, and wants to see what there is.
            exchange.is_insisted = exchange.replaces is not None and not exchange.stores_question
            exchange.is_answerable = exchange.is_insisted
        exchange.note_time("retrieve_ms")

    def _tokens(self, exchange: Exchange, model: LanguageModel) -> Iterator[ChatEvent]:
        """Stream the model's answer, or the fallback's where the model says nothing at all."""
        fallback, reason = self._models.fallback, "EMPTY_ANSWER"
        try:
            yield from self._speak(exchange, model)
        except ModelUnavailable as error:
            if exchange.pieces or model is fallback:
                raise
            reason = error.error_code
        if exchange.pieces or model is fallback:
            return
        log.warning("model_replaced", model=model.name, error_code=reason)
        self._metrics.count_degraded("model")
        exchange.model = fallback.name
        exchange.degraded = (*exchange.degraded, "model")
        yield from self._speak(exchange, fallback)

    def _speak(self, exchange: Exchange, model: LanguageModel) -> Iterator[ChatEvent]:
        with closing(model.stream(exchange.prompt())) as events:  # type: ignore[type-var]  # models stream by generators
            for event in events:
                if isinstance(event, Silence):
                    yield event
                elif not isinstance(event, TextDelta):
                    exchange.usage = event
                elif text := event.text.replace("\x00", ""):  # PostgreSQL keeps no NUL
                    if not exchange.pieces:
                        self._metrics.observe_stages({"first_token_ms": exchange.note_time("first_token_ms")})
                    exchange.pieces.append(text)
                    yield TokenEvent(text)

    def check_citations(self, exchange: Exchange) -> None:
        exchange.cited = True
        exchange.citations, dropped = self._cite(exchange.text, exchange.sources)
        self._metrics.count_citations(len(exchange.citations), dropped)

    def told(self, exchange: Exchange, error: Exception) -> ErrorEvent:
        """Log a failure and return it in words; of a defect people get no details."""
        if isinstance(error, AppError):
            log.warning("chat_failed", error_code=error.error_code, conversation=exchange.conversation.id)
        else:
            log.error("chat_crashed", conversation=exchange.conversation.id, exc_info=error)
            self._metrics.count_error("chat")
            error = AppError()
        return ErrorEvent(error.error_code, error.message, error.retryable)
