"""What ``likeopt doctor`` looks at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from backend.app.cli.context import Builders, Toolbox
from backend.app.errors import AppError

if TYPE_CHECKING:
    from backend.app.config import Settings

_LOW_SPACE_GIB = 1.0
_OLD_BACKUP = timedelta(days=7)
_GIB = 1024**3
_ADVICE = {
    "database": "Check DATABASE_URL and that the database runs.",
    "redis": "Check REDIS_URL. Without Redis everything works, only slower.",
    "vector_index": "Restart `likeopt serve`, or check CHROMA_URL. Meanwhile documents are found by words alone.",
    "embedder": "Check the settings that begin with LIKEOPT_EMBEDDING. Until it answers, documents are found by words alone.",
    "lexical_index": "`likeopt reindex` makes it anew.",
    "model": "Check the settings of the language model.",
    "indexer": "Restart `likeopt serve`: new documents wait until then. Its folder logs/ says what happened.",
}


@dataclass(frozen=True)
class Check:
    """``state`` is ok, note or wrong; ``advice`` says what to do."""

    name: str
    state: str
    detail: str = ""
    advice: str = ""
    found: tuple[dict[str, Any], ...] = ()  # each thing that is wrong, or that was mended


def run_checks(builders: Builders, settings: Settings, *, repair: bool = False) -> Iterator[Check]:
    """Yield what each look found; a part that another one needs is looked at first."""
    yield from _variables()
    yield _recognition(settings)
    folder = _folder(settings)
    yield folder
    if folder.state == "wrong":
        return
    database = _database(settings)
    yield database
    if database.state == "ok":
        yield from _parts(builders, settings, repair=repair)


def _variables() -> Iterator[Check]:
    from backend.app.config import unknown_variables

    for name, nearest in unknown_variables(os.environ).items():
        yield Check("setting", "note", f"{name} is no setting.", f"Is {nearest} meant?" if nearest else "")


def _recognition(settings: Settings) -> Check:
    from backend.app.services.ingestion.recognition import INSTALL, find_recognition

    found = find_recognition(settings.ocr_languages)
    if not settings.ocr_languages:
        return Check("scanned pages", "note", "Their text is not recognised: LIKEOPT_OCR_LANGUAGES is empty.")
    if found is None:
        return Check("scanned pages", "note", "Their text is not recognised, so scans are refused.", f"`{INSTALL}`")
    return Check("scanned pages", "ok", f"recognised in {', '.join(found.languages)} by the data in {found.folder}")


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir
    if not folder.exists():
        return Check("data folder", "note", f"{folder} is not there yet.", "`likeopt serve` makes it.")
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        advice = "Give this account the right to, or name another folder by LIKEOPT_DATA_DIR."
        return Check("data folder", "wrong", f"{folder} cannot be written to.", advice)
    free = shutil.disk_usage(folder).free / _GIB
    if free < _LOW_SPACE_GIB:
        return Check("data folder", "wrong", f"{folder} has only {free:.2f} GiB left.", "Free some space.")
    return Check("data folder", "ok", f"{folder}, {free:,.0f} GiB free")


def _database(settings: Settings) -> Check:
    from backend.app.storage.migration import is_current

    kind = "PostgreSQL" if settings.database_url else "SQLite"
    if not settings.database_url and not (settings.data_dir / "likeopt.db").exists():
        return Check("tables", "note", "There is none yet.", "`likeopt serve` makes it.")
    try:
        current = is_current(settings)
    except AppError as error:
        return Check("tables", "wrong", error.message, "" if settings.database_url else _ADVICE["lexical_index"])
    if not current:
        return Check("tables", "wrong", f"{kind}, not at this version's tables.", "`likeopt migrate` upgrades it.")
    return Check("tables", "ok", f"{kind}, at this version's tables")


def _parts(builders: Builders, settings: Settings, *, repair: bool) -> Iterator[Check]:
    from backend.app.cli.agreement import agreement_checks
    from backend.app.logs import configure_logging
    from backend.app.processes.data_lock import running
    from backend.app.processes.embedded import attached

    services = running(settings)
    has_server = services is not None and services.command == "serve"
    if services is not None and has_server:
        yield Check("server", "ok", f"{services.http} (process {services.pid})")
    else:
        yield Check("server", "note", "None runs on this folder.", "`likeopt serve` starts one.")
    quiet = settings.with_(log_level="error")
    configure_logging(quiet)
    try:
        with attached(quiet, "doctor", redis=False, chroma=True) as reachable, builders.toolbox(reachable) as toolbox:
            yield from _health(toolbox, has_server=has_server)
            yield from _reembedding(toolbox, has_server=has_server)
            yield _last_backup(toolbox, datetime.now(UTC))
            owns_vectors = not settings.chroma_url  # another Like-Opt may use the same Chroma
            yield from agreement_checks(toolbox, owns_vectors=owns_vectors, repair=repair, has_server=has_server)
    except AppError as error:
        yield Check("services", "wrong", error.message, "The folder logs/ in the data folder says more.")


def _reembedding(toolbox: Toolbox, *, has_server: bool) -> Iterator[Check]:
    move = toolbox.reembedding()
    if move is None:
        return
    detail = f"{move.done:,} of {move.passages:,} passages have vectors by {move.target} so far."
    doing = "" if has_server else " `likeopt serve` or `likeopt reindex` goes on with it."
    yield Check(
        "embedding anew", "note", detail, f"Until all have, search goes on by {', '.join(move.sources)}.{doing}"
    )


def _last_backup(toolbox: Toolbox, now: datetime) -> Check:
    """Tell of the last backup that was written down; others, of a volume for example, are not known of."""
    from backend.app.domain.audit import Action, AuditFilter
    from backend.app.storage.interfaces import Page

    found, _ = toolbox.services.audit.page(AuditFilter(action="backup"), Page(limit=1))
    if not found:
        return Check(
            "last backup", "note", "None is known of.", "`likeopt backup FILE` makes one while the server runs."
        )
    (event,) = found
    done = "made" if event.action == Action.BACKED_UP else "restored"
    detail = f"{event.at:%Y-%m-%d %H:%M} UTC, {done}: {event.target.name}"
    if now - event.at > _OLD_BACKUP:
        return Check("last backup", "note", detail, f"That is {(now - event.at).days} days ago.")
    return Check("last backup", "ok", detail)


def _health(toolbox: Toolbox, *, has_server: bool) -> Iterator[Check]:
    _, parts = toolbox.services.health.ready()
    for name, part in parts.items():
        spoken = name.replace("_", " ")
        if part.state == "ok":
            yield Check(spoken, "ok", part.detail)
        elif name == "indexer" and not has_server:
            yield Check(spoken, "note", part.detail, "`likeopt serve` starts one, and `likeopt ingest` does its work.")
        else:
            hint = toolbox.services.models.status().hint if name == "model" else None
            yield Check(spoken, "wrong", part.detail or part.state, hint or _ADVICE.get(name, ""))
