"""The Model Context Protocol over HTTP: assistants use the documents as tools, under a key's permissions.

The SDK's own server wants asyncio and Starlette, which a gevent worker has no use for. What is left of the
protocol without sessions and server-sent requests is one request and one answer; those are read and
written by the SDK's types, which nothing imports before the first request.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from backend.app.api.context import current_user, services
from backend.app.errors import NotSignedIn


def blueprint() -> Blueprint:
    mcp = Blueprint("mcp", __name__)
    mcp.post("/mcp")(answer)
    return mcp


def answer() -> Response:
    from backend.app.api.mcp.protocol import Caller, reply

    user = current_user()
    if "key_scopes" not in g:
        raise NotSignedIn(
            "MCP clients sign in with an API key: `Authorization: Bearer lo_...`. Make one in the settings."
        )
    streams = "text/event-stream" in request.headers.get("Accept", "")
    version = request.headers.get("MCP-Protocol-Version", "")
    return reply(request.get_data(cache=False), version, Caller(user, g.key_scopes, services()), streams=streams)
