"""Test questions with their right passages, and how well search does on them under two settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backend.app.domain.documents import Passage, Problem
from backend.app.domain.search import SearchMode

RANKED = 10  # passages, or documents, that a question is judged by
RECALL_DEPTH = 5
SHOWN = 5  # of what each side found, kept to be looked at


class QuestionSource(StrEnum):
    """Where a test question comes from."""

    TYPED = "typed"
    IMPORTED = "imported"
    THUMB = "thumb"
    THUMB_DOWN = "thumb_down"  # with a word that says why
    CITATION = "citation"


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What changes a search without indexing anything anew."""

    mode: SearchMode
    vector_weight: float
    candidates: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A right passage by its place, which outlives its id: documents that are read again get other passages.

    Without a ``passage_id`` the whole document is right. ``quote`` is how the passage begins.
    """

    document_id: str
    sha256: str
    filename: str
    passage_id: int | None = None
    start: int = 0
    end: int = 0
    quote: str = ""
    relevance: int = 1

    @property
    def is_whole(self) -> bool:
        return self.passage_id is None


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    id: str
    collection_id: str
    text: str
    language: str
    source: QuestionSource
    judgements: tuple[Judgement, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewQuestion:
    text: str
    language: str
    source: QuestionSource
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class RightPlace:
    """Where a judgement leads today; ``passages`` of a whole document are none.

    Without a ``document_id`` it is lost, or its document is still to be read: it ``waits``.
    """

    judgement: Judgement
    document_id: str | None = None
    title: str = ""
    passages: tuple[Passage, ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A question that somebody asked, with the cited passages that stand where the answer found them.

    Nothing of the answer, nor who asked; ``comment`` is the word with the thumb. Of one with a thumb
    down nothing is right until it is said to be.
    """

    message_id: str
    text: str
    source: QuestionSource
    judgements: tuple[Judgement, ...]
    titles: tuple[str, ...]  # of each judgement's document
    own: bool
    asked_at: datetime
    comment: str | None = None


# --- runs -------------------------------------------------------------------------------


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over a run's questions; ``degraded`` of them lost a branch."""

    ndcg: float
    recall: float
    mrr: float
    p50_ms: float
    degraded: int


@dataclass(frozen=True, slots=True)
class Run:
    """All questions of a collection under the settings ``before`` and ``after``."""

    id: str
    collection_id: str
    before: SearchSettings
    after: SearchSettings
    status: RunStatus
    done: int
    total: int
    left_out: int  # questions whose right passages are all lost
    better: int
    worse: int
    figures_before: Figures | None
    figures_after: Figures | None
    error: Problem | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """What one side found at a rank: a passage, or where documents are judged the document by its first passage."""

    passage_id: int
    document_id: str
    right: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One question under one of the settings; ``rank`` is the first right one's, None beyond the tenth."""

    ndcg: float
    recall: float
    mrr: float
    ms: float
    rank: int | None
    degraded: bool
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A question as it was asked in a run."""

    question_id: str
    text: str
    language: str
    before: Side
    after: Side

    @property
    def change(self) -> float:
        """Return by how much nDCG rose."""
        return self.after.ndcg - self.before.ndcg


class Change(StrEnum):
    """Which results of a run are listed."""

    ALL = "all"
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class RunTask:
    """A run that a process has claimed."""

    run_id: str
    collection_id: str
    before: SearchSettings
    after: SearchSettings
    attempts: int
    answered: frozenset[str] = field(default_factory=frozenset)  # questions that an earlier attempt came to
