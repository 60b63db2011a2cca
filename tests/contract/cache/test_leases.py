"""Leases in Redis, and the ones that the unit tests stand on: they must not differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from redis import Redis

from backend.app.cache.interfaces import Cache, ClaimState, Leases
from backend.app.cache.leases import RedisLeases
from backend.app.cache.null import NullBreaker, NullCacheEvents, NullLeases
from backend.app.cache.redis import RedisCache
from backend.app.processes.owners import has_ended, owner
from backend.app.storage.redis_client import connect
from tests.fakes.caches import FakeClock, FakeLeases, RecordedCache

NAMESPACE = "test-leases:"


@dataclass
class Leased:
    leases: Leases
    values: Cache
    pass_by: Callable[[float], None]
    of: Callable[[str], Leases]  # of another process
    ended: set[str]  # processes that are known to have ended


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(valkey_url)
    yield client
    for key in client.scan_iter(NAMESPACE + "*"):
        client.delete(key)
    client.close()


@pytest.fixture(params=["fake", "redis"])
def leased(request: pytest.FixtureRequest) -> Leased:
    if request.param == "fake":
        clock = FakeClock()
        values = RecordedCache(clock)
        fake = FakeLeases(values, clock, "me")
        return Leased(fake, values, clock.pass_by, fake.beside, fake.ended)
    client: Redis = request.getfixturevalue("redis")

    def pass_by(seconds: float) -> None:
        for key in client.scan_iter(NAMESPACE + "*"):
            left = client.pttl(key)
            assert left >= 0, "a key without an end"
            client.pexpire(key, left - int(seconds * 1000))

    ended: set[str] = set()

    def of(owner: str) -> RedisLeases:
        return RedisLeases(
            client,
            NAMESPACE,
            NullBreaker(),
            NullCacheEvents(),
            owner=lambda: owner,
            has_ended=ended.__contains__,
        )

    return Leased(of("me"), RedisCache(client, NAMESPACE), pass_by, of, ended)


def test_one_holds_and_the_others_see_it(leased: Leased) -> None:
    held = leased.leases.claim("key", 10)
    assert held.state is ClaimState.HELD
    assert held.token
    assert leased.leases.claim("key", 10).state is ClaimState.BUSY
    assert leased.leases.look("key").state is ClaimState.BUSY
    assert leased.leases.claim("other", 10).state is ClaimState.HELD


def test_publishing_stores_and_ends_the_lease(leased: Leased) -> None:
    held = leased.leases.claim("key", 10)
    assert leased.leases.publish("key", held.token, b"value", 60)
    assert leased.values.get("key") == b"value"
    look = leased.leases.look("key")
    assert (look.state, look.value) == (ClaimState.FREE, b"value")
    claim = leased.leases.claim("key", 10)
    assert (claim.state, claim.value) == (ClaimState.THERE, b"value")


def test_what_is_published_ends_with_its_time(leased: Leased) -> None:
    leased.leases.publish("key", leased.leases.claim("key", 10).token, b"value", 60)
    leased.pass_by(60.1)
    assert leased.leases.claim("key", 10).state is ClaimState.HELD


def test_a_dead_holders_lease_ends_by_itself(leased: Leased) -> None:
    leased.leases.claim("key", 10)
    leased.pass_by(10.1)
    assert leased.leases.look("key").state is ClaimState.FREE
    assert leased.leases.claim("key", 10).state is ClaimState.HELD


def test_the_lease_of_a_process_that_has_ended_is_taken_over_at_once(leased: Leased) -> None:
    killed = leased.of("killed")
    killed.claim("key", 90)
    assert leased.leases.look("key").state is leased.leases.claim("key", 90).state is ClaimState.BUSY
    leased.ended.add("killed")
    assert leased.leases.look("key").state is ClaimState.FREE
    taken = leased.leases.claim("key", 90)
    assert taken.state is ClaimState.HELD
    assert leased.of("third").claim("key", 90).state is ClaimState.BUSY, "it is held by somebody who lives"
    assert leased.leases.publish("key", taken.token, b"value", 60)
    look = leased.of("third").look("key")
    assert (look.state, look.value) == (ClaimState.FREE, b"value")


def test_who_was_taken_for_dead_ends_nobody_elses_lease(leased: Leased) -> None:
    alive = leased.of("alive after all")
    claimed = alive.claim("key", 90)
    leased.ended.add("alive after all")
    leased.leases.claim("key", 90)
    alive.give_up("key", claimed.token)
    assert leased.of("third").look("key").state is ClaimState.BUSY


def test_nobody_ends_a_lease_that_has_become_another_ones(leased: Leased) -> None:
    late = leased.leases.claim("key", 10)
    leased.pass_by(10.1)
    leased.leases.claim("key", 10)
    leased.leases.give_up("key", late.token)
    assert leased.leases.look("key").state is ClaimState.BUSY
    leased.leases.publish("key", late.token, b"late", 60)
    look = leased.leases.look("key")
    assert (look.state, look.value) == (ClaimState.BUSY, b"late")


def test_giving_up_tells_those_who_wait_for_a_moment_and_blocks_nobody(leased: Leased) -> None:
    leased.leases.give_up("key", leased.leases.claim("key", 10).token)
    assert leased.leases.look("key").state is ClaimState.ENDED
    assert leased.leases.claim("key", 10).state is ClaimState.HELD
    leased.leases.give_up("other", leased.leases.claim("other", 10).token)
    leased.pass_by(0.3)
    assert leased.leases.look("other").state is ClaimState.FREE


def test_a_value_of_no_use_does_not_keep_from_leasing(leased: Leased) -> None:
    leased.values.set("key", b"\x00header and value", 60)
    assert leased.leases.claim("key", 10).value == b"\x00header and value"
    assert leased.leases.claim("key", 10, b"\x00other").state is ClaimState.THERE
    assert leased.leases.claim("key", 10, b"\x00header").state is ClaimState.HELD
    assert leased.leases.claim("key", 10, b"\x00header").state is ClaimState.BUSY


def test_an_empty_value_is_none(leased: Leased) -> None:
    leased.values.set("key", b"", 60)
    assert leased.leases.claim("key", 10).state is ClaimState.HELD


@pytest.mark.parametrize("leased", ["redis"], indirect=True)
def test_of_two_who_find_the_same_dead_holder_one_takes_over(leased: Leased, redis: Redis) -> None:
    """The second has found it dead, and the first takes over before the second's next word."""
    leased.of("killed").claim("key", 90)
    leased.ended.add("killed")
    quicker: list[ClaimState] = []

    def has_ended(owner: str) -> bool:
        if not quicker:
            quicker.append(leased.leases.claim("key", 90).state)
        return owner == "killed"

    late = RedisLeases(redis, NAMESPACE, NullBreaker(), NullCacheEvents(), owner=lambda: "late", has_ended=has_ended)
    assert (late.claim("key", 90).state, quicker) == (ClaimState.BUSY, [ClaimState.HELD])


