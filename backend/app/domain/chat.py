"""Conversations, messages, and the typed events of a streamed answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Speaker(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    COMPLETE = "complete"
    STOPPED = "stopped"  # the reader closed the stream; the text is what had arrived
    FAILED = "failed"  # the model broke off; the text is what had arrived


@dataclass(frozen=True, slots=True)
class Source:
    """A passage offered to the model as number ``n``.

    ``start`` and ``end`` are offsets of ``text`` in the document's text, in code points. One that is
    ``withdrawn`` has no words any more: its collection is not shared with the reader as it was then.
    """

    n: int
    document_id: str
    title: str
    page: int | None
    heading: str | None
    passage_id: int
    text: str
    start: int
    end: int
    score: float
    collection_id: str = ""  # unknown of answers that older versions stored
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A claim's proof: ``quote`` is exactly ``source.text[start:end]`` of source ``n``."""

    n: int
    passage_id: int
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    conversation_id: str
    speaker: Speaker
    text: str
    status: MessageStatus
    sources: tuple[Source, ...]
    citations: tuple[Citation, ...]
    model: str | None
    degraded: tuple[str, ...]
    cached: bool
    feedback: int | None  # 1 thumb up, -1 down
    timings: Mapping[str, float]
    created_at: datetime
    comment: str | None = None  # the word with the thumb


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str
    pinned: bool
    collection_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message as the model and the search query see it.

    ``about`` is the title of the document that an answer cites first, where it cites any.
    """

    speaker: Speaker
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a program wants the model to choose its words; what is None is as the settings say."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a language model is given: it never sees anything else.

    ``is_answerable`` is False where the sources probably do not hold the answer; ``is_overview`` tells that
    they are passages spread over whole documents, whose main points are asked for. ``instructions`` are a
    program's own, beside the rules that always hold.
    """

    question: str
    history: tuple[Turn, ...]
    sources: tuple[Source, ...]
    is_answerable: bool = True
    is_overview: bool = False
    instructions: str = ""
    sampling: Sampling = field(default_factory=Sampling)


# --- what a language model streams ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """``cut`` tells that the answer ended where it was bounded, not where the model was done."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came for a moment; whoever listens may look around."""


ModelEvent = TextDelta | Usage | Silence


# --- what a chat streams ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MetaEvent:
    conversation_id: str
    message_id: str
    model: str
    cached: bool = False
    degraded: tuple[str, ...] = ()
    question_id: str = ""


@dataclass(frozen=True, slots=True)
class SourcesEvent:
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TokenEvent:
    text: str


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """``model`` and ``degraded`` say who answered in the end: a model that failed before its
    first token is replaced after ``meta`` was sent."""

    message_id: str
    citations: tuple[Citation, ...]
    model: str = ""
    degraded: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    error_code: str
    message: str
    retryable: bool


ChatEvent = MetaEvent | SourcesEvent | TokenEvent | Silence | DoneEvent | ErrorEvent
