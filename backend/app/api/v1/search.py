"""Passages without a conversation."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from flask import Blueprint, Response
from pydantic import Field

from backend.app.api import serialise
from backend.app.api.context import current_user, note_stages, services
from backend.app.api.envelope import listing
from backend.app.api.query import Flag, Query, WholeNumber
from backend.app.api.query import asked as asked_for
from backend.app.api.rendered import render, send
from backend.app.domain.accounts import User
from backend.app.domain.search import SearchMode
from backend.app.services.search import MAX_K, MAX_QUERY_CHARS


class Wanted(Query):
    q: Annotated[str, Field(max_length=MAX_QUERY_CHARS)] = ""
    mode: SearchMode = SearchMode.HYBRID
    k: Annotated[WholeNumber, Field(ge=1, le=MAX_K, description="How many passages at most.")] = 10
    collection_id: Annotated[tuple[str, ...], Field(description="In these collections alone; may be repeated.")] = ()
    marks: Annotated[Flag, Field(description="Tell where the text holds the query's words.")] = False


def blueprint() -> Blueprint:
    search = Blueprint("search", __name__)
    search.get("/search")(find)
    return search


def find() -> Response:
    user, wanted = current_user(), asked_for(Wanted)
    asked = _Asked(user, wanted.q, wanted.mode, wanted.k, wanted.collection_id or None)
    if wanted.marks:
        return _marked(asked)
    return send(services().search.rendered(*asked, render))


class _Asked(NamedTuple):
    user: User
    query: str
    mode: SearchMode
    k: int
    collection_ids: tuple[str, ...] | None


def _marked(asked: _Asked) -> Response:
    """Answer what a person reads. Words stand elsewhere for each query: nothing of it is kept."""
    search = services().search
    result = search.search(*asked)
    note_stages(result.timings)
    hits = list(map(serialise.marked_hit, result.hits, search.marks(asked.query, result.hits)))
    return listing(hits, degraded=list(result.degraded), cached=result.cached, timings=dict(result.timings))
