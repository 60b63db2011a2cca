from __future__ import annotations

import pytest

from backend.app.monitoring import report_limits
from backend.app.monitoring.report_limits import ReportLimits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> ReportLimits:
    return ReportLimits(clock)


def taken(limits: ReportLimits, address: str, tries: int) -> int:
    return sum(limits.wait(address) == 0 for _ in range(tries))


def test_an_address_may_report_240_times_at_once_and_then_five_times_a_second(
    limits: ReportLimits, clock: Clock
) -> None:
    assert taken(limits, "192.0.2.1", 400) == 240
    assert limits.wait("192.0.2.1") == pytest.approx(0.2)
    clock.now += 0.1
    assert limits.wait("192.0.2.1") == pytest.approx(0.1)
    clock.now += 1.9
    assert taken(limits, "192.0.2.1", 100) == 10
    clock.now += 3600
    assert taken(limits, "192.0.2.1", 400) == 240


def test_one_address_does_not_take_from_another(limits: ReportLimits) -> None:
    taken(limits, "192.0.2.1", 400)
    assert taken(limits, "192.0.2.2", 400) == 240


def test_all_together_may_report_six_hundred_times_at_once_and_then_fifty_times_a_second(
    limits: ReportLimits, clock: Clock
) -> None:
    everybody = [f"192.0.2.{number}" for number in range(200)]
    assert sum(taken(limits, address, 10) for address in everybody) == 600
    assert limits.wait("198.51.100.1") == pytest.approx(0.02)
    clock.now += 1
    assert sum(taken(limits, address, 10) for address in everybody) == 50


def test_who_is_refused_for_all_has_lost_nothing(limits: ReportLimits, clock: Clock) -> None:
    for number in range(200):
        taken(limits, f"192.0.2.{number}", 10)
    taken(limits, "198.51.100.1", 100)
    clock.now += 2
    assert taken(limits, "198.51.100.1", 100) == 100


def test_a_network_of_ipv6_is_one_address(limits: ReportLimits) -> None:
    assert sum(taken(limits, f"2001:db8:0:1::{number:x}", 10) for number in range(100)) == 240
    assert taken(limits, "2001:db8:0:2::1", 400) == 240


def test_an_address_of_ipv4_is_one_in_either_spelling(limits: ReportLimits) -> None:
    assert [taken(limits, f"::ffff:192.0.2.{number}", 400) for number in (1, 2)] == [240, 240]


def test_no_more_than_ten_thousand_addresses_are_remembered(
    limits: ReportLimits, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_limits, "_ADDRESSES", 3)
    for number in range(50):
        limits.wait(f"192.0.2.{number}")
    assert len(limits._buckets) == 3
    assert limits.wait("no address") == 0
