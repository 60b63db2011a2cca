"""Test questions with their right passages, and runs that measure search by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _questions()
    _runs()
    op.create_table(
        "opened_citations",
        sa.Column("message_id", sa.String(32), sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("passage_id", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "dismissed_offers",
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("message_id", sa.String(32), sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    )
    rated = sa.text("feedback = 1")
    op.create_index("ix_messages_thumbs_up", "messages", ["id"], sqlite_where=rated, postgresql_where=rated)


def _questions() -> None:
    op.create_table(
        "evaluation_questions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("collection_id", sa.String(32), sa.ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("text_key", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("collection_id", "text_key", name="uq_evaluation_questions_text"),
    )
    op.create_index("ix_evaluation_questions_list", "evaluation_questions", ["collection_id", "id"])
    op.create_table(
        "evaluation_judgements",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column(
            "question_id", sa.String(32), sa.ForeignKey("evaluation_questions.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("filename", sa.String(500), nullable=False),
        sa.Column("passage_id", sa.BigInteger),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("relevance", sa.Integer, nullable=False),
    )
    op.create_index("ix_evaluation_judgements_question", "evaluation_judgements", ["question_id"])


def _runs() -> None:
    op.create_table(
        "evaluation_runs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("collection_id", sa.String(32), sa.ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("better", sa.Integer, nullable=False),
        sa.Column("worse", sa.Integer, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.Column("error_code", sa.String(50)),
        sa.Column("error_message", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("owner", sa.String(200)),
        sa.Column("lease_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
    )
    op.create_index("ix_evaluation_runs_list", "evaluation_runs", ["collection_id", "id"])
    op.create_index("ix_evaluation_runs_open", "evaluation_runs", ["finished_at", "id"])
    op.create_table(
        "evaluation_results",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("run_id", sa.String(32), sa.ForeignKey("evaluation_runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question_id", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.UniqueConstraint("run_id", "question_id", name="uq_evaluation_results_question"),
    )
    op.create_index("ix_evaluation_results_list", "evaluation_results", ["run_id", "size", "id"])


def downgrade() -> None:
    op.drop_index("ix_messages_thumbs_up", "messages")
    for table in (
        "dismissed_offers",
        "opened_citations",
        "evaluation_results",
        "evaluation_runs",
        "evaluation_judgements",
        "evaluation_questions",
    ):
        op.drop_table(table)
