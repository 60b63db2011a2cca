"""Searches as they are sent. What is found again is encoded, compressed and tagged once, not at every request."""

from __future__ import annotations

import hashlib

import brotli
import msgspec
from flask import Response, request

from backend.app.api import serialise
from backend.app.api.context import note_stages
from backend.app.api.envelope import encoded_listing, picked_fields, with_tag
from backend.app.domain.search import RenderedSearch, SearchResult

_QUALITY = 5  # one more than for what is compressed at each request


def render(result: SearchResult) -> RenderedSearch:
    """Return a search's answer; compressed and tagged only where it will be sent again.

    What is new is never the same twice: it tells its times.
    """
    body = encoded_listing(
        [serialise.hit(hit) for hit in result.hits],
        degraded=list(result.degraded),
        cached=result.cached,
        timings=dict(result.timings),
    )
    if not result.cached:
        note_stages(result.timings)
        return RenderedSearch(body, b"", "")
    compressed = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY)
    return RenderedSearch(body, compressed, hashlib.blake2b(body, digest_size=12).hexdigest())


def send(rendered: RenderedSearch) -> Response:
    names = picked_fields()
    if names:
        return Response(_with_fields_alone(rendered.body, names), mimetype="application/json")
    if not rendered.etag:
        return Response(rendered.body, mimetype="application/json")
    packed = request.accept_encodings["br"] > 0
    response = Response(rendered.compressed if packed else rendered.body, mimetype="application/json")
    if packed:
        response.headers["Content-Encoding"] = "br"  # Flask-Compress leaves it as it is, and says what it varies by
    return with_tag(response, rendered.etag)


def _with_fields_alone(body: bytes, names: frozenset[str]) -> bytes:
    envelope = msgspec.json.decode(body)
    envelope["data"] = [{name: value for name, value in item.items() if name in names} for item in envelope["data"]]
    return msgspec.json.encode(envelope)
