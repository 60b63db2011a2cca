from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from werkzeug.exceptions import RequestTimeout

from backend.app.processes.slow_clients import DueBody, Patience
from tests.fakes.caches import FakeClock

PATIENCE = Patience(body_seconds=30, body_bytes_per_second=100, send_seconds=60)


class Trickle:
    """A body of which each read takes so long, and brings so much."""

    failed = False

    def __init__(self, clock: FakeClock, seconds: float, size: int) -> None:
        self._pass_by: Callable[[float], None] = clock.pass_by
        self._seconds = seconds
        self._block = b"x" * size

    def read(self, size: int | None = None) -> bytes:
        self._pass_by(self._seconds)
        return self._block


def due(seconds: float, size: int) -> DueBody:
    clock = FakeClock()
    return DueBody(Trickle(clock, seconds, size), PATIENCE, clock)


def test_what_comes_a_byte_a_second_is_given_up() -> None:
    body = due(1, 1)
    for _ in range(31):
        assert body.read(1) == b"x"
    with pytest.raises(RequestTimeout):
        body.read(1)
    assert body.failed, "where the next request begins is unknown"
    with pytest.raises(RequestTimeout):
        body.read(1)


def test_what_comes_fast_enough_may_take_as_long_as_it_likes() -> None:
    body = due(1, 150)
    for _ in range(10_000):
        assert len(body.read(150)) == 150
    assert not body.failed


def test_what_is_done_between_two_reads_does_not_count() -> None:
    clock = FakeClock()
    body = DueBody(Trickle(clock, 0.01, 10), PATIENCE, clock)
    for _ in range(50):
        body.read(10)
        clock.pass_by(60)
    assert not body.failed


def test_it_reads_as_the_body_does() -> None:
    text = b"one\ntwo\nthree"
    assert DueBody(io.BytesIO(text), PATIENCE).read() == text
    assert DueBody(io.BytesIO(text), PATIENCE).readline() == b"one\n"
    assert list(DueBody(io.BytesIO(text), PATIENCE)) == [b"one\n", b"two\n", b"three"]
    assert DueBody(io.BytesIO(text), PATIENCE).readlines() == [b"one\n", b"two\n", b"three"]


def test_a_body_that_failed_by_itself_has_failed() -> None:
    broken = Trickle(FakeClock(), 0, 1)
    broken.failed = True
    assert DueBody(broken, PATIENCE).failed
