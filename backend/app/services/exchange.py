"""A question and its answer while that is being made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.app.domain.chat import (
    Citation,
    Conversation,
    DoneEvent,
    Message,
    MessageStatus,
    MetaEvent,
    Prompt,
    Sampling,
    Source,
    Speaker,
    Turn,
    Usage,
)
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit
from backend.app.errors import InvalidRequest
from backend.app.security.typed_text import cleaned

_TITLE_CHARS = 80


@dataclass(slots=True)
class Exchange:
    """``replaces`` is the answer that gives way to this one, with what follows it up to the place ``until``
    where that is set; ``stores_question`` tells whether the
    question is new, or has new words; ``retitled`` is the conversation's title before and after, where
    it follows those. ``is_unheard``: the question was asked before, and may never have been stored."""

    conversation: Conversation
    question: Message
    answer_id: str
    stores_question: bool
    replaces: str | None
    history: tuple[Turn, ...]
    collections: Sequence[Collection]
    uses_cache: bool = True
    until: str | None = None
    retitled: tuple[str, str] | None = None
    is_unheard: bool = False
    model: str = ""
    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()
    degraded: tuple[str, ...] = ()
    cached: bool = False
    is_answerable: bool = True
    is_overview: bool = False  # its sources are spread over whole documents
    instructions: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    is_insisted: bool = False  # answered all the same, for the one who asked again
    pieces: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    announced: bool = False  # the reader knows the conversation and the answer's id
    cited: bool = False
    settled: bool = False  # stored, or tried to

    @property
    def is_particular(self) -> bool:
        """Tell whether the answer is made in a way of the asker's own."""
        return bool(self.instructions) or self.sampling != Sampling()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def note_time(self, name: str) -> float:
        """Note and return the milliseconds since the question came."""
        self.timings[name] = round((time.perf_counter() - self.started) * 1000, 3)
        return self.timings[name]

    def prompt(self) -> Prompt:
        return Prompt(
            self.question.text,
            self.history,
            self.sources,
            self.is_answerable,
            self.is_overview,
            self.instructions,
            self.sampling,
        )

    def meta(self) -> MetaEvent:
        self.announced = True
        return MetaEvent(self.conversation.id, self.answer_id, self.model, self.cached, self.degraded, self.question.id)

    def done(self) -> DoneEvent:
        return DoneEvent(
            self.answer_id, self.citations, self.model, self.degraded, self.usage, timings=dict(self.timings)
        )

    def answer(self, status: MessageStatus) -> Message:
        return Message(
            id=self.answer_id,
            conversation_id=self.conversation.id,
            speaker=Speaker.ASSISTANT,
            text=self.text,
            status=status,
            sources=self.sources,
            citations=self.citations,
            model=self.model or None,
            degraded=self.degraded,
            cached=self.cached,
            feedback=None,
            timings=dict(self.timings),
            created_at=datetime.now(UTC),
        )


def user_message(message_id: str, conversation_id: str, text: str) -> Message:
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


def source(n: int, hit: Hit) -> Source:
    """Return a hit as the model and the reader know it: by its number."""
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
        collection_id=passage.collection_id,
    )


def checked(message: str, most: int) -> str:
    """Return a question without what is never meant.

    Raises:
        InvalidRequest: it is empty, or has more than ``most`` characters.
    """
    text = cleaned(message).strip()
    if not text:
        raise InvalidRequest("The message is empty. Write a question.")
    if len(text) > most:
        raise InvalidRequest(f"The message is longer than {most} characters. Shorten it.")
    return text


def title_of(question: str) -> str:
    """Return a conversation's title: the beginning of its first question, in one line."""
    line = " ".join(question.split())
    return line if len(line) <= _TITLE_CHARS else line[: _TITLE_CHARS - 1].rstrip() + "…"
