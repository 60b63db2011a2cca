"""The chunks of a chat completion, and what they add up to."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from backend.app.domain.chat import Usage
from backend.app.services.llm.sse import EventDecoder, LineTooLong
from backend.app.services.llm.thoughts import ThoughtFilter

MAX_BODY_BYTES = 64 * 1024 * 1024


class _Delta(msgspec.Struct):
    content: Any = None
    refusal: Any = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None  # where a server does not stream
    finish_reason: Any = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


class Framing(Protocol):
    def feed(self, data: bytes) -> list[bytes]: ...
    def close(self) -> list[bytes]: ...


class ErrorInStream(Exception):
    """The server reports a failure inside the stream. ``status`` is its code, 0 if unknown."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class NotACompletion(Exception):
    """What arrives is no chat completion, or has no end."""


class AnswerTooLong(Exception):
    """The answer outgrew its bound."""


class Completion:
    """Decodes one streamed answer: bytes in, the answer's text out. Does no input or output.

    Attributes:
        chunks: pieces that the model has sent so far, thoughts included.
        text_chars: characters of the answer so far.
        done: the server said that this was all.
    """

    def __init__(self, max_chars: int, framing: Framing | None = None) -> None:
        self._framing = framing or EventDecoder()
        self._thoughts = ThoughtFilter()
        self._decode = msgspec.json.Decoder(_Chunk).decode
        self._max_chars = max_chars
        self._bytes = 0
        self.chunks = 0
        self.done = False
        self.finish_reason: str | None = None
        self.text_chars = 0
        self.usage = Usage()

    def feed(self, data: bytes) -> str:
        """Return the text that ``data`` adds to the answer.

        Raises:
            ErrorInStream: the server reports a failure.
            NotACompletion: a line or the whole stream has no end.
            AnswerTooLong: the answer has no end.
        """
        self._bytes += len(data)
        if self._bytes > MAX_BODY_BYTES:
            raise NotACompletion(f"a stream of more than {MAX_BODY_BYTES} bytes")
        try:
            payloads = self._framing.feed(data)
        except LineTooLong as error:
            raise NotACompletion(str(error)) from error
        return self._count(self._thoughts.feed("".join(map(self._text, payloads))))

    def close(self) -> str:
        """Return the text held back until the end."""
        text = self._thoughts.feed("".join(map(self._text, self._framing.close())))
        return self._count(text + self._thoughts.close())

    def _count(self, text: str) -> str:
        self.text_chars += len(text)
        if self.text_chars > self._max_chars:
            raise AnswerTooLong(f"an answer of more than {self._max_chars} characters")
        return text

    def _text(self, payload: bytes) -> str:
        if self.done:
            return ""
        if payload == b"[DONE]":
            self.done = True
            return ""
        try:
            chunk = self._decode(payload)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return ""  # garbage between the tokens is the server's affair; no token at all is noticed at the end
        if chunk.error:
            raise _failure(chunk.error)
        self._take_usage(chunk.usage)
        if not chunk.choices:
            return ""
        self.chunks += 1
        choice = chunk.choices[0]
        if isinstance(choice.finish_reason, str):
            self.finish_reason = choice.finish_reason
        delta = choice.delta or choice.message
        return _content(delta.content) or _content(delta.refusal) if delta else ""

    def _take_usage(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self.usage = Usage(_count_of(usage.get("prompt_tokens")), _count_of(usage.get("completion_tokens")))


def _content(content: Any) -> str:
    """Return the text of a content, which some servers send as a list of typed parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
        return "".join(text for text in parts if isinstance(text, str))
    return ""


def _count_of(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _failure(error: Any) -> ErrorInStream:
    if not isinstance(error, dict):
        return ErrorInStream(str(error), 0)
    code = error.get("code")
    return ErrorInStream(str(error.get("message") or error.get("type") or ""), code if isinstance(code, int) else 0)
