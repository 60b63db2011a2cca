"""Folders of the server's disk that collections follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "watched_folders",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("collection_id", sa.String(32), sa.ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.Column("confined", sa.Boolean, nullable=False),
        sa.Column("device", sa.BigInteger),
        sa.Column("problem", sa.Text),
        sa.Column("owner", sa.String(200)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_watched_folders_collection", "watched_folders", ["collection_id"])
    op.create_table(
        "watched_files",
        sa.Column(
            "folder_id", sa.String(32), sa.ForeignKey("watched_folders.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("path", sa.String(4096), primary_key=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("inode", sa.String(20), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="SET NULL")),
        sa.Column("owned", sa.Boolean, nullable=False),
        sa.Column("previous", sa.String(32)),
        sa.Column("problem", sa.Text),
    )
    op.create_index("ix_watched_files_document", "watched_files", ["document_id"])


def downgrade() -> None:
    op.drop_table("watched_files")
    op.drop_table("watched_folders")
