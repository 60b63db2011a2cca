"""What a route may answer."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.routing import Rule

from backend.app import errors
from backend.app.api.openai import failures
from backend.app.api.openapi.operation import Operation
from backend.app.api.openapi.schemas import Schema, Schemas
from backend.app.errors import AppError

_SAFE = frozenset({"GET"})
_JSON, _STREAM = "application/json", "text/event-stream"
_MCP = "/mcp"
_ANY_TIME = (errors.AppError, errors.RateLimited, errors.Unavailable, errors.StorageUnavailable)


def responses(rule: Rule, method: str, operation: Operation, schemas: Schemas) -> Schema:
    return {
        str(operation.status): _answer(operation, schemas),
        **_conditional(rule, method, operation),
        **_failures(rule, method, operation),
    }


def _answer(operation: Operation, schemas: Schemas) -> Schema:
    said: Schema = {"description": operation.summary}
    if operation.events:
        named = {name: schemas.shape(shape) for name, shape in operation.events.items()}
        said["content"] = {_STREAM: {"schema": {"type": "string"}, "x-events": named}}
        if operation.plain is not None:
            said["content"][_JSON] = {"schema": schemas.shape(operation.plain)}
    elif operation.plain is not None:
        said["content"] = {_JSON: {"schema": schemas.shape(operation.plain)}}
    elif operation.content:
        said["content"] = {media_type: {} for media_type in operation.content}
    elif operation.has_envelope:
        said["content"] = {_JSON: {"schema": _envelope(operation, schemas)}}
    return said


def _plain(operation: Operation) -> Schema:
    return {"description": operation.summary}


def _envelope(operation: Operation, schemas: Schemas) -> Schema:
    data: Schema = {"type": "null"} if operation.data is None else schemas.shape(operation.data)
    properties: Schema = {
        "success": {"const": True},
        "message": {"type": ["string", "null"]},
        "data": {"type": "array", "items": data} if operation.many else data,
        **{name: schemas.shape(shape) for name, shape in operation.beside.items()},
    }
    required = list(properties)
    if operation.many:
        properties["count"] = {"type": "integer"}
        properties["next_cursor"] = {"type": ["string", "null"]}
        required += [] if operation.status != 200 else ["count", "next_cursor"]
    return {"type": "object", "properties": properties, "required": required}


def _conditional(rule: Rule, method: str, operation: Operation) -> Schema:
    found: Schema = {"304": {"description": "Not changed."}} if method in _SAFE and not operation.events else {}
    found |= {str(status): _plain(operation) for status in operation.also}
    if operation.content and method in _SAFE:
        found["206"] = {"description": "A range of it.", "content": {kind: {} for kind in operation.content}}
        found["416"] = {"description": "It has no such range.", "content": _failure_content(rule)}
    return found


def _failures(rule: Rule, method: str, operation: Operation) -> Schema:
    by_status: dict[int, set[str]] = {}
    for error in _possible(rule, method, operation):
        by_status.setdefault(error.status, set()).add(error.error_code)
    return {
        str(status): {
            "description": " or ".join(f"`{code}`" for code in sorted(codes)),
            "content": _failure_content(rule),
        }
        for status, codes in sorted(by_status.items())
    }


def _failure_content(rule: Rule) -> Schema:
    if rule.rule == _MCP:  # JSON-RPC's own
        return {_JSON: {}}
    name = "ProtocolFailure" if rule.rule.startswith(failures.PATHS) else "Failure"
    return {_JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _possible(rule: Rule, method: str, operation: Operation) -> Iterator[type[AppError]]:
    yield from _ANY_TIME
    yield from operation.errors
    yield from (errors.NotSignedIn, errors.InvalidKey, errors.Forbidden)  # a key that is wrong is so anywhere
    if "<" in rule.rule or operation.query or operation.body or operation.form:  # they name things
        yield errors.NotFound
    if operation.query or operation.body or operation.form:
        yield errors.InvalidRequest
    if method not in _SAFE:
        yield from (errors.CrossSiteRequest, errors.Conflict)
    if operation.body or operation.form:
        yield from (errors.RequestTooLarge, errors.RequestTimeout)
    if operation.form:
        yield errors.UnsupportedMediaType
