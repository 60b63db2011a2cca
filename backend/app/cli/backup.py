"""``likeopt backup``: everything that cannot be made anew, in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from backend.app.cli.context import Builders, data_dir_option, load_settings, pass_builders, plain_errors
from backend.app.cli.output import orderly_end, print_json, progress_bar

if TYPE_CHECKING:
    from backend.app.cli.output import Bar
    from backend.app.config import Settings
    from backend.app.domain.backup import Backup, DocumentFile
    from backend.app.services.backup import BackupService

INCOMPLETE = 3  # a backup was made, but some documents' files had been lost or damaged before
_NAMED = 10
_MB = 1_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--keep", type=click.IntRange(min=1), help="FILE is a folder: keep its newest N backups, and no others.")
@click.option("--verify", is_flag=True, help="Make none: read FILE and compare all of it with its sums.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@pass_builders
def backup(
    builders: Builders,
    file: Path,
    force: bool,
    keep: int | None,
    verify: bool,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """Write the database and all documents' files to FILE, also while `likeopt serve` runs.

    FILE is a tar archive that only you can read (mode 600). It is there whole or not at all. In a
    folder it gets a name with the time; - is standard output. Search indexes are left out, as
    `likeopt restore` makes them anew, and so are settings and the secret key. Ends with 3 if files
    of some documents had been lost before.
    """
    if str(file) == "-" and (keep or as_json):
        raise click.UsageError("--keep and --json need a FILE: standard output is for the backup.")
    if keep and not file.is_dir():
        raise click.UsageError("--keep needs a folder as FILE.")
    settings = load_settings(data_dir=data_dir)
    with (
        orderly_end("Interrupted. No backup was made."),
        progress_bar(quiet_output=as_json or str(file) == "-") as bar,
        plain_errors(),
    ):
        made = _look_through(file, bar) if verify else _make(builders, settings, file, force, keep, bar)
    if as_json:
        print_json(_as_json(made))
    else:
        click.echo(_as_text(made, verified=verify), err=str(file) == "-" and not verify)
    raise SystemExit(INCOMPLETE if made.lost or made.damaged else 0)


def _make(builders: Builders, settings: Settings, file: Path, force: bool, keep: int | None, bar: Bar) -> Backup:
    from dataclasses import replace

    from backend.app.domain.audit import Action

    made = _written(builders.backup(settings), settings, file, force, bar)
    builders.note(settings, Action.BACKED_UP, made)
    if keep:
        from backend.app.storage.backup.target import forget_old

        made = replace(made, forgotten=forget_old(file, keep))
    return made


def _written(service: BackupService, settings: Settings, file: Path, force: bool, bar: Bar) -> Backup:
    from backend.app.storage.backup.target import dated_name

    if str(file) == "-":
        if sys.stdout.isatty():
            raise click.UsageError("A backup is no text for a terminal. Send it into a file or another program.")
        return service.stream(sys.stdout.buffer, settings.run_dir, bar.show)
    target = file / dated_name(service.now()) if file.is_dir() else file
    return service.make(target.absolute(), bar.show, force=force)


def _look_through(file: Path, bar: Bar) -> Backup:
    from backend.app.services.backup import look_through

    with opened(file) as source:
        return look_through(source, *described(file), bar.show)


def opened(file: Path) -> BinaryIO:
    """Open a backup for reading; ``-`` is standard input."""
    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


def described(file: Path) -> tuple[Path | None, int]:
    """Return what a backup is called, and its size."""
    return (None, 0) if str(file) == "-" else (file, file.stat().st_size)


def _as_text(made: Backup, *, verified: bool) -> str:
    header = made.header
    where = f"{made.path} ({made.size / _MB:,.3g} MB)" if made.path else "The backup"
    lines = [
        f"{where} is whole: {contents(made)}, made {header.created_at} by Like-Opt {header.version}."
        if verified
        else f"{where}: {contents(made)}."
    ]
    lines += _listed("had lost their file before", made.lost)
    lines += _listed("have a file that is not the one that had come", made.damaged)
    lines += [f"Removed {path}." for path in made.forgotten]
    return "\n".join(lines)


def contents(made: Backup) -> str:
    tables = made.header.tables
    return (
        f"{made.header.documents:,} documents with {tables.get('passages', 0):,} passages, "
        f"{tables.get('conversations', 0):,} conversations, {tables.get('users', 0):,} accounts"
    )


def _listed(what: str, documents: tuple[DocumentFile, ...]) -> list[str]:
    if not documents:
        return []
    more = [f"  ... and {len(documents) - _NAMED:,} more; --json lists all."] if len(documents) > _NAMED else []
    named = [f"  {document.filename} ({document.id})" for document in documents[:_NAMED]]
    count = f"{len(documents):,} document{'' if len(documents) == 1 else 's'}"
    return [f"{count} {what}. `likeopt doctor` says more.", *named, *more]


def _as_json(made: Backup) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        **asdict(made.header),
        "path": str(made.path) if made.path else None,
        "size": made.size,
        "lost": [asdict(document) for document in made.lost],
        "damaged": [asdict(document) for document in made.damaged],
        "forgotten": [str(path) for path in made.forgotten],
    }
