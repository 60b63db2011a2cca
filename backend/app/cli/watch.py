"""``likeopt watch``: collections that follow folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from backend.app.cli.context import Builders, attached_toolbox, data_dir_option, load_settings, pass_builders
from backend.app.cli.output import aligned, end, print_json
from backend.app.domain.folders import WatchedFile

_SHOWN = 20  # files of a folder


@click.group()
def watch() -> None:
    """Have a running server's indexer follow folders: what is added, changed, moved and deleted there."""


@watch.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--collection", "name", metavar="NAME", help="What follows it; made if missing.  [default: your first]")
@data_dir_option
@pass_builders
def add(builders: Builders, folder: Path, name: str | None, data_dir: Path | None) -> None:
    """Have a collection follow FOLDER from now on."""
    settings = load_settings(data_dir=data_dir)
    with attached_toolbox(builders, settings, "watch add", chroma=False) as toolbox:
        services = toolbox.services
        user = services.accounts.operator()
        collection = services.collections.named(user, name) if name else services.collections.default(user)
        watched = services.folders.watch_as_operator(user, collection.id, str(folder), kept=True)
    click.echo(f"“{collection.name}” follows {watched.path} while `likeopt serve` runs.")


@watch.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@pass_builders
def list_(builders: Builders, as_json: bool, data_dir: Path | None) -> None:
    """Show the folders that are followed, and what hinders it."""
    settings = load_settings(data_dir=data_dir)
    with attached_toolbox(builders, settings, "watch list", chroma=False) as toolbox:
        services = toolbox.services
        user = services.accounts.operator()
        names = {collection.id: collection.name for collection in services.collections.visible(user)}
        folders = services.folders.all()
        refused = services.folders.refused(folders)
        found = [
            {
                "path": folder.path,
                "collection": names.get(folder.collection_id, ""),
                "files": folder.files,
                "kept": folder.kept,
                "problem": folder.problem.message if folder.problem else None,
                "refused": {file.path: file.problem.message for file in refused[folder.id] if file.problem},
            }
            for folder in folders
        ]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("No folder is followed. `likeopt watch add FOLDER` begins to.")
    else:
        rows = [(str(f["path"]), f"“{f['collection']}”", f"{f['files']} files", str(f["problem"] or "")) for f in found]
        click.echo(aligned(rows))
        for folder in folders:
            _tell_refused(folder.path, refused[folder.id])


def _tell_refused(folder: str, files: Sequence[WatchedFile]) -> None:
    if files:
        click.echo(f"\nNot taken in from {folder}:")
    for file in files[:_SHOWN]:
        click.echo(f"  {file.path}: {file.problem.message if file.problem else ''}")
    if len(files) > _SHOWN:
        click.echo(f"  and {len(files) - _SHOWN} more, which --json lists")


@watch.command()
@click.argument("folder", type=click.Path(path_type=Path))
@data_dir_option
@pass_builders
def remove(builders: Builders, folder: Path, data_dir: Path | None) -> None:
    """Stop following FOLDER; its documents stay."""
    settings = load_settings(data_dir=data_dir)
    with attached_toolbox(builders, settings, "watch remove", chroma=False) as toolbox:
        services = toolbox.services
        user = services.accounts.operator()
        found = [f for f in services.folders.all() if f.path in (str(folder), str(folder.resolve()))]
        for watched in found:
            services.folders.stop(user, watched.collection_id, watched.id)
    if not found:
        end(f"{folder} is not followed. `likeopt watch list` shows those that are.", 1)
    click.echo(f"{folder} is not followed any more. Its documents stay.")
