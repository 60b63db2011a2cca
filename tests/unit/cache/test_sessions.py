from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from backend.app.cache.breaker import CircuitBreaker
from backend.app.cache.redis import verdict_of
from backend.app.cache.sessions import SessionsAway, StoredSessions
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock, FakeEpoch


class FakeRedis:
    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.asked = 0
        self.fails: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def _ask(self) -> None:
        self.asked += 1
        self.before()
        if self.fails is not None:
            raise self.fails

    def get(self, key: str) -> bytes | None:
        self._ask()
        return self.values.get(key)

    def set(self, key: str, value: bytes, ex: int) -> None:
        self._ask()
        self.values[key] = value

    def delete(self, key: str) -> None:
        self._ask()
        self.values.pop(key, None)

    def ping(self) -> None:
        self._ask()


class Store:
    """Sessions on a quick and a patient client of one Redis."""

    def __init__(self, epoch: int | None = 0) -> None:
        self.clock, self.epoch = FakeClock(), FakeEpoch(epoch)
        self.quick, self.patient = FakeRedis(), FakeRedis()
        self.patient.values = self.quick.values
        breaker = CircuitBreaker(
            "redis",
            judge=lambda error, elapsed: verdict_of(error, elapsed, 0.04),
            probe=self.quick.ping,
            background=FakeBackground(self.clock),
            clock=self.clock,
            events=CountedEvents(),
        )
        self.sessions = StoredSessions(
            cast(Any, self.quick), cast(Any, self.patient), breaker, self.epoch, clock=self.clock
        )

    def lose_redis(self) -> None:
        self.quick.fails = self.patient.fails = RedisConnectionError("refused")


def test_a_session_is_read_once_while_nobody_changes_any() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    assert [store.sessions.get("ann") for _ in range(3)] == [b"signed in"] * 3
    assert store.quick.asked == 1


def test_a_session_that_another_worker_ended_is_over_at_once() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    del store.quick.values["ann"]
    store.epoch.advance()
    assert store.sessions.get("ann") is None


def test_ending_a_session_tells_all_workers() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    before = store.epoch.current()
    store.sessions.delete("ann")
    assert store.epoch.current() != before
    assert store.sessions.get("ann") is None


def test_what_redis_forgets_by_itself_is_noticed_soon() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    store.quick.values.clear()
    store.clock.pass_by(10)
    assert store.sessions.get("ann") is None


def test_an_unknown_session_is_asked_for_each_time() -> None:
    store = Store()
    assert store.sessions.get("made up") is None
    store.quick.values["made up"] = b"now it is there"
    assert store.sessions.get("made up") == b"now it is there"


def test_who_was_seen_stays_signed_in_while_redis_is_away() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    store.lose_redis()
    store.clock.pass_by(3600)
    assert store.sessions.get("ann") == b"signed in"
    with pytest.raises(SessionsAway):
        store.sessions.get("ben")


def test_a_session_that_was_changed_before_redis_went_is_not_believed() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    store.epoch.advance()
    store.lose_redis()
    with pytest.raises(SessionsAway):
        store.sessions.get("ann")


def test_without_an_epoch_redis_is_asked_each_time_and_a_copy_stands_in_for_a_minute() -> None:
    store = Store(epoch=None)
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    store.sessions.get("ann")
    assert store.quick.asked == 2
    store.lose_redis()
    store.clock.pass_by(59)
    assert store.sessions.get("ann") == b"signed in"
    store.clock.pass_by(1)
    with pytest.raises(SessionsAway):
        store.sessions.get("ann")


def test_a_redis_that_hangs_is_asked_once_and_with_patience_by_nobody_who_does_not_say_so() -> None:
    store = Store()
    store.quick.fails = RedisTimeoutError("no answer")
    for _ in range(5):
        with pytest.raises(SessionsAway):
            store.sessions.get("ann")
    assert (store.quick.asked, store.patient.asked) == (1, 0)


def test_a_redis_that_stays_away_is_asked_with_patience_for_a_second_only() -> None:
    store = Store()
    store.lose_redis()
    with pytest.raises(SessionsAway):
        store.sessions.get("ann")
    for _ in range(5):
        with pytest.raises(SessionsAway):
            store.sessions.get_patiently("ann")
    assert (store.quick.asked, store.patient.asked) == (1, 5)
    store.clock.pass_by(1)
    for _ in range(5):
        with pytest.raises(SessionsAway):
            store.sessions.get_patiently("ann")
    assert store.patient.asked == 5


def test_a_redis_that_is_slow_for_a_moment_sends_nobody_away() -> None:
    store = Store()
    store.quick.values["ann"] = b"signed in"
    store.quick.fails = RedisTimeoutError("no answer")
    with pytest.raises(SessionsAway):
        store.sessions.get("ann")
    assert [store.sessions.get_patiently("ann"), store.sessions.get_patiently("ben")] == [b"signed in", None]
    assert store.sessions.get("ann") == b"signed in", "it has been seen"
    assert store.quick.asked == 1  # the breaker is open for all else


def test_who_was_seen_does_not_wait_for_a_slow_redis() -> None:
    store = Store()
    store.sessions.set("ann", b"signed in", 60)
    store.sessions.get("ann")
    store.clock.pass_by(10)
    store.quick.fails = RedisTimeoutError("no answer")
    before = store.patient.asked
    assert store.sessions.get("ann") == b"signed in"
    assert store.patient.asked == before


def test_a_worker_that_was_late_itself_asks_again_with_patience() -> None:
    store = Store()
    store.quick.values["ann"] = b"signed in"
    store.quick.fails = RedisTimeoutError("no answer")
    store.quick.before = lambda: store.clock.pass_by(0.5)
    with pytest.raises(SessionsAway):
        store.sessions.get("ann")
    assert store.sessions.get_patiently("ann") == b"signed in"
    assert store.patient.asked == 1
