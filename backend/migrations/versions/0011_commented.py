"""Find the answers that have a word with their thumb."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    said = sa.text("comment IS NOT NULL")
    op.create_index("ix_messages_commented", "messages", ["id"], sqlite_where=said, postgresql_where=said)


def downgrade() -> None:
    op.drop_index("ix_messages_commented", "messages")
