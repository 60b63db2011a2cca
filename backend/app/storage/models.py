"""The tables. They stay below storage: everything above sees frozen dataclasses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql_text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite counts only INTEGER PRIMARY KEY; PostgreSQL wants more than 2^31 passages to fit.
BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Moments in UTC; SQLite keeps no time zone, so it is taken off and put on here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


class UserRow(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)  # lower case, NFC
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(255))  # none: cannot sign in
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]


class CollectionRow(Base):
    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=0)
    embedding: Mapped[str] = mapped_column(String(300), default="", server_default=sql_text("''"))
    created_at: Mapped[datetime]


class ReembeddingRow(Base):
    """A collection on its way to another embedder's vectors."""

    __tablename__ = "reembeddings"

    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
    embedding: Mapped[str] = mapped_column(String(300))
    last_passage_id: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class MemberRow(Base):
    __tablename__ = "members"

    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    access: Mapped[str] = mapped_column(String(10))

    __table_args__ = (Index("ix_members_user", "user_id"),)


class DocumentRow(Base):
    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(500))
    filename: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12))
    progress: Mapped[float] = mapped_column(default=0.0)
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None]
    passages: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("collection_id", "sha256", name="uq_documents_content"),
        Index("ix_documents_list", "collection_id", "id"),
        Index("ix_documents_status", "collection_id", "status", "id"),
    )


class PassageRow(Base):
    __tablename__ = "passages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    collection_id: Mapped[str] = mapped_column(String(32))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    start: Mapped[int]
    end: Mapped[int]
    page: Mapped[int | None]
    heading: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_passages_document", "document_id", "ordinal"),
        # An id is never given twice: a left-over index entry must not point at another passage.
        {"sqlite_autoincrement": True},
    )


class JobRow(Base):
    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(12))
    progress: Mapped[float] = mapped_column(default=0.0)
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    given_back: Mapped[int] = mapped_column(default=0, server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    work_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_jobs_document", "document_id"),
        Index("ix_jobs_open", "finished_at", "created_at", "id"),
    )


class RemovalRow(Base):
    """Index entries that must go; written with the deletion, done by the indexer."""

    __tablename__ = "removals"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    collection_id: Mapped[str] = mapped_column(String(32))
    document_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]


class ConversationRow(Base):
    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(300))
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    collection_ids: Mapped[list[Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_conversations_list", "user_id", "pinned", "updated_at", "id"),)


class MessageRow(Base):
    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    # Where it stands: its own id, or the place of the answer that it was made in place of.
    place: Mapped[str] = mapped_column(String(32))
    speaker: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    sources: Mapped[list[Any]]
    citations: Mapped[list[Any]]
    model: Mapped[str | None] = mapped_column(String(200))
    degraded: Mapped[list[Any]]
    cached: Mapped[bool] = mapped_column(default=False)
    feedback: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Text)
    timings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_messages_conversation", "conversation_id", "place"),
        Index(
            "ix_messages_thumbs_up",
            "id",
            sqlite_where=sql_text("feedback = 1"),
            postgresql_where=sql_text("feedback = 1"),
        ),
        Index(
            "ix_messages_commented",
            "id",
            sqlite_where=sql_text("comment IS NOT NULL"),
            postgresql_where=sql_text("comment IS NOT NULL"),
        ),
    )


class PerformanceStepRow(Base):
    """What one instance counted in ``seconds`` from ``at`` on, as MessagePack."""

    __tablename__ = "performance_steps"

    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    instance: Mapped[str] = mapped_column(String(32), primary_key=True)
    content: Mapped[bytes]
