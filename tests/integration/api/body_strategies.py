"""Hypothesis strategies for request bodies: sound ones from a pydantic model's schema, and ways to spoil them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from backend.app.api.openapi.operation import Form

JSON = "application/json"
BOUNDARY = "a-boundary"
Known = Mapping[str, Sequence[object]]
_TOLD = frozenset({"$defs", "$ref", "additionalProperties", "default", "description", "title"})
# With what each type's strategy heeds; a keyword that is none of these has no strategy yet.
_HEEDED = {
    "array": frozenset({"items", "maxItems", "minItems", "uniqueItems"}),
    "boolean": frozenset[str](),
    "integer": frozenset({"exclusiveMaximum", "maximum", "minimum"}),
    "null": frozenset[str](),
    "number": frozenset({"maximum", "minimum"}),
    "object": frozenset({"properties", "required"}),
    "string": frozenset({"maxLength", "minLength", "pattern"}),
}
_MOST = 4  # items of a list: more of the same reach nothing new


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it is sent, and whether it is one that nothing can be read from."""

    data: bytes
    content_type: str = JSON
    is_none: bool = False

    def __repr__(self) -> str:
        return f"{self.content_type}: {self.data[:300]!r} ({len(self.data)} bytes)"


# --- sound ones ---------------------------------------------------------------------------


def sound(model: type[BaseModel], known: Known) -> SearchStrategy[Any]:
    """Return bodies that ``model`` takes; fields that ``known`` names hold something that is there, at times."""
    schema = model.model_json_schema()
    return _of(schema, schema.get("$defs", {}), known, "")


def _of(schema: Mapping[str, Any], definitions: Mapping[str, Any], known: Known, name: str) -> SearchStrategy[Any]:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rpartition("/")[2]], definitions, known, name)
    if "anyOf" in schema:
        return st.one_of(*(_of(each, definitions, known, name) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "type" not in schema:
        assert set(schema) <= _TOLD, f"no strategy for {schema}"
        return _anything()
    kind = schema["type"]
    strange = set(schema) - _TOLD - _HEEDED[kind] - {"type"}
    assert not strange, f"no strategy for {strange} of `{name}`"
    if kind == "object":
        return _object(schema, definitions, known)
    if kind == "array":
        found = st.lists(
            _of(schema["items"], definitions, known, name),
            min_size=schema.get("minItems", 0),
            max_size=min(schema.get("maxItems", _MOST), _MOST),
        )
        return found.map(_without_twins) if schema.get("uniqueItems") else found
    made = _SCALARS[kind](schema)
    there = [value for value in known.get(name, ()) if isinstance(value, _PYTHON[kind])]
    # Mostly what is there, or hardly a body would be taken.
    return st.integers(0, 3).flatmap(lambda each: st.sampled_from(there) if each < 3 else made) if there else made


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any], known: Known) -> SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(_texts(max_size=8), _anything(), max_size=_MOST)
    of = {name: _of(each, definitions, known, name) for name, each in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: of[name] for name in of if name in required},
        optional={name: of[name] for name in of if name not in required},
    )


def _string(schema: Mapping[str, Any]) -> SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].removesuffix("$") + r"\Z")
    least = schema.get("minLength", 0)
    return _texts(min_size=least, max_size=min(schema.get("maxLength", 300), 300))


def _integer(schema: Mapping[str, Any]) -> SearchStrategy[int]:
    most = schema.get("maximum", schema["exclusiveMaximum"] - 1 if "exclusiveMaximum" in schema else None)
    return st.integers(schema.get("minimum"), most)


def _number(schema: Mapping[str, Any]) -> SearchStrategy[float]:
    return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)


def _texts(min_size: int = 0, max_size: int = 60) -> SearchStrategy[str]:
    # NUL is refused by every model; half a surrogate pair is a way of spoiling.
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(characters, min_size=min_size, max_size=max_size)


def _anything() -> SearchStrategy[Any]:
    leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _texts())
    return st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts(), inner, max_size=3))


_SCALARS: dict[str, Callable[[Mapping[str, Any]], SearchStrategy[Any]]] = {
    "boolean": lambda schema: st.booleans(),
    "integer": _integer,
    "null": lambda schema: st.none(),
    "number": _number,
    "string": _string,
}
_PYTHON = {"boolean": bool, "integer": int, "null": type(None), "number": float, "string": str}


