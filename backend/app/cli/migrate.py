"""``likeopt migrate``: bring the database to this version's tables."""

from __future__ import annotations

from pathlib import Path

import click

from backend.app.cli.context import data_dir_option, load_settings, plain_errors


@click.command()
@data_dir_option
def migrate(data_dir: Path | None) -> None:
    """Create or upgrade the database's tables; `serve` does it by itself."""
    from backend.app.storage.migration import migrate as run

    with plain_errors():
        run(load_settings(data_dir=data_dir))
