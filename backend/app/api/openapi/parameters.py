"""What a request says: its path, its query, the parts of its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from werkzeug.routing import Rule

from backend.app.api.openapi.operation import Form, Operation
from backend.app.api.openapi.schemas import REFERENCE, Schema

_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def path_of(rule: Rule) -> str:
    """Return the path as OpenAPI writes it."""
    return _PARAMETER.sub(r"{\1}", rule.rule)


def of_path(rule: Rule) -> list[Schema]:
    names = _PARAMETER.findall(rule.rule)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def of_query(operation: Operation) -> Iterator[Schema]:
    for model in operation.query:
        schema = model.model_json_schema(ref_template=REFERENCE)
        definitions = schema.get("$defs", {})
        for name, described in schema["properties"].items():
            described = _inlined(described, definitions)
            described.pop("title", None)
            required = name in schema.get("required", ())
            if required and described.get("type") == "string":
                described.setdefault("minLength", 1)  # an empty one is as good as none
            parameter = {"name": name, "in": "query", "required": required, "schema": _without_null(described)}
            if "description" in described:
                parameter["description"] = described.pop("description")
            yield parameter


def _inlined(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref", "")
    found = {**definitions[reference.rpartition("/")[2]], **schema} if reference else dict(schema)
    found.pop("$ref", None)
    found.pop("title", None)
    return found


def _without_null(schema: Schema) -> Schema:
    """Leave null out: in a query it would be a text."""
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if schema.get("default", ()) in (None, []):
        del schema["default"]
    return {**(kinds[0] if kinds else {}), **schema}


def multipart(form: Form) -> Schema:
    files = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
    texts = {name: {"type": "string"} for name in form.texts}
    return {"type": "object", "properties": {form.name: files, **texts}, "required": [form.name]}