@pytest.mark.parametrize("token", ["0123456789abcdef", "0123456789abcdef ", "\xff", "x elsewhere/17/fed4778a-12"])
def test_a_holder_of_whom_nothing_is_known_is_waited_for(redis: Redis, token: str) -> None:
    """An earlier version's, rubbish, and one on another machine, whose number here is nobody's."""
    leases = RedisLeases(redis, NAMESPACE, NullBreaker(), NullCacheEvents(), owner=owner, has_ended=has_ended)
    redis.set(f"{NAMESPACE}lease:key", token.encode("latin-1"), px=60_000)
    assert leases.look("key").state is leases.claim("key", 10).state is ClaimState.BUSY


def test_clearing_the_cache_ends_its_leases(redis: Redis) -> None:
    leases = RedisLeases(redis, NAMESPACE, NullBreaker(), NullCacheEvents())
    leases.claim("key", 10)
    RedisCache(redis, NAMESPACE).clear()
    assert leases.claim("key", 10).state is ClaimState.HELD


def test_something_else_under_the_key_or_the_lease_blocks_nobody(redis: Redis) -> None:
    leases = RedisLeases(redis, NAMESPACE, NullBreaker(), NullCacheEvents())
    redis.rpush(NAMESPACE + "key", "a", "list")
    held = leases.claim("key", 10)
    assert held.state is ClaimState.HELD
    leases.publish("key", held.token, b"value", 60)
    assert RedisCache(redis, NAMESPACE).get("key") == b"value"
    redis.rpush(NAMESPACE + "lease:other", "a", "list")
    assert leases.claim("other", 10).state is ClaimState.AWAY


def test_who_shares_nothing_asks_nobody() -> None:
    leases: Leases = NullLeases()
    assert leases.claim("key", 10).state is leases.look("key").state is ClaimState.AWAY
    leases.publish("key", "token", b"value", 60)
    leases.give_up("key", "token")
