"""The tables of watched folders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.app.storage.models import Base


class WatchedFolderRow(Base):
    __tablename__ = "watched_folders"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    kept: Mapped[bool]
    confined: Mapped[bool]
    device: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(String(50))
    problem: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_watched_folders_collection", "collection_id"),)


class WatchedFileRow(Base):
    __tablename__ = "watched_files"

    folder_id: Mapped[str] = mapped_column(ForeignKey("watched_folders.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(String(4096), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    inode: Mapped[str] = mapped_column(String(20))  # 64 bits without a sign, which no column holds
    sha256: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))
    owned: Mapped[bool]
    previous: Mapped[str | None] = mapped_column(String(32))
    error_code: Mapped[str | None] = mapped_column(String(50))
    problem: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_watched_files_document", "document_id"),)
