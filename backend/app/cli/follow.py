"""``likeopt ingest FOLDER --watch``: follow folders for as long as the command runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import Builders, Toolbox, attached_toolbox, wait_for_other_commands
from backend.app.cli.output import orderly_end

if TYPE_CHECKING:
    from backend.app.config import Settings

_SOON_SECONDS = 0.5  # while a file may not be whole yet, or an old version is still to go


def follow(builders: Builders, settings: Settings, names: Sequence[str], name: str | None, *, as_json: bool) -> None:
    """Follow folders until Ctrl-C; what is taken in is remembered, so that the next time costs a look."""
    from backend.app.processes.data_lock import running

    if as_json:
        raise click.UsageError("--watch goes on, and --json ends with one answer: use one of them.")
    if not all(Path(folder).is_dir() for folder in names):
        raise click.UsageError("--watch follows folders.")
    with orderly_end("Stopped following. The documents stay; the same command goes on from here."):
        wait_for_other_commands(settings, lambda line: click.echo(line, err=True))
        has_server = running(settings) is not None
        with attached_toolbox(builders, settings, "ingest --watch") as toolbox:
            ids = _watched(toolbox, names, name)
            work = _work_of(toolbox, has_server=has_server)
            following = toolbox.following(lambda change, path: click.echo(f"{change:9} {path}"))
            following.free_abandoned()
            while True:
                settled = following.follow_these(ids)
                work()
                time.sleep(max(settings.watch_seconds, _SOON_SECONDS) if settled else _SOON_SECONDS)


def _watched(toolbox: Toolbox, names: Sequence[str], name: str | None) -> list[str]:
    services = toolbox.services
    user = services.accounts.operator()
    collection = services.collections.named(user, name) if name else services.collections.default(user)
    ids = []
    for folder in names:
        watched = services.folders.watch_as_operator(user, collection.id, folder, kept=False)
        ids.append(watched.id)
        click.echo(f"Following {watched.path} into “{collection.name}” until Ctrl-C.")
    return ids


def _work_of(toolbox: Toolbox, *, has_server: bool) -> Callable[[], None]:
    """Return what an indexer does, for where none runs."""
    if has_server:
        return lambda: None
    indexing = toolbox.indexing()
    indexing.free_abandoned()

    def work() -> None:
        indexing.remove_leftovers()
        for job_id in indexing.pending():
            indexing.process(job_id)

    return work
