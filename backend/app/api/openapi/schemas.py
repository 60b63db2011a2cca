"""pydantic's schemas of what is asked and answered, each named once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from backend.app.api.openapi.operation import Operation

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{model}"


class Schemas:
    """pydantic's schemas of all models and shapes, each named once."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        bodies = {operation.body for operation in operations.values() if operation.body}
        asked, asked_definitions = models_json_schema(
            [(model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)],
            ref_template=REFERENCE,
        )
        shapes = [shape for operation in operations.values() for shape in _shapes(operation)]
        adapters = {id(shape): TypeAdapter(shape) for shape in shapes}
        told, told_definitions = TypeAdapter.json_schemas(
            [(key, "serialization", adapter) for key, adapter in adapters.items()], ref_template=REFERENCE
        )
        self._asked = {model: schema for (model, _), schema in asked.items()}
        self._told = {key: schema for (key, _), schema in told.items()}
        self.components: Schema = {
            **asked_definitions.get("$defs", {}),
            **told_definitions.get("$defs", {}),
            "Failure": FAILURE,
            "ProtocolFailure": PROTOCOL_FAILURE,
        }

    def body(self, model: type) -> Schema:
        return self._asked[model]

    def shape(self, shape: Any) -> Schema:
        return self._told[id(shape)]


FAILURE: Schema = {
    "type": "object",
    "properties": {
        "success": {"const": False},
        "message": {"type": "string", "description": "What a person can do about it."},
        "error": {"type": "string"},
        "error_code": {"type": "string", "pattern": "^[A-Z]+(_[A-Z]+)*$"},
        "request_id": {"type": "string"},
        "details": {"type": "object"},
        "data": {},
    },
    "required": ["success", "message", "error", "error_code", "request_id"],
}


# OpenAI's clients turn these into exceptions of their own.
PROTOCOL_FAILURE: Schema = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
            "required": ["message", "type", "param", "code"],
        }
    },
    "required": ["error"],
}


def _shapes(operation: Operation) -> Iterator[Any]:
    yield from (shape for shape in (operation.data, operation.plain) if shape is not None)
    yield from operation.beside.values()
    yield from operation.events.values()
