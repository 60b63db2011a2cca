"""Alembic's entry: it runs on the connection, and in the transaction, that the caller began."""

from __future__ import annotations

from alembic import context

from backend.app.storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a column by making the table anew
    # SQLite can undo CREATE TABLE too; Alembic takes it for a database that cannot.
    transactional_ddl=True,
)

with context.begin_transaction():
    context.run_migrations()
