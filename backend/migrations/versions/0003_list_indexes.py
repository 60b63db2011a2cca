"""Indexes that end with the id, so that lists come out of them in their order."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_DOCUMENTS = ("ix_documents_status", "documents", ["collection_id", "status"])
_JOBS = ("ix_jobs_open", "jobs", ["finished_at", "created_at"])


def upgrade() -> None:
    for name, table, columns in (_DOCUMENTS, _JOBS):
        op.drop_index(name, table)
        op.create_index(name, table, [*columns, "id"])


def downgrade() -> None:
    for name, table, columns in (_DOCUMENTS, _JOBS):
        op.drop_index(name, table)
        op.create_index(name, table, columns)