def _without_twins(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


# --- spoiled ones -------------------------------------------------------------------------


def of_json(bodies: SearchStrategy[Any]) -> SearchStrategy[dict[str, Sent]]:
    """Return one body of each kind: as they are, and spoiled in every way."""
    kinds: dict[str, SearchStrategy[Sent]] = {
        "sound": bodies.map(_sent),
        "a field left out": st.builds(_without, bodies, st.randoms(use_true_random=False)).map(_sent),
        "a field that nobody knows": st.builds(_with, bodies, _texts(1, 20), _anything()).map(_sent),
        "a value of another type": _spoiled(bodies, _anything()),
        "a huge number": _spoiled(bodies, st.sampled_from([10**400, -(2**63) - 1, 2**64, 1e308, -1e-320, 2**53])),
        "no number": _spoiled(bodies, st.sampled_from([math.nan, math.inf, -math.inf])),
        "half a surrogate pair": _spoiled(bodies, st.sampled_from(["\ud800", "a\udfff", "\udc00\ud800", "\ud83d"])),
        "a NUL": _spoiled(bodies, st.sampled_from(["\0", "a\0b"])),
        "a long text": _spoiled(bodies, st.sampled_from(["x" * 200_000, "가" * 5_000, "\u202e" * 300])),
        "another type of content": st.builds(
            lambda body, content_type: Sent(_encoded(body), content_type),
            bodies,
            st.sampled_from(["text/plain", "", "application/json; charset=utf-16", "multipart/form-data", "\xff/\xff"]),
        ),
        "nested deeply": st.builds(_nested, bodies, st.sampled_from([100, 5_000, 60_000]), st.sampled_from("[{")),
        "no UTF-8": st.builds(_broken, bodies, st.sampled_from([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8"])),
        "cut": st.builds(_cut, bodies, st.floats(0, 1, exclude_max=True)),
        "noise": st.binary(max_size=200).map(lambda noise: Sent(b"\x80" + noise, is_none=True)),
    }
    return st.fixed_dictionaries(kinds)


def of_form(form: Form, known: Known) -> SearchStrategy[dict[str, Sent]]:
    """Return one multipart body of each kind."""
    texts = {name: st.one_of(st.sampled_from(list(known.get(name, [""]))), _texts()) for name in form.texts}
    names = st.one_of(
        st.sampled_from(["a.txt", "../../a.txt", "a.zip", ".", 'x".txt', "a\r\nX: y", "\0", ""]), _texts()
    )
    whole = st.builds(
        lambda fields, files: _multipart(form.name, fields, files),
        st.fixed_dictionaries({}, optional=texts),
        st.lists(st.tuples(names, st.binary(max_size=300) | _texts(1).map(str.encode)), max_size=3),
    )
    typed = f"multipart/form-data; boundary={BOUNDARY}"
    kinds: dict[str, SearchStrategy[Sent]] = {
        "whole": whole.map(lambda data: Sent(data, typed)),
        "cut": st.builds(lambda data, part: Sent(data[: int(len(data) * part)], typed), whole, st.floats(0, 0.99)),
        "another boundary": whole.map(lambda data: Sent(data, "multipart/form-data; boundary=another", is_none=True)),
        "no boundary": whole.map(lambda data: Sent(data, "multipart/form-data", is_none=True)),
        "a strange boundary": whole.map(lambda data: Sent(data, 'multipart/form-data; boundary="\xff"', is_none=True)),
        "noise within": st.builds(_with_noise, whole, st.binary(max_size=50), st.floats(0, 1)).map(
            lambda data: Sent(data, typed)
        ),
        "another type of content": whole.map(lambda data: Sent(data, "text/plain", is_none=True)),
        "noise": st.binary(max_size=300).map(lambda data: Sent(data, typed, is_none=True)),
    }
    return st.fixed_dictionaries(kinds)


def _sent(body: Any) -> Sent:
    return Sent(_encoded(body))


def _encoded(body: Any) -> bytes:
    # Half a surrogate pair goes as an escape, NaN and Infinity as what many programs write for them.
    return json.dumps(body).encode()


def _spoiled(bodies: SearchStrategy[Any], value: SearchStrategy[Any]) -> SearchStrategy[Sent]:
    return st.builds(_replaced, bodies, value, st.randoms(use_true_random=False)).map(_sent)


def _replaced(body: Any, value: Any, random: Any) -> Any:
    """Put ``value`` in the place of one that is within the body, however deep."""
    items = list(body.items()) if isinstance(body, dict) else list(enumerate(body)) if isinstance(body, list) else []
    if not items or random.random() < 0.2:
        return value if not isinstance(body, dict) else {**body, "name": value}
    key, found = random.choice(items)
    changed = _replaced(found, value, random) if isinstance(found, dict | list) else value
    if isinstance(body, dict):
        return {**body, key: changed}
    return [*body[:key], changed, *body[key + 1 :]]


def _without(body: Any, random: Any) -> Any:
    return {name: value for name, value in body.items() if name != random.choice(list(body))} if body else body


def _with(body: Any, name: str, value: Any) -> Any:
    return {name: value, **body}


def _nested(body: Any, depth: int, bracket: str) -> Sent:
    inner = "[" * depth + "]" * depth if bracket == "[" else '{"a":' * depth + "1" + "}" * depth
    return Sent(json.dumps({**body, "deep": None}).encode().replace(b'"deep": null', f'"deep": {inner}'.encode()))


def _broken(body: Any, wrong: bytes) -> Sent:
    return Sent(json.dumps({**body, "name": "HERE"}).encode().replace(b"HERE", wrong), is_none=True)


def _cut(body: Any, part: float) -> Sent:
    whole = _encoded(body)
    return Sent(whole[: int(len(whole) * part)], is_none=True)


def _multipart(name: str, fields: Mapping[str, str], files: Sequence[tuple[str, bytes]]) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    parts = [f'{head}name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    parts += [f'{head}name="{name}"; filename="{file}"\r\n\r\n'.encode() + data + b"\r\n" for file, data in files]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def _with_noise(whole: bytes, noise: bytes, place: float) -> bytes:
    at = int(len(whole) * place)
    return whole[:at] + noise + whole[at:]
