"""One message of the Model Context Protocol, and its answer (revisions 2024-11-05 to 2025-11-25, without sessions)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from flask import Response
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
    CallToolRequestParams,
    CallToolResult,
    ErrorData,
    Implementation,
    InitializeRequestParams,
    InitializeResult,
    JSONRPCError,
    JSONRPCRequest,
    JSONRPCResponse,
    ListToolsResult,
    ServerCapabilities,
    TextContent,
    ToolsCapability,
    UnsupportedProtocolVersionErrorData,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION
from pydantic import BaseModel, ValidationError

from backend.app.api import sse
from backend.app.api.mcp.tools import TOOLS, Caller, Result, Tool
from backend.app.api.places import in_a_place
from backend.app.errors import AppError, Restarting
from backend.app.version import __version__

__all__ = ["Caller", "reply"]

log = structlog.get_logger(__name__)

_INSTRUCTIONS = (
    "Like-Opt holds the user's own documents. Use `search` for passages, `ask` for an answer with proven citations,"
    " `list_documents` and `read_document` to look around. Answer from what the tools return, and name document and page."
)


class Refused(Exception):
    """A message that gets an error of the protocol for an answer."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error = ErrorData(code=code, message=message, data=data)


def reply(body: bytes, version: str, caller: Caller, *, streams: bool) -> Response:
    """Answer a message; where the client reads streams, a tool that takes long keeps its connection alive."""
    request_id: int | str | None = None
    try:
        message = _decoded(body)
        if "id" not in message:
            return Response(status=202)  # a notification: there is nothing to do about any of them
        request = _request(message)
        request_id = request.id
        _check_version(request, version)
        if request.method == "tools/call":
            return _called(request, caller, streams=streams)
        return _json(_result(request.id, _answer(request, caller)))
    except Refused as refused:
        return _json(_error(request_id, refused.error), 400 if request_id is None else 200)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(PARSE_ERROR, "The body is no JSON.") from error
    if not isinstance(message, dict):
        raise Refused(INVALID_REQUEST, "Send one JSON-RPC message at a time.")
    return message


def _request(message: dict[str, Any]) -> JSONRPCRequest:
    try:
        return JSONRPCRequest.model_validate(message)
    except ValidationError as error:
        raise Refused(INVALID_REQUEST, "This is no JSON-RPC request.") from error


def _check_version(request: JSONRPCRequest, version: str) -> None:
    if request.method != "initialize" and version and version not in HANDSHAKE_PROTOCOL_VERSIONS:
        supported = UnsupportedProtocolVersionErrorData(supported=list(HANDSHAKE_PROTOCOL_VERSIONS), requested=version)
        raise Refused(UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", supported.model_dump(mode="json"))


def _answer(request: JSONRPCRequest, caller: Caller) -> BaseModel | None:
    if request.method == "initialize":
        return _initialised(request)
    if request.method == "ping":
        return None
    if request.method == "tools/list":
        return ListToolsResult(tools=[tool.listing() for tool in TOOLS if tool.scope in caller.scopes])
    raise Refused(METHOD_NOT_FOUND, "There is no such method here.")


def _initialised(request: JSONRPCRequest) -> InitializeResult:
    try:
        wanted = InitializeRequestParams.model_validate(request.params or {}).protocol_version
    except ValidationError as error:
        raise Refused(INVALID_PARAMS, "These are no parameters of `initialize`.") from error
    return InitializeResult(
        protocol_version=wanted if wanted in HANDSHAKE_PROTOCOL_VERSIONS else LATEST_HANDSHAKE_VERSION,
        capabilities=ServerCapabilities(tools=ToolsCapability(list_changed=False)),
        server_info=Implementation(name="like-opt", title="Like-Opt", version=__version__),
        instructions=_INSTRUCTIONS,
    )


def _called(request: JSONRPCRequest, caller: Caller, *, streams: bool) -> Response:
    try:
        asked = CallToolRequestParams.model_validate(request.params or {})
    except ValidationError as error:
        raise Refused(INVALID_PARAMS, "These are no parameters of `tools/call`.") from error
    tool = next((tool for tool in TOOLS if tool.name == asked.name and tool.scope in caller.scopes), None)
    if tool is None:
        raise Refused(INVALID_PARAMS, f"There is no tool {asked.name!r} for this API key.")
    results = _results(tool, asked.arguments or {}, caller)
    if streams and tool.waits:
        return in_a_place(
            caller.user,
            lambda: sse.stream(
                results, lambda found: _frames(request.id, found), farewell=lambda last: _farewell(request.id, last)
            ),
        )
    return _json(_result(request.id, next(found for found in results if found is not None)))


def _results(tool: Tool, arguments: dict[str, Any], caller: Caller) -> Iterator[CallToolResult | None]:
    """Yield None while there is nothing yet, and last what the tool gives: what it cannot do is a result too."""
    try:
        for result in tool.run(caller, tool.takes.model_validate(arguments)):
            yield None if result is None else _given(result)
    except ValidationError as error:
        said = (f"`{'.'.join(map(str, one['loc']))}`: {one['msg']}" for one in error.errors(include_url=False))
        yield _failed(f"Check these arguments: {'; '.join(said)}.")
    except AppError as error:
        yield _failed(error.message)
    except Exception as error:
        # The edge of a request whose answer may have begun: there is no status left to change.
        log.error("unexpected_error", exc_info=error)
        caller.services.metrics.count_error("mcp")
        yield _failed(AppError.message)


def _given(result: Result) -> CallToolResult:
    text, structure = result
    return CallToolResult(content=[TextContent(text=text)], structured_content=structure.model_dump(mode="json"))


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


def _frames(request_id: int | str, found: Sequence[CallToolResult | None]) -> Iterator[bytes]:
    for result in found:
        if result is not None:
            yield sse.encode("message", _result(request_id, result))


def _farewell(request_id: int | str, last: CallToolResult | None) -> bytes:
    """Have a stream that the server cannot finish end by an answer too."""
    if last is not None:
        return b""
    return sse.encode("message", _error(request_id, ErrorData(code=INTERNAL_ERROR, message=Restarting.message)))


def _result(request_id: int | str, result: BaseModel | None) -> dict[str, Any]:
    body = {} if result is None else result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONRPCResponse(jsonrpc="2.0", id=request_id, result=body).model_dump(mode="json")


def _error(request_id: int | str | None, error: ErrorData) -> dict[str, Any]:
    body = JSONRPCError(jsonrpc="2.0", id=request_id, error=error).model_dump(mode="json", exclude_none=True)
    return {**body, "id": request_id}


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
