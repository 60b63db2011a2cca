"""One suite over the buckets of a process and those that all share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from backend.app.cache.allowances import LocalAllowances
from backend.app.cache.interfaces import Allowances
from backend.app.cache.null import NullBreaker, NullCacheEvents
from backend.app.cache.redis import redis_breaker
from backend.app.cache.shared_allowances import SharedAllowances
from backend.app.domain.rates import Charge, Rate
from backend.app.storage.redis_client import connect
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock

NAMESPACE = "test-allowances:"


@dataclass
class Timed:
    allowances: Allowances
    pass_by: Callable[[float], None]


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(f"{valkey_url}?socket_timeout=20")
    yield client
    for key in client.scan_iter(NAMESPACE + "*"):
        client.delete(key)
    client.close()


def shared(client: Redis, clock: FakeClock | None = None, local: Allowances | None = None) -> SharedAllowances:
    clock = clock or FakeClock()
    return SharedAllowances(client, NAMESPACE, NullBreaker(), NullCacheEvents(), local or LocalAllowances(clock), clock)


@pytest.fixture(params=["local", "shared"])
def timed(request: pytest.FixtureRequest) -> Timed:
    clock = FakeClock()
    if request.param == "local":
        return Timed(LocalAllowances(clock), clock.pass_by)
    client: Redis = request.getfixturevalue("redis")

    def pass_by(seconds: float) -> None:
        clock.pass_by(seconds)
        for key in client.scan_iter(NAMESPACE + "*"):
            full_at = client.get(key)
            assert isinstance(full_at, bytes)
            assert client.pttl(key) > 0, "a bucket that is kept for ever"
            client.set(key, float(full_at) - seconds * 1e6, px=3_600_000)

    return Timed(shared(client, clock), pass_by)


def charge(count: int, seconds: int = 3600, subject: str = "ann", limit: str = "chat") -> Charge:
    return Charge(limit, subject, Rate(count, seconds))


def taken(allowances: Allowances, asked: Charge, tries: int) -> int:
    return sum(allowances.take([asked])[0].allowed for _ in range(tries))


@pytest.mark.parametrize("count", [1, 5, 300])
def test_as_many_as_allowed_come_at_once(timed: Timed, count: int) -> None:
    assert taken(timed.allowances, charge(count, 360_000), count + 5) == count


def test_what_is_left_is_told(timed: Timed) -> None:
    left = [timed.allowances.take([charge(3)])[0] for _ in range(4)]
    assert [allowance.remaining for allowance in left] == [2, 1, 0, 0]
    assert [allowance.allowed for allowance in left] == [True, True, True, False]
    assert 0 < left[3].wait <= 1200


def test_after_the_wait_there_is_one_more_and_not_two(timed: Timed) -> None:
    assert taken(timed.allowances, charge(4), 9) == 4
    timed.pass_by(timed.allowances.take([charge(4)])[0].wait + 0.1)
    assert taken(timed.allowances, charge(4), 3) == 1


def test_after_the_whole_time_it_is_full_and_no_fuller(timed: Timed) -> None:
    assert taken(timed.allowances, charge(4), 9) == 4
    timed.pass_by(3 * 3600)
    assert taken(timed.allowances, charge(4), 9) == 4


def test_nobody_takes_from_another_nor_one_limit_from_another(timed: Timed) -> None:
    assert taken(timed.allowances, charge(2), 5) == 2
    assert taken(timed.allowances, charge(2, subject="ben"), 5) == 2
    assert taken(timed.allowances, charge(2, limit="search"), 5) == 2


def test_several_are_taken_together_each_by_its_own_limit(timed: Timed) -> None:
    asked = [charge(2, limit="search"), charge(5, limit="address")]
    found = [[allowance.allowed for allowance in timed.allowances.take(asked)] for _ in range(6)]
    assert found == [[True, True]] * 2 + [[False, True]] * 3 + [[False, False]]


def test_looking_takes_nothing(timed: Timed) -> None:
    assert [timed.allowances.look([charge(2)])[0].allowed for _ in range(5)] == [True] * 5
    assert taken(timed.allowances, charge(2), 5) == 2
    seen = timed.allowances.look([charge(2)])[0]
    assert not seen.allowed
    assert 0 < seen.wait <= 1800


def test_of_a_process_the_longest_quiet_is_forgotten_first() -> None:
    allowances = LocalAllowances(FakeClock(), subjects=2)
    for subject in ("ann", "ben", "cid"):
        assert taken(allowances, charge(1, subject=subject), 2) == 1
    assert taken(allowances, charge(1, subject="cid"), 1) == 0
    assert taken(allowances, charge(1, subject="ann"), 1) == 1, "forgotten, so full again"


def test_processes_share_a_small_limit_exactly(redis: Redis) -> None:
    one, other = shared(redis), shared(redis)
    allowed = [allowances.take([charge(7)])[0].allowed for _ in range(6) for allowances in (one, other)]
    assert allowed == [True] * 7 + [False] * 5


def test_processes_share_a_large_limit_and_seldom_ask(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = shared(redis), shared(redis)
    asked: list[str] = []
    real = redis.evalsha
    monkeypatch.setattr(redis, "evalsha", lambda *arguments: asked.append("once") or real(*arguments))
    limit = charge(2000, 360_000)
    assert taken(one, limit, 1500) == 1500
    assert len(asked) == 75
    assert taken(other, limit, 600) == 500
    assert taken(one, limit, 100) == 0


def test_a_refusal_is_not_asked_again_at_once(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    allowances = shared(redis, clock)
    assert taken(allowances, charge(1), 2) == 1
    with monkeypatch.context() as patched:
        patched.setattr(redis, "evalsha", None)
        assert taken(allowances, charge(1), 100) == 0
    clock.pass_by(1.1)
    assert not allowances.take([charge(1)])[0].allowed


def test_the_script_is_brought_to_a_redis_that_does_not_know_it(redis: Redis) -> None:
    redis.script_flush()
    assert taken(shared(redis), charge(3), 5) == 3


def test_while_redis_is_away_each_process_goes_by_its_own(valkey_url: str) -> None:
    clock, events = FakeClock(), CountedEvents()
    client = connect("redis://127.0.0.1:1/0")  # nobody listens there
    breaker = redis_breaker(client, background=FakeBackground(clock), events=events, clock=clock)
    allowances = SharedAllowances(client, NAMESPACE, breaker, events, LocalAllowances(clock), clock)
    assert taken(allowances, charge(4), 9) == 4
    assert allowances.look([charge(4)])[0].allowed is False
    assert events.counts["error redis"] == 1, "the breaker spares the others the wait"
    with pytest.raises(RedisConnectionError):
        client.ping()
    client.close()
