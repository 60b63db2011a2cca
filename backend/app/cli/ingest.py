"""``likeopt ingest``: take files and folders in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import (
    Builders,
    Toolbox,
    attached_toolbox,
    data_dir_option,
    load_settings,
    pass_builders,
    wait_for_other_commands,
)
from backend.app.cli.output import Bar, orderly_end, print_json, progress_bar

if TYPE_CHECKING:
    from backend.app.cli.ingest_report import Item, Report
    from backend.app.domain.accounts import User
    from backend.app.domain.documents import Collection
    from backend.app.services.indexing.service import IndexingService

_URL = re.compile("https?://", re.IGNORECASE)
_BLOCK = 1024 * 1024
_LOOK_SECONDS = 0.25
_LOOKED_AT = 20  # documents asked after in one look: a server works them off in their order


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Path(), metavar="PATH|URL...")
@click.option("--collection", "name", metavar="NAME", help="Where they go; made if missing.  [default: your first]")
@click.option("--watch", is_flag=True, help="Go on following one folder until Ctrl-C: added, changed, moved, deleted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@pass_builders
def ingest(
    builders: Builders, names: tuple[str, ...], name: str | None, watch: bool, as_json: bool, data_dir: Path | None
) -> None:
    """Take in files, folders with all that they hold, and web pages (https://...), and index them.

    While `likeopt serve` runs on the data folder, its indexer does the work. Ctrl-C loses
    nothing: what is not indexed yet stays queued. Ends with 1 if a file failed.
    """
    from backend.app.processes.data_lock import running

    settings = load_settings(data_dir=data_dir)
    if watch:
        from backend.app.cli.follow import follow

        follow(builders, settings, names, name, as_json=as_json)
        return
    stopped = "Interrupted. What is not indexed yet stays queued for `likeopt serve` or the next `likeopt ingest`."
    with orderly_end(stopped), progress_bar(quiet_output=as_json) as bar:
        wait_for_other_commands(settings, lambda line: bar.say(line, err=True))
        has_server = running(settings) is not None
        with attached_toolbox(builders, settings, "ingest") as toolbox:
            collection, report = _ingest(toolbox, names, name, bar, has_server)
    if as_json:
        print_json({"collection": {"id": collection.id, "name": collection.name}, **report.as_json()})
    else:
        click.echo(report.summary(collection.name))
    raise SystemExit(1 if report.count("failed") else 0)


def _ingest(
    toolbox: Toolbox, names: tuple[str, ...], name: str | None, bar: Bar, has_server: bool
) -> tuple[Collection, Report]:
    from backend.app.cli.ingest_report import Report
    from backend.app.domain.documents import Problem
    from backend.app.processes.data_lock import running
    from backend.app.processes.heartbeat import Heartbeats

    services = toolbox.services
    user = services.accounts.operator()
    collection = services.collections.named(user, name) if name else services.collections.default(user)
    report = Report(bar)
    _take_in(toolbox, user, collection, [Path(name) for name in names if not _URL.match(name)], report)
    for url in filter(_URL.match, names):
        report.add(_fetched(toolbox, user, collection, url))
    if has_server:
        _wait(toolbox, user, report, lambda: running(toolbox.settings) is not None)
    else:
        _index(toolbox, user, report)
        _wait(toolbox, user, report, Heartbeats(toolbox.settings.run_dir).anybody)
    for item in list(report.open.values()):
        report.end(item, Problem("STILL_QUEUED", "Not indexed yet; it stays queued. `likeopt doctor` says why."))
    return collection, report


def _take_in(toolbox: Toolbox, user: User, collection: Collection, paths: Sequence[Path], report: Report) -> None:
    from backend.app.cli.files import choose
    from backend.app.cli.ingest_report import Item
    from backend.app.domain.documents import Problem

    chosen = choose(paths, toolbox.services.formats)
    for path, reason in chosen.refused:
        report.add(Item(path, problem=Problem("CANNOT_BE_READ", reason)))
    for number, path in enumerate(chosen.files):
        report.bar.show(number, len(chosen.files), f"taking in {click.format_filename(path, shorten=True)}")
        report.add(_taken_in(toolbox, user, collection, path))


def _taken_in(toolbox: Toolbox, user: User, collection: Collection, path: Path) -> Item:
    from backend.app.cli.ingest_report import Item
    from backend.app.domain.documents import Problem
    from backend.app.errors import AppError, Unavailable

    documents = toolbox.services.documents
    incoming = documents.incoming()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                incoming.write(block)
        taken = documents.receive(user, collection.id, path.name, incoming)
    except OSError as error:
        return Item(path, problem=Problem("CANNOT_BE_READ", f"The file cannot be read: {error.strerror}."))
    except Unavailable:  # a full disk, a database that is away: the next file would fare no better
        raise
    except AppError as error:
        return Item(path, problem=Problem(error.error_code, error.message))
    finally:
        incoming.discard()
    return Item(path, taken.document, taken.job.id if taken.job else None, taken.duplicate)


def _fetched(toolbox: Toolbox, user: User, collection: Collection, url: str) -> Item:
    from backend.app.cli.ingest_report import Item
    from backend.app.domain.documents import Problem
    from backend.app.errors import AppError, Unavailable

    try:
        taken = toolbox.services.web_pages.add(user, collection.id, url)
    except Unavailable:
        raise
    except AppError as error:
        return Item(url, problem=Problem(error.error_code, error.message))
    return Item(url, taken.document, taken.job.id if taken.job else None, taken.duplicate)


def _index(toolbox: Toolbox, user: User, report: Report) -> None:
    """Work off all that waits: these files, and whatever an interrupted command had left."""
    indexing = toolbox.indexing()
    indexing.free_abandoned()
    indexing.remove_leftovers()
    by_job = {item.job_id: item for item in report.open.values() if item.job_id}
    at_first = set(indexing.pending())
    for job_id in _pending(indexing):
        item = by_job.get(job_id)
        if item is None and job_id not in at_first:  # out of an archive
            item = _member(toolbox, user, job_id)
            report.add(item)

        def look(item: Item | None = item) -> bool:
            """Show progress whenever the indexer asks whether to stop, and let it go on."""
            if item is not None:
                _look_at(toolbox, user, item, report)
            return False

        look()
        indexing.process(job_id, look)
        look()
    for item in list(report.open.values()):  # of files that were queued before, the jobs are not known
        _look_at(toolbox, user, item, report)


def _member(toolbox: Toolbox, user: User, job_id: str) -> Item:
    from backend.app.cli.ingest_report import Item

    documents = toolbox.services.documents
    document = documents.get(user, documents.job(user, job_id).document_id)
    return Item(document.filename, document, job_id)


def _pending(indexing: IndexingService) -> Iterator[str]:
    """Yield the jobs that wait, each once, and those that archives add meanwhile."""
    seen: set[str] = set()
    while fresh := [job_id for job_id in indexing.pending() if job_id not in seen]:
        seen.update(fresh)
        yield from fresh


def _wait(toolbox: Toolbox, user: User, report: Report, somebody_indexes: Callable[[], bool]) -> None:
    while report.open and somebody_indexes():
        for item in list(report.open.values())[:_LOOKED_AT]:
            _look_at(toolbox, user, item, report)
        if report.open:
            time.sleep(_LOOK_SECONDS)


def _look_at(toolbox: Toolbox, user: User, item: Item, report: Report) -> None:
    from backend.app.domain.documents import Problem
    from backend.app.errors import DocumentNotFound

    assert item.document is not None  # noqa: S101  only what was taken in is looked at
    try:
        document = toolbox.services.documents.get(user, item.document.id)
    except DocumentNotFound:
        report.end(item, Problem("DELETED", "Somebody deleted it meanwhile."))
        return
    report.update(document)
    if not document.status.is_final:
        report.show(item, document.progress)
