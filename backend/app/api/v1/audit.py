"""The audit log; for administrators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response
from pydantic import Field

from backend.app.api import account_shapes as shapes
from backend.app.api.context import administrator, record, services
from backend.app.api.envelope import listing
from backend.app.api.query import Query, asked, page
from backend.app.domain.audit import Action, AuditEvent, AuditFilter
from backend.app.errors import InvalidRequest

_COLUMNS = ("at", "action", "actor", "target_kind", "target", "target_id", "address", "details")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon out


_Moment = Annotated[str | None, Field(description="A moment such as 2026-11-21T03:00:00Z.")]


class Wanted(Query):
    action: str | None = None
    actor: Annotated[str | None, Field(description="Part of an email address.")] = None
    since: _Moment = None
    until: _Moment = None


class Exported(Query):
    format: Literal["csv", "jsonl"] = "csv"


def blueprint() -> Blueprint:
    audit = Blueprint("audit", __name__, url_prefix="/audit")
    audit.get("")(index)
    audit.get("/export")(export)
    return audit


def index() -> Response:
    administrator()
    found, cursor = services().audit.page(_which(), page())
    return listing([shapes.event(item) for item in found], cursor, actions=[action.value for action in Action])


def export() -> Response:
    administrator()
    form, which = asked(Exported).format, _which()
    record(Action.AUDIT_EXPORTED, format=form)
    batches = services().audit.all(which)
    lines, media_type = (_csv(batches), "text/csv") if form == "csv" else (_jsonl(batches), "application/jsonl")
    response = Response(lines, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=f"audit.{form}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _jsonl(batches: Iterator[list[AuditEvent]]) -> Iterator[bytes]:
    for batch in batches:
        yield b"".join(msgspec.json.encode(shapes.event(item)) + b"\n" for item in batch)


def _csv(batches: Iterator[list[AuditEvent]]) -> Iterator[str]:
    yield "\ufeff" + _lines([_COLUMNS])  # without the mark spreadsheets read it in another encoding
    for batch in batches:
        yield _lines(_row(item) for item in batch)


def _row(event: AuditEvent) -> list[str]:
    shape = shapes.event(event)
    target, details = shape["target"], msgspec.json.encode(shape["details"]).decode()
    cells = [shape["at"], event.action, event.actor, target["kind"], target["name"], target["id"], event.address]
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in [*cells, details]]


def _lines(rows: object) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)  # type: ignore[arg-type]  # of texts
    return text.getvalue()


def _which() -> AuditFilter:
    wanted = asked(Wanted)
    since, until = _moment("since", wanted.since), _moment("until", wanted.until)
    return AuditFilter(wanted.action, wanted.actor, since, until)


def _moment(name: str, raw: str | None) -> datetime | None:
    if not raw:
        return None
    try:
        found = datetime.fromisoformat(raw)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"`{name}` is a moment such as 2026-11-21T03:00:00Z.") from None
