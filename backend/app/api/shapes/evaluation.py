"""Test questions, and runs that compare settings of search by them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from backend.app.api.shapes.library import ProblemShape


class SettingsShape(TypedDict):
    mode: str
    vector_weight: float
    candidates: int


class BoundsShape(TypedDict):
    questions: int
    passages: int
    candidates: int
    import_bytes: int
    import_documents: int
    import_questions: int


class OverviewShape(TypedDict):
    questions: int
    today: SettingsShape
    offered_questions: str
    limits: BoundsShape


class PlaceShape(TypedDict):
    passage_id: int | None
    document_id: str | None
    title: str
    page: int | None
    heading: str | None
    text: str
    whole: bool
    lost: bool
    waits: bool


class QuestionShape(TypedDict):
    id: str
    collection_id: str
    text: str
    language: str
    source: str
    lost: bool
    waits: bool
    passages: list[PlaceShape]
    created_at: str


class CitedShape(TypedDict):
    passage_id: int | None
    document_id: str | None
    title: str
    text: str


class OfferShape(TypedDict):
    message_id: str
    text: str
    source: str
    comment: str | None
    own: bool
    passages: list[CitedShape]
    asked_at: str


class ImportedShape(TypedDict):
    collection_id: str
    name: str
    documents: int
    questions: int


FiguresShape = TypedDict(
    "FiguresShape", {"ndcg@10": float, "recall@5": float, "mrr@10": float, "p50_ms": float, "degraded": int}
)


class TriedShape(TypedDict):
    settings: SettingsShape
    figures: FiguresShape | None


class RunShape(TypedDict):
    id: str
    collection_id: str
    status: str
    done: int
    total: int
    left_out: int
    better: int
    worse: int
    before: TriedShape
    after: TriedShape
    error: ProblemShape | None
    created_at: str
    finished_at: str | None


class FoundShape(TypedDict):
    passage_id: int
    document_id: str
    right: bool
    title: str | None
    page: int | None
    heading: str | None
    text: str | None


SideShape = TypedDict(
    "SideShape",
    {
        "ndcg@10": float,
        "recall@5": float,
        "mrr@10": float,
        "ms": float,
        "rank": int | None,
        "degraded": bool,
        "found": list[FoundShape],
    },
)


class ResultShape(TypedDict):
    question_id: str
    text: str
    language: str
    change: Literal["better", "worse", "same"]
    ndcg_change: float
    before: SideShape
    after: SideShape
