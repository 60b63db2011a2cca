from __future__ import annotations

import pytest

from backend.app.errors import RateLimited
from backend.app.services.open_streams import OpenStreams
from tests.fakes.metrics import CountingMetrics


def streams(together: int = 0, of_user: int = 0) -> OpenStreams:
    return OpenStreams(CountingMetrics(), together=together, of_user=of_user)


def test_one_person_has_so_many_at_once() -> None:
    bounded = streams(of_user=2)
    leave = bounded.open("ann")
    bounded.open("ann")
    with pytest.raises(RateLimited) as refused:
        bounded.open("ann")
    assert refused.value.retry_after > 0
    bounded.open("ben")
    leave()
    bounded.open("ann")


def test_all_together_have_so_many() -> None:
    bounded = streams(together=2)
    leave = [bounded.open(name) for name in ("ann", "ben")]
    with pytest.raises(RateLimited):
        bounded.open("eve")
    leave[0]()
    leave[0]()  # told twice, it leaves once
    bounded.open("eve")
    with pytest.raises(RateLimited):
        bounded.open("dan")


def test_without_bounds_there_is_always_a_place() -> None:
    unbounded = streams()
    for _ in range(1000):
        unbounded.open("ann")
