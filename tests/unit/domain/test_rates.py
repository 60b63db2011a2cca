from __future__ import annotations

import pytest

from backend.app.domain.networks import network_of
from backend.app.domain.rates import Rate


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [("10/15m", 10, 900), ("600/s", 600, 1), ("1/h", 1, 3600), ("120000/m", 120_000, 60), ("5/2h", 5, 7200)],
)
def test_a_rate_is_read(text: str, count: int, seconds: int) -> None:
    assert Rate.parse(text) == Rate(count, seconds)


def test_no_limit_is_none() -> None:
    assert Rate.parse("none") is None


@pytest.mark.parametrize(
    "text", ["", "0/m", "5/0m", "10", "10/m/s", "-1/m", "1.5/m", "10/d", "１0/m", "10 /m", "5/m\n"]
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 10/15m"):
        Rate.parse(text)


def test_a_network_of_ipv6_is_one_subject() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")


def test_an_address_of_ipv4_is_one_in_either_spelling() -> None:
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("192.0.2.8") != network_of("192.0.2.7")


def test_what_is_no_address_stands_for_itself() -> None:
    assert network_of("") == ""
    assert network_of("unix:") == "unix:"
