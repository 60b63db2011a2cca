from __future__ import annotations

from typing import Annotated

import pytest
from flask import Flask
from pydantic import Field

from backend.app.api.query import Flag, Query, WholeNumber, asked, page
from backend.app.errors import InvalidRequest


class Some(Query):
    n: Annotated[WholeNumber, Field(ge=-5)] = 7
    names: tuple[str, ...] = ()
    loud: Flag = False


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


@pytest.mark.parametrize(("raw", "read"), [("", 7), ("0", 0), ("-3", -3), ("12", 12), ("9" * 18, int("9" * 18))])
def test_a_number_is_read(app: Flask, raw: str, read: int) -> None:
    with app.test_request_context("/", query_string={"n": raw}):
        assert asked(Some).n == read


@pytest.mark.parametrize(
    "raw", ["x", "1_0", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "--1", "-", "１", "٣", "9" * 19, "1\n", "NaN"]
)
def test_what_python_would_take_for_a_number_is_none(app: Flask, raw: str) -> None:
    with app.test_request_context("/", query_string={"n": raw}), pytest.raises(InvalidRequest, match="`n`: is a whole"):
        asked(Some)


def test_all_that_is_wrong_is_named(app: Flask) -> None:
    with app.test_request_context("/?n=-6&loud=yes&names=a"), pytest.raises(InvalidRequest) as refused:
        asked(Some)
    assert set(refused.value.details["fields"]) == {"n", "loud"}  # type: ignore[call-overload]


def test_what_may_be_repeated_is_a_list_and_the_first_of_anything_else_counts(app: Flask) -> None:
    with app.test_request_context("/?names=a&names=&names=b&n=1&n=2&loud=true&unknown=x"):
        assert asked(Some) == Some(n=1, names=("a", "b"), loud=True)


def test_a_page_is_bounded(app: Flask) -> None:
    with app.test_request_context("/?limit=200&cursor=abc"):
        assert (page().limit, page().cursor) == (200, "abc")
    with app.test_request_context("/"):
        assert (page().limit, page().cursor) == (50, None)
    with app.test_request_context("/?limit=201"), pytest.raises(InvalidRequest, match="200"):
        page()
