"""How often a job was given back, so that only attempts which ended their process count against its file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("given_back", sa.Integer, nullable=False, server_default="0"))
    # Nobody knows of those that wait what their attempts came to.
    op.execute("UPDATE jobs SET given_back = attempts WHERE finished_at IS NULL")


def downgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("given_back")
