"""Documents, their passages and what is found in them."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class ProblemShape(TypedDict):
    error_code: str
    message: str


class PictureShape(TypedDict):
    n: int
    width: int
    height: int


class DocumentShape(TypedDict):
    id: str
    title: str
    filename: str
    collection_id: str
    media_type: str
    status: str
    progress: float
    error: ProblemShape | None
    pages: int | None
    passages: int
    bytes: int
    job_id: str | None
    left: list[int] | None
    created_at: str


class JobShape(TypedDict):
    id: str
    document_id: str
    status: str
    progress: float
    error: ProblemShape | None
    attempts: int
    bytes: NotRequired[int]
    pages: NotRequired[int | None]
    passages: NotRequired[int]
    left: NotRequired[list[int] | None]
    created_at: str
    finished_at: str | None


class RefusalShape(TypedDict):
    error_code: str
    message: str
    filename: str


class UploadShape(TypedDict):
    document: DocumentShape | None
    job: JobShape | None
    duplicate: bool
    error: RefusalShape | None


class PassageShape(TypedDict):
    id: int
    document_id: str
    ordinal: int
    text: str
    start: int
    end: int
    page: int | None
    heading: str | None


class RanksShape(TypedDict):
    bm25: int | None
    vector: int | None


class MarkShape(TypedDict):
    start: int
    end: int


class HitShape(TypedDict):
    passage_id: int
    document_id: str
    title: str
    collection_id: str
    text: str
    page: int | None
    heading: str | None
    start: int
    end: int
    score: float
    ranks: RanksShape
    marks: NotRequired[list[MarkShape]]


MoveShape = TypedDict("MoveShape", {"from": list[str], "to": str, "passages": int, "done": int})


class RoomShape(TypedDict):
    bytes: int
    documents: int
    most_bytes: int
    most_documents: int


class IndexingShape(TypedDict):
    queued: int
    extracting: int
    searchable: int
    ready: int
    failed: int
    cancelled: int
    reembedding: NotRequired[MoveShape]
