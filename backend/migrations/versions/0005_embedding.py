"""Which embedder's vectors each collection is searched with, and how far moving to another one has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("collections", sa.Column("embedding", sa.String(300), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE collections SET embedding = 'use'")  # the only one there was
    op.create_table(
        "reembeddings",
        sa.Column(
            "collection_id", sa.String(32), sa.ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("embedding", sa.String(300), nullable=False),
        sa.Column("last_passage_id", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(200)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("reembeddings")
    op.drop_column("collections", "embedding")
