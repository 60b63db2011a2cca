"""Builds the document: OpenAPI 3.1, whose schemas are pydantic's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from werkzeug.routing import Rule

from backend.app.api.openapi.operation import OPEN, SCRAPER, Operation
from backend.app.api.openapi.parameters import multipart, of_path, of_query, path_of
from backend.app.api.openapi.responses import responses
from backend.app.api.openapi.schemas import Schema, Schemas
from backend.app.api.scopes import NEEDS
from backend.app.version import __version__

_ABOUT = """Like-Opt answers questions about one's own documents. Every answer that is neither a stream nor a file has
the envelope. Lists go on at `next_cursor`; `?fields=a,b` picks fields of what a GET answers; one that has not changed
is a 304 where `If-None-Match` carries its `ETag`. Beyond a limit: 429 with `Retry-After`."""


def document(rules: Iterable[Rule], operations: Mapping[str, Operation]) -> Schema:
    """Return the OpenAPI document of those routes that ``operations`` describe."""
    schemas = Schemas(operations)
    paths: dict[str, Schema] = {}
    for rule in sorted(rules, key=lambda rule: rule.rule):
        operation = operations.get(rule.endpoint)
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                described = _described(rule, method, operation, schemas)
                paths.setdefault(path_of(rule), {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Like-Opt", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "likeopt_session"},
                "key": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _described(rule: Rule, method: str, operation: Operation, schemas: Schemas) -> Schema:
    described: Schema = {
        "operationId": rule.endpoint,
        "tags": [rule.endpoint.partition(".")[0]],
        "summary": operation.summary,
        "security": _security(rule.endpoint, operation),
        "parameters": [*of_path(rule), *of_query(operation)],
        "responses": responses(rule, method, operation, schemas),
    }
    content: Schema = {}
    if operation.form:
        content["multipart/form-data"] = {"schema": multipart(operation.form)}
    if operation.body:
        content["application/json"] = {"schema": schemas.body(operation.body)}
    if content:
        described["requestBody"] = {"required": True, "content": content}
    return described


def _security(endpoint: str, operation: Operation) -> list[Schema]:
    if operation.access == SCRAPER:
        return [{}, {"key": []}]
    needs = NEEDS.get(endpoint)
    keyed = [] if needs is None else [{"key": [needs.scope.value] if needs.scope else []}]
    if operation.access == OPEN:
        return [{}, *([{"session": []}] if keyed else []), *keyed]
    return [{"session": []}, *keyed]
