"""Passages without a conversation."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, request

from backend.app.api import serialise
from backend.app.api.body import flag, number
from backend.app.api.context import current_user, note_stages, services
from backend.app.api.envelope import listing
from backend.app.api.rendered import render, send
from backend.app.domain.accounts import User
from backend.app.domain.search import SearchMode
from backend.app.errors import InvalidRequest


def blueprint() -> Blueprint:
    search = Blueprint("search", __name__)
    search.get("/search")(find)
    return search


def find() -> Response:
    asked = _Asked(
        current_user(),
        request.args.get("q", ""),
        _mode(request.args.get("mode") or SearchMode.HYBRID.value),
        number("k", 10),
        [collection_id for collection_id in request.args.getlist("collection_id") if collection_id] or None,
    )
    if flag("marks"):
        return _marked(asked)
    return send(services().search.rendered(*asked, render))


class _Asked(NamedTuple):
    user: User
    query: str
    mode: SearchMode
    k: int
    collection_ids: list[str] | None


def _marked(asked: _Asked) -> Response:
    """Answer what a person reads. Words stand elsewhere for each query: nothing of it is kept."""
    search = services().search
    result = search.search(*asked)
    note_stages(result.timings)
    hits = list(map(serialise.marked_hit, result.hits, search.marks(asked.query, result.hits)))
    return listing(hits, degraded=list(result.degraded), cached=result.cached, timings=dict(result.timings))


def _mode(name: str) -> SearchMode:
    try:
        return SearchMode(name)
    except ValueError:
        raise InvalidRequest(f"`mode` is one of {', '.join(mode.value for mode in SearchMode)}.") from None
