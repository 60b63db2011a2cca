"""What a program asks in OpenAI's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import Field

from backend.app.api.body import Body
from backend.app.domain.chat import Sampling, Speaker, Turn
from backend.app.errors import InvalidRequest, UnsupportedParameter
from backend.app.services.completions import Request

_INSTRUCTING = ("system", "developer")
# What would change the answer's meaning if it were passed over; all else that is unknown is.
_UNSUPPORTED = ("tools", "functions", "logprobs", "audio", "web_search_options")


class Part(Body):
    type: str
    text: str = ""


class Message(Body):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[Part, ...] | None = None

    @property
    def words(self) -> str:
        if not isinstance(self.content, tuple):
            return self.content or ""
        strange = {part.type for part in self.content} - {"text", "refusal"}
        if strange:
            raise _unsupported("messages", f"Parts of the kind {', '.join(sorted(strange))} are not read: send text.")
        return "\n".join(part.text for part in self.content)


class StreamOptions(Body):
    include_usage: bool = False


class Completion(Body):
    model: str
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=2000)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: str | Annotated[tuple[str, ...], Field(max_length=4)] | None = None
    response_format: dict[str, Any] | None = None
    modalities: tuple[str, ...] | None = None
    tools: Any = None
    functions: Any = None
    logprobs: Any = None
    audio: Any = None
    web_search_options: Any = None

    @property
    def wants_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def request(self, collection_ids: Sequence[str] | None) -> Request:
        """Return what is to be answered.

        Raises:
            UnsupportedParameter, InvalidRequest
        """
        self._check_supported()
        turns = list(_turns(self.messages))
        if not turns or turns[-1].speaker is not Speaker.USER:
            raise InvalidRequest("The last message is to be the user's question.", details={"param": "messages"})
        told = [message.words for message in self.messages if message.role in _INSTRUCTING]
        stop = (self.stop,) if isinstance(self.stop, str) else self.stop or ()
        return Request(
            question=turns[-1].text,
            history=tuple(turns[:-1]),
            collection_ids=None if collection_ids is None else tuple(collection_ids),
            instructions="\n\n".join(text.strip() for text in told if text.strip()),
            sampling=Sampling(self.temperature, self.top_p, self.max_completion_tokens or self.max_tokens, stop),
        )

    def _check_supported(self) -> None:
        for name in _UNSUPPORTED:
            if getattr(self, name):
                raise _unsupported(name, f"`{name}` is not supported: answers come from the documents alone.")
        if self.n not in (None, 1):
            raise _unsupported("n", "`n` is 1: one answer is made of each question.")
        if self.response_format and self.response_format.get("type") != "text":
            raise _unsupported("response_format", "`response_format` is text: the answer is prose with its citations.")
        if self.modalities and self.modalities != ("text",):
            raise _unsupported("modalities", "`modalities` is text alone.")
        if any(message.role in ("tool", "function") for message in self.messages):
            raise _unsupported("messages", "Messages of tools are not supported.")


def _unsupported(name: str, message: str) -> UnsupportedParameter:
    return UnsupportedParameter(message, details={"param": name})


def _turns(messages: Sequence[Message]) -> Iterator[Turn]:
    """Yield what was said, in turns: messages of one speaker that follow each other are one."""
    said = [message for message in messages if message.role in ("user", "assistant")]
    for role, group in groupby(said, lambda message: message.role):
        text = "\n\n".join(words for message in group if (words := message.words).strip())
        if text:
            yield Turn(Speaker(role), text)
