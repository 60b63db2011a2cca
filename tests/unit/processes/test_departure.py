"""How the time of a worker that leaves is shared out."""

from __future__ import annotations

import pytest

from backend.app.processes.departure import Departure


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_streams_need_not_end_while_nobody_leaves() -> None:
    clock = Clock()
    departure = Departure(30, clock)
    clock.now += 10_000
    assert not departure.must_end()


def test_streams_have_their_time_from_the_first_word_of_leaving() -> None:
    clock = Clock()
    departure = Departure(30, clock)
    departure.begin()
    clock.now += 21.9
    departure.begin()
    assert not departure.must_end()
    clock.now += 0.2
    assert departure.must_end()


@pytest.mark.parametrize("seconds", [1, 5, 10, 30, 600])
def test_streams_end_before_the_worker_and_the_worker_before_it_is_killed(seconds: int) -> None:
    departure = Departure(seconds)
    assert 0 < departure.stream_seconds < departure.worker_seconds < seconds


def test_a_long_time_is_nearly_all_for_the_streams() -> None:
    assert Departure(600).stream_seconds > 590
