"""What the OpenAPI document promises of each answer, held against the answer."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException

from backend.app.api.openapi.document import document
from backend.app.api.openapi.operations import OPERATIONS

_WITHOUT_BODY = ("HEAD", "OPTIONS")


def check(app: Flask, method: str, path: str, status: int, content_type: str, body: bytes) -> None:
    """Fail where an answer of a route is none that the document describes, or has keys that it does not name."""
    address, _, query = path.partition("?")
    operation = _operation(app, method, address)
    if method in _WITHOUT_BODY or operation is None:
        return
    assert str(status) in operation["responses"], f"{method} {path}: {status} is not described\n{body.decode()[:500]}"
    content = operation["responses"][str(status)].get("content", {})
    media_type = content_type.partition(";")[0]
    if status in (204, 304):
        assert not content
        return
    assert media_type in content or "*/*" in content, f"{method} {path}: {media_type} is not described"
    if media_type == "application/json" and "fields=" not in query and content.get(media_type):
        errors = [
            f"{'/'.join(map(str, error.instance_path))}: {error.message}"
            for error in _validator(app, method, operation["operationId"], status).iter_errors(json.loads(body))
        ]
        assert errors == [], f"{method} {path}: {errors}"


@lru_cache(maxsize=4)
def _document(app: Flask) -> dict[str, Any]:
    return document(app.url_map.iter_rules(), OPERATIONS)


def _operation(app: Flask, method: str, path: str) -> dict[str, Any] | None:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method)
    except HTTPException:
        return None
    for described in _document(app)["paths"].values():
        for name, operation in described.items():
            if name == method.lower() and operation["operationId"] == endpoint:
                found: dict[str, Any] = operation
                return found
    return None


@lru_cache(maxsize=2000)
def _validator(app: Flask, method: str, endpoint: str, status: int) -> Any:
    whole = _document(app)
    operation = next(
        operation
        for described in whole["paths"].values()
        for name, operation in described.items()
        if (name, operation["operationId"]) == (method.lower(), endpoint)
    )
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**_closed(schema), "components": _closed(whole["components"])})


def _closed(schema: Any) -> Any:
    """Let an object have no key that the document does not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if schema.get("type") == "object" and schema.get("properties") and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed
