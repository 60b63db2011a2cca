"""What a search asks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from backend.app.domain.documents import Passage


class SearchMode(StrEnum):
    HYBRID = "hybrid"
    BM25 = "bm25"
    VECTOR = "vector"


class ScoredId(NamedTuple):  # hundreds a search: a frozen dataclass takes four times as long to make
    """A branch's answer: a passage's id and that branch's own score, higher is better."""

    passage_id: int
    score: float


class FusedId(NamedTuple):
    """A passage after fusion; a rank counts from 1 and is None where the branch did not find it."""

    passage_id: int
    score: float
    bm25_rank: int | None
    vector_rank: int | None


@dataclass(frozen=True, slots=True)
class Hit:
    passage: Passage
    document_title: str
    score: float
    bm25_rank: int | None
    vector_rank: int | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits best first; ``degraded`` names branches that did not answer; times in milliseconds."""

    hits: tuple[Hit, ...]
    degraded: tuple[str, ...]
    timings: Mapping[str, float]
    cached: bool = False


@dataclass(frozen=True, slots=True)
class MoveProgress:
    """How many passages have vectors by the embedder ``target`` so far, in collections still searched by ``sources``."""

    sources: tuple[str, ...]
    target: str
    passages: int
    done: int


@dataclass(frozen=True, slots=True)
class RenderedSearch:
    """A result as it is sent: JSON in UTF-8, the same by Brotli, and the tag that changes with it."""

    body: bytes
    compressed: bytes
    etag: str
