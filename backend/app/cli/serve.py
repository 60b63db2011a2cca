"""``likeopt serve``: everything on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.  [default: 5000]")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of everything kept.  [default: data]"
)
@click.option(
    "--workers", type=click.IntRange(min=0), help="Web workers; 0: 2 x CPU + 1, as far as memory allows.  [default: 0]"
)
def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """Start everything; print `ready http://...` once it answers. Ctrl-C stops it."""
    from backend.app.config import Settings
    from backend.app.errors import AppError
    from backend.app.processes.serve import serve as run

    options: dict[str, Any] = {"host": host, "port": port, "data_dir": data_dir, "workers": workers}
    chosen = {name: value for name, value in options.items() if value is not None}
    try:
        code = run(Settings.load(**chosen))
    except AppError as error:
        raise click.ClickException(error.message) from error
    raise SystemExit(code)
