"""Keep the code of what hinders a followed folder or one of its files, so that the page says it in any language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_TABLES = ("watched_folders", "watched_files")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("error_code", sa.String(50)))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as altered:
            altered.drop_column("error_code")
