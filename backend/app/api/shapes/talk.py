"""Conversations, messages, and the events of an answer that streams."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class ConversationShape(TypedDict):
    id: str
    title: str
    pinned: bool
    collection_ids: list[str]
    created_at: str
    updated_at: str


class SourceShape(TypedDict):
    n: int
    document_id: str
    collection_id: str | None
    withdrawn: bool
    title: str
    page: int | None
    heading: str | None
    passage_id: int
    text: str
    start: int
    end: int
    score: float


class CitationShape(TypedDict):
    n: int
    passage_id: int
    quote: str
    start: int
    end: int


class UsageShape(TypedDict):
    prompt_tokens: NotRequired[int]
    completion_tokens: NotRequired[int]


class MessageShape(TypedDict):
    id: str
    conversation_id: str
    role: str
    text: str
    status: str
    sources: list[SourceShape]
    citations: list[CitationShape]
    model: str | None
    degraded: list[str]
    cached: bool
    feedback: int | None
    comment: str | None
    timings: dict[str, float]
    created_at: str


class ExportShape(ConversationShape):
    messages: list[MessageShape]


class MetaEventShape(TypedDict):
    conversation_id: str
    question_id: str
    message_id: str
    model: str
    cached: bool
    degraded: list[str]


class SourcesEventShape(TypedDict):
    sources: list[SourceShape]


class TokenEventShape(TypedDict):
    text: str


class DoneEventShape(TypedDict):
    message_id: str
    citations: list[CitationShape]
    model: str
    degraded: list[str]
    usage: UsageShape
    timings: dict[str, float]


class ErrorEventShape(TypedDict):
    error_code: str
    message: str
    retryable: bool
