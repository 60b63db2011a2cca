from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from backend.app.errors import InvalidRequest
from backend.app.storage import cursors

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, UTC)


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        (("01a1fcd5f4e57403820369f275202380",), (str,)),
        ((0,), (int,)),
        ((2**31 - 1,), (int,)),
        ((True, MOMENT, "id"), (bool, datetime, str)),
    ],
)
def test_a_key_comes_back(key: tuple[cursors.Key, ...], kinds: tuple[type, ...]) -> None:
    assert cursors.decode(cursors.encode(*key), *kinds) == key


def test_a_cursor_can_stand_in_an_address() -> None:
    cursor = cursors.encode(True, MOMENT, "x" * 31)
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_moment_comes_back_in_utc() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=9)))
    (moment,) = cursors.decode(cursors.encode(elsewhere), datetime)
    assert isinstance(moment, datetime)
    assert (moment, moment.tzinfo) == (MOMENT, UTC)


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        (("text",), (int,)),
        ((1,), (str,)),
        ((1,), (bool,)),
        ((True,), (int,)),
        ((2**31,), (int,)),
        (("a", "b"), (str,)),
        (("a",), (str, str)),
        (("a\x00",), (str,)),
        (("not a date",), (datetime,)),
        (("",), (datetime,)),
    ],
)
def test_a_key_of_another_kind_is_a_bad_request(key: tuple[cursors.Key, ...], kinds: tuple[type, ...]) -> None:
    with pytest.raises(InvalidRequest):
        cursors.decode(cursors.encode(*key), *kinds)


@pytest.mark.parametrize("cursor", ["", "!", "a", "bnVsbA", "한글", "\ud800", "e30", "NaN", "W1" * 5000])
def test_what_is_no_cursor_is_a_bad_request(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        cursors.decode(cursor, str)
