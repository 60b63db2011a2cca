"""Answers in OpenAI's shapes."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from backend.app.api.shapes.talk import CitationShape, SourceShape


class ModelShape(TypedDict):
    id: str
    object: str
    created: int
    owned_by: str


class ModelsShape(TypedDict):
    object: str
    data: list[ModelShape]


class MessageShape(TypedDict):
    role: str
    content: str
    refusal: None
    citations: list[CitationShape]
    sources: list[SourceShape]


class ChoiceShape(TypedDict):
    index: int
    message: MessageShape
    finish_reason: str
    logprobs: None


class UsageShape(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class MadeByShape(TypedDict):
    model: str
    cached: bool
    degraded: list[str]


class CompletionShape(TypedDict):
    id: str
    object: str
    created: int
    model: str
    choices: list[ChoiceShape]
    usage: UsageShape
    like_opt: MadeByShape


class ChunkShape(TypedDict):
    id: str
    object: str
    created: int
    model: str
    choices: list[dict[str, Any]]
