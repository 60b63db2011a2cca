"""Rows of every table of any version's schema, into a file and out of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, insert, select

from backend.app.storage.migration import SCRIPTS, configuration

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "upgrades"
REVISIONS = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()][::-1]
MOMENT = datetime(2026, 1, 2, 3, 4, 5)

Rows = dict[str, list[dict[str, Any]]]


def upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(configuration(connection), revision)


def tables(connection: Connection) -> list[Table]:
    """Return all tables but Alembic's, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def dumped(connection: Connection) -> Rows:
    return {
        table.name: sorted(
            (
                {key: _plain(value) for key, value in row.items()}
                for row in connection.execute(select(table)).mappings()
            ),
            key=lambda row: json.dumps(row, sort_keys=True),
        )
        for table in tables(connection)
    }


def load(connection: Connection, rows: Rows) -> None:
    for table in tables(connection):
        for row in rows.get(table.name, []):
            values = {key: _typed(value, connection) for key, value in row.items()}
            connection.execute(insert(table).values(values))


def fill(connection: Connection) -> None:
    """Put a row into each table that has none, whatever its columns are."""
    for table in tables(connection):
        if connection.execute(select(table).limit(1)).first() is None:
            values = {column.name: _some(column, connection) for column in table.columns}
            connection.execute(insert(table).values(values))


def _some(column: Column[Any], connection: Connection) -> Any:
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).limit(1))
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.DateTime):
        return _typed(_plain(MOMENT), connection)
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.LargeBinary):
        return b"\x80"
    if isinstance(kind, sa.Integer | sa.Numeric | sa.Float):
        return 1
    return column.name[: kind.length or 100] if isinstance(kind, sa.String) and kind.length != 32 else "f" * 32


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return {"$moment": moment.isoformat()}
    return {"$bytes": value.hex()} if isinstance(value, bytes) else value


def _typed(value: Any, connection: Connection) -> Any:
    if isinstance(value, dict) and value.keys() == {"$moment"}:
        moment = datetime.fromisoformat(value["$moment"])
        return moment if connection.dialect.name == "sqlite" else moment.replace(tzinfo=UTC)
    if isinstance(value, dict) and value.keys() == {"$bytes"}:
        return bytes.fromhex(value["$bytes"])
    return value
