"""The tables of test questions, and of the runs that measure search by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.app.storage.models import Base, BigId


class QuestionRow(Base):
    __tablename__ = "evaluation_questions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    text_key: Mapped[str] = mapped_column(String(64))  # a hash: indexes hold no long texts
    language: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("collection_id", "text_key", name="uq_evaluation_questions_text"),
        Index("ix_evaluation_questions_list", "collection_id", "id"),
    )


class JudgementRow(Base):
    """A right passage. What finds it again stands here too: its id ends with the document's next reading."""

    __tablename__ = "evaluation_judgements"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    question_id: Mapped[str] = mapped_column(ForeignKey("evaluation_questions.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str] = mapped_column(String(500))
    passage_id: Mapped[int | None] = mapped_column(BigInteger)
    start: Mapped[int]
    end: Mapped[int]
    quote: Mapped[str] = mapped_column(Text)
    relevance: Mapped[int]

    __table_args__ = (Index("ix_evaluation_judgements_question", "question_id"),)


class RunRow(Base):
    __tablename__ = "evaluation_runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(12))
    done: Mapped[int]
    total: Mapped[int]
    left_out: Mapped[int]
    better: Mapped[int]
    worse: Mapped[int]
    figures: Mapped[list[Any]]  # before and after; none until it is done
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int]
    cancel_requested: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_evaluation_runs_list", "collection_id", "id"),
        Index("ix_evaluation_runs_open", "finished_at", "id"),
    )


class ResultRow(Base):
    """A question under both settings. ``change`` is that of nDCG in ten thousandths, ``size`` the same without sign."""

    __tablename__ = "evaluation_results"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("evaluation_runs.id", ondelete="CASCADE"))
    question_id: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    change: Mapped[int]
    size: Mapped[int]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    __table_args__ = (
        UniqueConstraint("run_id", "question_id", name="uq_evaluation_results_question"),
        Index("ix_evaluation_results_list", "run_id", "size", "id"),
    )


class CitationOpenedRow(Base):
    """That the reader of an answer opened one of its citations."""

    __tablename__ = "opened_citations"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    passage_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class DismissedOfferRow(Base):
    __tablename__ = "dismissed_offers"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
