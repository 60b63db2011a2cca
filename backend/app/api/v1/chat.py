"""Ask a question; the answer streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Annotated, Any

import structlog
from flask import Blueprint, Response
from pydantic import StringConstraints

from backend.app.api import serialise, sse
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, services
from backend.app.api.guarded import guarded, told
from backend.app.api.places import in_a_place
from backend.app.domain.chat import ChatEvent, DoneEvent, ErrorEvent, MetaEvent, Silence, SourcesEvent, TokenEvent
from backend.app.errors import Restarting
from backend.app.services.chat import Question

log = structlog.get_logger(__name__)


class Ask(Body):
    message: str = ""
    conversation_id: str | None = None
    collection_ids: tuple[str, ...] | None = None
    use_cache: bool = True
    regenerate: str | None = None
    question_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")] | None = None
    until: str | None = None


def blueprint() -> Blueprint:
    chat = Blueprint("chat", __name__)
    chat.post("/chat")(ask)
    return chat


def ask() -> Response:
    user, body = current_user(), parse(Ask)
    question = Question(
        message=body.message,
        conversation_id=body.conversation_id,
        collection_ids=body.collection_ids,
        use_cache=body.use_cache,
        regenerate=body.regenerate,
        question_id=body.question_id,
        until=body.until,
    )
    every = services()

    def answer() -> Response:
        events = guarded(every.chat.ask(user, question), every.metrics)
        # Before the first token a branch, or the model, may be silent for long without a sign.
        return sse.stream(events, _encoded, farewell=_cut_off, watched=lambda event: isinstance(event, TokenEvent))

    return in_a_place(user, answer)


def _cut_off(last: ChatEvent | None) -> bytes:
    """Have a stream that the server cannot finish end by one ``error`` too."""
    if isinstance(last, DoneEvent | ErrorEvent):
        return b""
    return sse.encode(*_named(told(Restarting())))


def _encoded(events: Sequence[ChatEvent]) -> Iterator[bytes]:
    """Encode events that leave together; their tokens become one."""
    text: list[str] = []
    for event in events:
        if isinstance(event, TokenEvent):
            text.append(event.text)
            continue
        if isinstance(event, Silence):
            continue
        if text:
            yield sse.encode("token", {"text": "".join(text)})
            text = []
        yield sse.encode(*_named(event))
    if text:
        yield sse.encode("token", {"text": "".join(text)})


@singledispatch
def _named(event: object) -> tuple[str, dict[str, Any]]:
    raise TypeError(f"no chat event: {event!r}")


@_named.register
def _(event: MetaEvent) -> tuple[str, dict[str, Any]]:
    return "meta", {
        "conversation_id": event.conversation_id,
        "question_id": event.question_id,
        "message_id": event.message_id,
        "model": event.model,
        "cached": event.cached,
        "degraded": list(event.degraded),
    }


@_named.register
def _(event: SourcesEvent) -> tuple[str, dict[str, Any]]:
    return "sources", {"sources": [serialise.source(source) for source in event.sources]}


@_named.register
def _(event: DoneEvent) -> tuple[str, dict[str, Any]]:
    return "done", {
        "message_id": event.message_id,
        "citations": [serialise.citation(citation) for citation in event.citations],
        "model": event.model,
        "degraded": list(event.degraded),
        "usage": serialise.usage(event.usage),
        "timings": dict(event.timings),
    }


@_named.register
def _(event: ErrorEvent) -> tuple[str, dict[str, Any]]:
    return "error", {"error_code": event.error_code, "message": event.message, "retryable": event.retryable}
