"""What makes and restores backups, put together: it needs no other service."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backend.app.config import Settings
from backend.app.domain.audit import COMMAND_LINE, Action, Target
from backend.app.domain.backup import Backup
from backend.app.services.backup import BackupService
from backend.app.services.restoring import RestoreService
from backend.app.storage.backup.held import HeldFiles, held_files
from backend.app.storage.backup.sqlite import SqliteSource, SqliteTarget
from backend.app.version import __version__

if TYPE_CHECKING:
    from backend.app.storage.backup.interfaces import RestoreTarget, SnapshotSource


def backup_service(settings: Settings) -> BackupService:
    def hold() -> AbstractContextManager[HeldFiles]:
        return held_files(settings.files_dir)

    return BackupService(_source(settings), hold, version=__version__, clock=lambda: datetime.now(UTC))


def restore_service(settings: Settings) -> RestoreService:
    return RestoreService(_target(settings), settings.data_dir, settings.files_dir)


def note(settings: Settings, action: Action, done: Backup) -> None:
    """Write down that a backup was made or restored."""
    from backend.app.monitoring.null import NullMetrics
    from backend.app.services.audit import AuditLog
    from backend.app.storage.database import Database
    from backend.app.storage.ids import new_id
    from backend.app.storage.migration import is_current
    from backend.app.storage.repositories.audit import SqlAuditEvents

    if not is_current(settings):  # a backup before an upgrade: there may be no table for it
        return
    database = Database(settings.sqlalchemy_url)
    try:
        audit = AuditLog(
            SqlAuditEvents(database), NullMetrics(), new_id, days=settings.audit_days, most=settings.audit_events
        )
        where = Target("backup", "", str(done.path or "-"))
        details = {"created_at": done.header.created_at, "documents": done.header.documents, "bytes": done.size}
        audit.record(action, actor=COMMAND_LINE, target=where, details=details)
    finally:
        database.close()


def _source(settings: Settings) -> SnapshotSource:
    if not settings.database_url:
        return SqliteSource(settings.data_dir / "likeopt.db")
    from backend.app.storage.backup.postgresql import PostgresqlSource

    return PostgresqlSource(settings.sqlalchemy_url)


def _target(settings: Settings) -> RestoreTarget:
    from backend.app.storage.migration import knows, migrate

    if not settings.database_url:

        def migrate_in(folder: Path) -> None:
            migrate(settings.with_(data_dir=folder))

        return SqliteTarget(settings.data_dir / "likeopt.db", migrate_in, knows, time.time)
    from backend.app.storage.backup.postgresql import PostgresqlTarget

    return PostgresqlTarget(settings.sqlalchemy_url, lambda: migrate(settings), knows, time.time)
