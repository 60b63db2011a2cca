"""``likeopt reindex``: make the search indexes anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import (
    Builders,
    attached_toolbox,
    data_dir_option,
    load_settings,
    pass_builders,
    wait_for_other_commands,
)
from backend.app.cli.output import orderly_end, progress_bar

if TYPE_CHECKING:
    from backend.app.domain.documents import Document


@click.command()
@data_dir_option
@pass_builders
def reindex(builders: Builders, data_dir: Path | None) -> None:
    """Make both search indexes anew from the passages in the database.

    Files are not read again. People can go on searching, and while `likeopt serve` runs on the
    data folder it notices by itself.
    """
    settings = load_settings(data_dir=data_dir)
    stopped = "Interrupted. Run it again: until then some documents are not found by meaning."
    with orderly_end(stopped), progress_bar(quiet_output=False) as bar:
        wait_for_other_commands(settings, lambda line: bar.say(line, err=True))
        with attached_toolbox(builders, settings, "reindex") as toolbox:

            def progress(document: Document, done: int, total: int) -> None:
                bar.show(done, total, document.filename)

            from backend.app.domain.audit import COMMAND_LINE, Action

            count = toolbox.reindexing().rebuild(progress)
            toolbox.services.audit.record(Action.REINDEXED, actor=COMMAND_LINE, details={"documents": count})
    click.echo(f"{count:,} document{'' if count == 1 else 's'} indexed anew.")
