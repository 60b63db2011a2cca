"""Reading bodies and queries."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.app.api.body import Body, number, optional_number, page, parse
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


@pytest.mark.parametrize(("raw", "read"), [("", 7), ("0", 0), ("-3", -3), ("12", 12), ("9" * 18, int("9" * 18))])
def test_a_number_is_read(app: Flask, raw: str, read: int) -> None:
    with app.test_request_context("/", query_string={"n": raw}):
        assert number("n", 7) == read
        assert optional_number("n") == (None if raw == "" else read)


@pytest.mark.parametrize(
    "raw", ["x", "1_0", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "--1", "-", "１", "٣", "9" * 19, "1\n", "\0", "NaN"]
)
def test_what_python_would_take_for_a_number_is_none(app: Flask, raw: str) -> None:
    with app.test_request_context("/", query_string={"n": raw}):
        for read in (lambda: number("n", 7), lambda: optional_number("n")):
            with pytest.raises(InvalidRequest, match="`n` is a whole number"):
                read()


def test_a_page_is_bounded(app: Flask) -> None:
    with app.test_request_context("/?limit=200&cursor=abc"):
        assert (page().limit, page().cursor) == (200, "abc")
    with app.test_request_context("/"):
        assert (page().limit, page().cursor) == (50, None)
    with app.test_request_context("/?limit=201"), pytest.raises(InvalidRequest, match="1 to 200"):
        page()
