"""``likeopt restore``: a backup, back into an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.backup import contents, described, opened
from backend.app.cli.context import (
    Builders,
    attached_toolbox,
    data_dir_option,
    load_settings,
    pass_builders,
    plain_errors,
)
from backend.app.cli.output import orderly_end, progress_bar

if TYPE_CHECKING:
    from backend.app.cli.output import Bar
    from backend.app.config import Settings
    from backend.app.domain.backup import Backup
    from backend.app.domain.documents import Document


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--later", is_flag=True, help="Leave the search indexes to `likeopt serve`, which makes them anew.")
@data_dir_option
@pass_builders
def restore(builders: Builders, file: Path, later: bool, data_dir: Path | None) -> None:
    """Restore the backup FILE into an empty data folder; - is standard input.

    With DATABASE_URL, into an empty PostgreSQL database too. Every file is compared with its sum
    before anything is put in place: all of the backup is restored, or nothing. Then the tables are
    brought to this version, and the search indexes made anew. A backup of a newer version is refused.
    """
    settings = load_settings(data_dir=data_dir)
    with progress_bar(quiet_output=False) as bar:
        with orderly_end("Interrupted. Nothing was restored."), plain_errors():
            restored = _restore(builders, settings, file, bar)
        click.echo(f"Restored {contents(restored)}, as of {restored.header.created_at}.")
        if later:
            click.echo("The search indexes are made when `likeopt serve` starts: until then nothing is found.")
            return
        unfinished = "Interrupted. Everything is restored but the search indexes: `likeopt reindex` makes them."
        with orderly_end(unfinished):
            count = _reindex(builders, settings, bar)
            click.echo(f"{count:,} document{'' if count == 1 else 's'} indexed anew.")


def _restore(builders: Builders, settings: Settings, file: Path, bar: Bar) -> Backup:
    from backend.app.domain.audit import Action
    from backend.app.processes.data_lock import hold

    with opened(file) as source:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with hold(settings, "restore"):
            restored = builders.restore(settings).restore(source, *described(file), bar.show)
            builders.note(settings, Action.RESTORED, restored)
            return restored


def _reindex(builders: Builders, settings: Settings, bar: Bar) -> int:
    def progress(document: Document, done: int, total: int) -> None:
        bar.show(done, total, document.filename)

    with attached_toolbox(builders, settings, "restore") as toolbox:
        return toolbox.reindexing().rebuild(progress)
