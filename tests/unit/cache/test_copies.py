from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.app.cache.copies import Copies
from tests.fakes.caches import FakeClock, FakeEpoch


class Reader:
    """Counts how often each key is read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def of(self, key: str) -> Callable[[], str]:
        def read() -> str:
            self.read.append(key)
            return f"{key} {len(self.read)}"

        return read


def test_a_copy_serves_until_something_changes() -> None:
    epoch, reader = FakeEpoch(), Reader()
    copies: Copies[str] = Copies(epoch, clock=FakeClock())
    assert [copies.get("ann", reader.of("ann")) for _ in range(3)] == ["ann 1"] * 3
    epoch.advance()
    assert copies.get("ann", reader.of("ann")) == "ann 2"


def test_each_key_has_its_own_copy() -> None:
    reader = Reader()
    copies: Copies[str] = Copies(FakeEpoch(), clock=FakeClock())
    assert [copies.get(key, reader.of(key)) for key in ("ann", "ben", "ann")] == ["ann 1", "ben 2", "ann 1"]


def test_a_change_while_it_is_read_makes_a_copy_worthless() -> None:
    epoch, reader = FakeEpoch(), Reader()
    copies: Copies[str] = Copies(epoch, clock=FakeClock())

    def read() -> str:
        epoch.advance()
        return "read before the change"

    copies.get("ann", read)
    assert copies.get("ann", reader.of("ann")) == "ann 1"


def test_a_copy_ends_by_itself() -> None:
    clock, reader = FakeClock(), Reader()
    copies: Copies[str] = Copies(FakeEpoch(), clock=clock, seconds=10)
    copies.get("ann", reader.of("ann"))
    clock.pass_by(9.9)
    copies.get("ann", reader.of("ann"))
    clock.pass_by(0.1)
    assert copies.get("ann", reader.of("ann")) == "ann 2"


def test_where_changes_are_not_seen_nothing_is_remembered() -> None:
    reader = Reader()
    copies: Copies[str] = Copies(FakeEpoch(None), clock=FakeClock())
    assert [copies.get("ann", reader.of("ann")) for _ in range(2)] == ["ann 1", "ann 2"]


def test_a_failure_is_not_remembered() -> None:
    reader = Reader()
    copies: Copies[str] = Copies(FakeEpoch(), clock=FakeClock())

    def fail() -> str:
        raise LookupError("away")

    with pytest.raises(LookupError):
        copies.get("ann", fail)
    assert copies.get("ann", reader.of("ann")) == "ann 1"


def test_the_number_of_copies_is_bounded() -> None:
    reader = Reader()
    copies: Copies[str] = Copies(FakeEpoch(), clock=FakeClock(), most=2)
    for key in ("ann", "ben", "cat", "ann"):
        copies.get(key, reader.of(key))
    assert reader.read == ["ann", "ben", "cat", "ann"]
