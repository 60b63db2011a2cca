"""Answers in OpenAI's shape, whole or in chunks, with their citations in fields of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from flask import Response

from backend.app.api import serialise
from backend.app.api.guarded import told
from backend.app.api.openai import failures
from backend.app.domain.chat import ChatEvent, DoneEvent, ErrorEvent, MetaEvent, Source, SourcesEvent, TokenEvent, Usage
from backend.app.errors import Restarting

_DONE = b"data: [DONE]\n\n"
_ENCODER = msgspec.json.Encoder()


class Answer:
    """One answer while it comes."""

    def __init__(self, model: str, *, with_usage: bool = False) -> None:
        """``model`` is the name that was asked for; with usage, a stream tells it in a chunk of its own."""
        self._model = model
        self._with_usage = with_usage
        self._created = int(time.time())
        self._id = ""
        self._cached = False
        self._sources: tuple[Source, ...] = ()
        self._text: list[str] = []

    def chunks(self, events: Sequence[ChatEvent]) -> Iterator[bytes]:
        """Encode events that leave together; their tokens become one chunk."""
        text: list[str] = []
        for event in events:
            if isinstance(event, TokenEvent):
                text.append(event.text)
                continue
            if text:
                yield self._chunk({"content": "".join(text)})
                text = []
            yield from self._encoded(event)
        if text:
            yield self._chunk({"content": "".join(text)})

    def take(self, event: ChatEvent) -> None:
        """Note what comes before the end."""
        if isinstance(event, MetaEvent):
            self._id, self._cached = f"chatcmpl-{event.message_id}", event.cached
        elif isinstance(event, SourcesEvent):
            self._sources = event.sources
        elif isinstance(event, TokenEvent):
            self._text.append(event.text)

    def completion(self, done: DoneEvent) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self._text), "refusal": None, **self._proof(done)}
        choice = {"index": 0, "message": message, "finish_reason": _reason(done.usage), "logprobs": None}
        return {
            **self._about("chat.completion"),
            "choices": [choice],
            "usage": _usage(done.usage),
            **self._made_by(done),
        }

    def _encoded(self, event: ChatEvent) -> Iterator[bytes]:
        self.take(event)
        if isinstance(event, MetaEvent):
            yield self._chunk({"role": "assistant", "content": ""})
        elif isinstance(event, DoneEvent):
            yield self._chunk(self._proof(event), _reason(event.usage), self._made_by(event))
            if self._with_usage:
                yield _data({**self._about(), "choices": [], "usage": _usage(event.usage)})
            yield _DONE
        elif isinstance(event, ErrorEvent):
            yield _failed(event)

    def _chunk(self, delta: dict[str, Any], reason: str | None = None, beside: dict[str, Any] | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        usage = {"usage": None} if self._with_usage else {}
        return _data({**self._about(), "choices": [choice], **usage, **(beside or {})})

    def _about(self, kind: str = "chat.completion.chunk") -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}

    def _proof(self, done: DoneEvent) -> dict[str, Any]:
        return {
            "citations": [serialise.citation(citation) for citation in done.citations],
            "sources": [serialise.source(source) for source in self._sources],
        }

    def _made_by(self, done: DoneEvent) -> dict[str, Any]:
        return {"like_opt": {"model": done.model, "cached": self._cached, "degraded": list(done.degraded)}}


def whole(answer: Answer, events: Iterator[ChatEvent]) -> Response:
    """Return the answer when it is all there."""
    for event in events:
        if isinstance(event, DoneEvent):
            return _json(answer.completion(event), 200)
        if isinstance(event, ErrorEvent):
            status = 503 if event.retryable else 500
            return _json(failures.shape(event.error_code, event.message, status), status)
        answer.take(event)
    raise AssertionError("a chat's events end by done or error")


def cut_off(last: ChatEvent | None) -> bytes:
    """Have a stream that the server cannot finish end by an error."""
    return b"" if isinstance(last, DoneEvent | ErrorEvent) else _failed(told(Restarting()))


def _failed(event: ErrorEvent) -> bytes:
    return _data(failures.shape(event.error_code, event.message, 503 if event.retryable else 500))


def _reason(usage: Usage) -> str:
    return "length" if usage.cut else "stop"


def _usage(usage: Usage) -> dict[str, int]:
    read, written = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _data(body: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % _ENCODER.encode(body)


def _json(body: dict[str, Any], status: int) -> Response:
    response = Response(_ENCODER.encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
