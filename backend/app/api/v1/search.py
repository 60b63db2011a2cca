"""Passages without a conversation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend.app.api import serialise
from backend.app.api.body import number
from backend.app.api.context import current_user, note_stages, services
from backend.app.api.envelope import listing
from backend.app.domain.search import SearchMode
from backend.app.errors import InvalidRequest


def blueprint() -> Blueprint:
    search = Blueprint("search", __name__)
    search.get("/search")(find)
    return search


def find() -> Response:
    user = current_user()
    result = services().search.search(
        user,
        request.args.get("q", ""),
        _mode(request.args.get("mode") or SearchMode.HYBRID.value),
        number("k", 10),
        [collection_id for collection_id in request.args.getlist("collection_id") if collection_id] or None,
    )
    note_stages(result.timings)
    hits = [serialise.hit(hit) for hit in result.hits]
    return listing(
        hits, comparable=False, degraded=list(result.degraded), cached=result.cached, timings=dict(result.timings)
    )


def _mode(name: str) -> SearchMode:
    try:
        return SearchMode(name)
    except ValueError:
        raise InvalidRequest(f"`mode` is one of {', '.join(mode.value for mode in SearchMode)}.") from None
