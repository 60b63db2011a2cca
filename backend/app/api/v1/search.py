"""Passages without a conversation."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend.app.api.body import number
from backend.app.api.context import current_user, services
from backend.app.api.rendered import render, send
from backend.app.domain.search import SearchMode
from backend.app.errors import InvalidRequest


def blueprint() -> Blueprint:
    search = Blueprint("search", __name__)
    search.get("/search")(find)
    return search


def find() -> Response:
    found = services().search.rendered(
        current_user(),
        request.args.get("q", ""),
        _mode(request.args.get("mode") or SearchMode.HYBRID.value),
        number("k", 10),
        [collection_id for collection_id in request.args.getlist("collection_id") if collection_id] or None,
        render,
    )
    return send(found)


def _mode(name: str) -> SearchMode:
    try:
        return SearchMode(name)
    except ValueError:
        raise InvalidRequest(f"`mode` is one of {', '.join(mode.value for mode in SearchMode)}.") from None
