"""Answers for programs that bring the whole conversation with them: nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import dropwhile

from backend.app.domain.accounts import User
from backend.app.domain.chat import ChatEvent, Conversation, Sampling, Speaker, Turn, Usage
from backend.app.errors import InvalidRequest
from backend.app.services.answering import Answering
from backend.app.services.collections import CollectionService
from backend.app.services.exchange import Exchange, checked, user_message
from backend.app.services.llm.prompting import estimated_tokens


@dataclass(frozen=True, slots=True)
class Request:
    """``history`` are the turns before the question, oldest first."""

    question: str
    history: tuple[Turn, ...] = ()
    collection_ids: tuple[str, ...] | None = None
    instructions: str = ""
    sampling: Sampling = field(default_factory=Sampling)


class CompletionService:
    def __init__(
        self,
        *,
        collections: CollectionService,
        answering: Answering,
        new_id: Callable[[], str],
        history_turns: int = 6,
        max_message_chars: int = 8000,
    ) -> None:
        self._collections = collections
        self._answering = answering
        self._new_id = new_id
        self._history_turns = history_turns
        self._max_message_chars = max_message_chars

    def complete(self, user: User, request: Request) -> Iterator[ChatEvent]:
        """Check the request now, and return the stream that answers it.

        The stream is a chat's: it ends with exactly one ``DoneEvent`` or ``ErrorEvent``. Where a model does not
        count its tokens, they are estimated.

        Raises:
            InvalidRequest, CollectionNotFound
        """
        if len(request.instructions) > self._max_message_chars:
            raise InvalidRequest(f"The system message is longer than {self._max_message_chars} characters. Shorten it.")
        now, collections = datetime.now(UTC), self._collections.selected(user, request.collection_ids)
        conversation = Conversation(self._new_id(), "", False, (), now, now)
        exchange = Exchange(
            conversation=conversation,
            question=user_message(self._new_id(), conversation.id, checked(request.question, self._max_message_chars)),
            answer_id=self._new_id(),
            stores_question=False,
            replaces=None,
            history=_latest(request.history, self._history_turns),
            collections=collections,
            instructions=request.instructions,
            sampling=request.sampling,
        )
        exchange.uses_cache = not exchange.is_particular
        return self._stream(exchange)

    def _stream(self, exchange: Exchange) -> Iterator[ChatEvent]:
        try:
            yield from self._answering.events(exchange)
            self._answering.remember(exchange)
        except Exception as error:
            # The edge of a request: its status may have gone out, so only an event can tell.
            yield self._answering.told(exchange, error)
            return
        exchange.usage = _counted(exchange)
        yield exchange.done()


def _latest(history: Sequence[Turn], most: int) -> tuple[Turn, ...]:
    """Return the last turns, beginning with a question: chat templates want it so."""
    turns = history[-most:] if most else ()
    return tuple(dropwhile(lambda turn: turn.speaker is not Speaker.USER, turns))


def _counted(exchange: Exchange) -> Usage:
    usage = exchange.usage
    if usage.prompt_tokens is None:
        read = (exchange.question.text, exchange.instructions, *(turn.text for turn in exchange.history))
        texts = (*read, *(source.text for source in exchange.sources))
        usage = replace(usage, prompt_tokens=sum(map(estimated_tokens, texts)))
    if usage.completion_tokens is None:
        usage = replace(usage, completion_tokens=estimated_tokens(exchange.text))
    return usage
