"""Collections, documents, passages and the jobs that make one from the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.app.domain.accounts import Access


class DocumentStatus(StrEnum):
    """The states of a document, in the order in which it passes through them."""

    QUEUED = "queued"
    EXTRACTING = "extracting"
    SEARCHABLE = "searchable"  # by words; vectors are still being made
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (DocumentStatus.READY, DocumentStatus.FAILED, DocumentStatus.CANCELLED)

    @property
    def is_searchable(self) -> bool:
        return self in (DocumentStatus.SEARCHABLE, DocumentStatus.READY)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something failed, in words a person understands."""

    error_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as one user sees it; ``access`` is that user's."""

    id: str
    name: str
    version: int
    access: Access
    documents: int
    searchable: int  # of these documents
    created_at: datetime
    embedding: str = ""  # whose vectors are searched; none yet: the embedder that the settings name
    members: int = 1
    owners: tuple[str, ...] = ()  # their names, where the user is none of them


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    collection_id: str
    title: str
    filename: str
    media_type: str
    sha256: str
    bytes: int
    status: DocumentStatus
    progress: float  # 0 to 1 over extraction, passages and vectors together
    error: Problem | None
    pages: int | None
    passages: int
    created_at: datetime
    job_id: str | None = None  # the latest job's, where a user asks
    left: tuple[float, float] | None = None  # seconds until it is ready, at least and at most, where that is known


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document: ``text`` is exactly ``document_text[start:end]`` (code points)."""

    id: int
    document_id: str
    collection_id: str
    ordinal: int
    text: str
    start: int
    end: int
    page: int | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to index a document."""

    id: str
    document_id: str
    status: DocumentStatus
    progress: float
    error: Problem | None
    attempts: int
    cancel_requested: bool
    created_at: datetime
    finished_at: datetime | None
    document: Document | None = None  # as it is now, where a user asks


# --- what extraction hands to chunking --------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Page ``number`` (from 1) covers ``text[start:end]``."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that begins at ``start``; ``level`` 1 is the outermost."""

    start: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class ExtractedDocument:
    """A file's text in NFC with its structure. ``pages`` is empty where the format has none."""

    text: str
    title: str | None
    media_type: str
    pages: tuple[PageSpan, ...]
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture within a document, as large as it stands there; numbers may have gaps."""

    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it has an id: ``text`` is exactly ``extracted.text[start:end]``."""

    ordinal: int
    text: str
    start: int
    end: int
    page: int | None
    heading: str | None
