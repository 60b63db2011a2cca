"""``python -m backend.app`` and the console script ``likeopt``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backend.app.cli import cli
from backend.app.cli.context import Builders, Toolbox
from backend.app.imports import without

if TYPE_CHECKING:
    from backend.app.config import Settings
    from backend.app.domain.audit import Action
    from backend.app.domain.backup import Backup
    from backend.app.services.backup import BackupService
    from backend.app.services.restoring import RestoreService


def main() -> None:
    """Run the command line."""
    # Read when NumPy is first imported: embedding has threads of its own (services/embedding/use.py).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(cli(prog_name="likeopt", obj=builders()))


def builders() -> Builders:
    """Return how commands' parts are built."""
    return Builders(toolbox=_toolbox, run_indexer=_run_indexer, backup=_backup, restore=_restore, note=_note)


@contextlib.contextmanager
def _toolbox(settings: Settings) -> Iterator[Toolbox]:
    with _lean():
        from backend.app import wiring
    from backend.app.processes.owners import owner

    parts = wiring.parts(settings, embedding_threads=os.cpu_count() or 1)
    try:
        yield Toolbox(
            settings=settings,
            services=wiring.services(parts),
            indexing=lambda: wiring.indexing_service(parts, owner()),
            reindexing=lambda: wiring.reindexing_service(parts, owner()),
            agreement=lambda owns_vectors: wiring.agreement_service(parts, owns_vectors=owns_vectors),
            repair=lambda: wiring.repair_service(parts, owner()),
            reembedding=lambda: parts.moves.progress(None),
            following=lambda told: wiring.following_service(parts, owner(), told),
            evaluation=lambda: wiring.evaluator(parts),
        )
    finally:
        parts.close()


def _run_indexer(settings: Settings) -> None:
    with _lean():
        from backend.app import worker

    worker.run(settings)


def _backup(settings: Settings) -> BackupService:
    with _lean():
        from backend.app.wiring.backing_up import backup_service

    return backup_service(settings)


def _restore(settings: Settings) -> RestoreService:
    with _lean():
        from backend.app.wiring.backing_up import restore_service

    return restore_service(settings)


def _note(settings: Settings, action: Action, done: Backup) -> None:
    with _lean():
        from backend.app.wiring.backing_up import note

    note(settings, action, done)


def _lean() -> contextlib.AbstractContextManager[None]:
    # redis-py loads OpenTelemetry's SDK wherever it is installed. Nothing here traces, whatever the settings.
    return without("opentelemetry")


if __name__ == "__main__":
    main()
