"""``likeopt serve``: everything on one machine."""

from __future__ import annotations

from pathlib import Path

import click

from backend.app.cli.context import data_dir_option, load_settings, plain_errors


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.  [default: 5000]")
@data_dir_option
@click.option(
    "--workers", type=click.IntRange(min=0), help="Web workers; 0: CPU + 1, as far as memory allows.  [default: 0]"
)
def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """Start everything; print `ready http://...` once it answers. Ctrl-C stops it."""
    from backend.app.processes.serve import serve as run

    with plain_errors():
        code = run(load_settings(host=host, port=port, data_dir=data_dir, workers=workers))
    raise SystemExit(code)
