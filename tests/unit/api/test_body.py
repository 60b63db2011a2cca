"""Reading bodies and queries."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.app.api.body import Body, parse
from backend.app.errors import InvalidJson, InvalidRequest


class Item(Body):
    name: str
    tags: tuple[str, ...] = ()


class Order(Body):
    items: list[Item]
    note: str | None = None


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


def parsed(app: Flask, body: bytes) -> Order:
    with app.test_request_context("/", method="POST", data=body):
        return parse(Order)


def test_a_body_is_read_whatever_its_type_is_called_and_however_much_more_it_says(app: Flask) -> None:
    order = parsed(app, b'{"items": [{"name": "a", "x": 1}], "y": {}}')
    assert order == Order(items=[Item(name="a")])


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff", b'{"items": [{"name": "\\udc00"}]}'])
def test_what_is_no_object_is_invalid_json(app: Flask, body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parsed(app, body)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{}", ["items"]),
        (b'{"items": 1, "note": 2}', ["items", "note"]),
        (b'{"items": ["x"]}', ["items.0"]),
        (b'{"items": [{"name": "a"}, {"name": null}]}', ["items.1.name"]),
        (b'{"items": [{"name": "a\\u0000"}]}', ["items.0.name"]),
        (b'{"items": [], "note": "\\u0000"}', ["note"]),
    ],
)
def test_every_wrong_field_is_named(app: Flask, body: bytes, named: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(app, body)
    assert not isinstance(refused.value, InvalidJson)
    fields = refused.value.details["fields"]
    assert isinstance(fields, dict)
    assert list(fields) == named
    assert all(f"`{name}`" in refused.value.message for name in named)
