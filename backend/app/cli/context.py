"""What commands are given, and the way they end when something is wrong."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.app.errors import AppError

if TYPE_CHECKING:
    from backend.app.config import Settings
    from backend.app.domain.audit import Action
    from backend.app.domain.backup import Backup
    from backend.app.domain.search import MoveProgress
    from backend.app.services.agreement import AgreementService
    from backend.app.services.backup import BackupService
    from backend.app.services.bundle import Services
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.folders.following import FollowingService
    from backend.app.services.indexing.service import IndexingService
    from backend.app.services.reindexing import ReindexingService
    from backend.app.services.repair import RepairService
    from backend.app.services.restoring import RestoreService


_COLD_TIMEOUT_MS = 20_000
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Toolbox:
    """Everything built for one command, on settings that name running services."""

    settings: Settings
    services: Services
    indexing: Callable[[], IndexingService]
    reindexing: Callable[[], ReindexingService]
    agreement: Callable[[bool], AgreementService]
    repair: Callable[[], RepairService]
    reembedding: Callable[[], MoveProgress | None]
    following: Callable[[Callable[[str, str], None]], FollowingService]
    evaluation: Callable[[], Evaluator]


@dataclass(frozen=True)
class Builders:
    """How to build it. ``__main__`` alone knows, so that no command constructs a service."""

    toolbox: Callable[[Settings], AbstractContextManager[Toolbox]]
    run_indexer: Callable[[Settings], None]
    backup: Callable[[Settings], BackupService]
    restore: Callable[[Settings], RestoreService]
    note: Callable[[Settings, Action, Backup], None]


pass_builders = click.make_pass_decorator(Builders)

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of everything kept.  [default: data]"
)


def load_settings(**options: Any) -> Settings:
    """Read the settings; options that were not given are left to the environment."""
    from backend.app.config import Settings

    with plain_errors():
        return Settings.load(**{name: value for name, value in options.items() if value is not None})


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """End the command with an expected error's sentence instead of a traceback; exit code 1."""
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from error


def wait_for_other_commands(settings: Settings, say: Callable[[str], None]) -> None:
    """Wait until nobody has the data folder, or only a server, which shares it."""
    from backend.app.processes.data_lock import running

    said = False
    while (services := running(settings)) is not None and services.command != "serve":
        if not said:
            say(f"Waiting for `likeopt {services.command}` (process {services.pid}) to end.")
        said = True
        time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def attached_toolbox(builders: Builders, settings: Settings, command: str, *, chroma: bool = True) -> Iterator[Toolbox]:
    """Yield a toolbox on the running server's services, or on services of the command's own.

    The database is brought to this version's tables first. Without ``chroma`` the vector index
    is not started for the command.
    """
    from backend.app.logs import configure_logging
    from backend.app.processes.embedded import attached
    from backend.app.processes.migrations import needed

    # The command speaks for itself, and its first question loads the embedder.
    settings = settings.with_(log_level="error", branch_timeout_ms=max(settings.branch_timeout_ms, _COLD_TIMEOUT_MS))
    configure_logging(settings)
    with plain_errors():
        if needed(settings):  # Alembic takes a third of a second
            from backend.app.storage.migration import migrate

            migrate(settings)
        with (
            attached(settings, command, redis=False, chroma=chroma) as reachable,
            builders.toolbox(reachable) as toolbox,
        ):
            yield toolbox
