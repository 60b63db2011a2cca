"""``likeopt indexer``: one more indexing process."""

from __future__ import annotations

from pathlib import Path

import click

from backend.app.cli.context import Builders, data_dir_option, load_settings, pass_builders, plain_errors


@click.command()
@data_dir_option
@pass_builders
def indexer(builders: Builders, data_dir: Path | None) -> None:
    """Index documents as they come, until stopped; `serve` starts its own."""
    from backend.app.logs import configure_logging
    from backend.app.processes.data_lock import running
    from backend.app.processes.embedded import with_addresses

    settings = load_settings(data_dir=data_dir)
    configure_logging(settings)
    services = running(settings)
    with plain_errors():
        builders.run_indexer(with_addresses(settings, services) if services else settings)
