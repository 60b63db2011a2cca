"""One suite over every cache."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from backend.app.cache.breaker import Verdict
from backend.app.cache.disk import DiskCache
from backend.app.cache.interfaces import Cache, ClaimState
from backend.app.cache.leases import RedisLeases
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullBreaker, NullCache
from backend.app.cache.redis import RedisCache, redis_breaker, verdict_of
from backend.app.concurrency import NativePool
from backend.app.storage.redis_client import connect
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock

NAMESPACE = "test-caches:"


@dataclass
class Timed:
    """A cache, and a way to let time pass."""

    cache: Cache
    pass_by: Callable[[float], None]


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(valkey_url)
    yield client
    for key in client.scan_iter("test-*"):
        client.delete(key)
    client.close()


@pytest.fixture(params=["memory", "redis", "disk"])
def timed(request: pytest.FixtureRequest, tmp_path: Path) -> Timed:
    clock = FakeClock()
    if request.param == "memory":
        return Timed(MemoryCache(100_000, clock), clock.pass_by)
    if request.param == "disk":
        return Timed(DiskCache(tmp_path / "cache", 10_000_000, NativePool(), clock), clock.pass_by)
    client: Redis = request.getfixturevalue("redis")

    def pass_by(seconds: float) -> None:
        for key in client.scan_iter(NAMESPACE + "*"):
            left = client.pttl(key)
            assert left >= 0, "a key without an end"
            client.pexpire(key, left - int(seconds * 1000))

    return Timed(RedisCache(client, NAMESPACE), pass_by)


@pytest.fixture
def cache(timed: Timed) -> Cache:
    return timed.cache


def test_what_is_set_is_got(cache: Cache) -> None:
    assert cache.get("key") is None
    for value in (b"value", b"", bytes(range(256)), "빵".encode()):
        cache.set("key", value, 60)
        assert cache.get("key") == value
        assert cache.get("key") == value


def test_keys_are_apart(cache: Cache) -> None:
    cache.set("a", b"1", 60)
    cache.set("빵", b"2", 60)
    assert [cache.get(key) for key in ("a", "빵", "A", "")] == [b"1", b"2", None, None]


def test_a_value_ends_with_its_time(timed: Timed) -> None:
    timed.cache.set("short", b"1", 10)
    timed.cache.set("long", b"2", 100)
    timed.pass_by(9)
    assert timed.cache.get("short") == b"1"
    timed.pass_by(1.1)
    assert timed.cache.get("short") is None
    assert timed.cache.get("long") == b"2"


def test_setting_again_begins_the_time_anew(timed: Timed) -> None:
    timed.cache.set("key", b"1", 10)
    timed.pass_by(9)
    timed.cache.set("key", b"2", 10)
    timed.pass_by(9)
    assert timed.cache.get("key") == b"2"


def test_a_part_of_a_second_is_a_time_too(timed: Timed) -> None:
    timed.cache.set("key", b"1", 0.5)
    timed.pass_by(0.6)
    assert timed.cache.get("key") is None


@pytest.mark.parametrize("ttl", [0, -1])
def test_no_time_left_is_never_for_ever_and_ends_what_was_there(timed: Timed, ttl: float) -> None:
    timed.cache.set("key", b"1", 60)
    timed.cache.set("key", b"2", ttl)
    assert timed.cache.get("key") is None


def test_a_layer_takes_long_keys_and_odd_ones(cache: Cache) -> None:
    keys = ["x" * 2000, "../../etc/passwd", "a/b", "a\x00b", "*", " ", "\n"]
    for number, key in enumerate(keys):
        cache.set(key, str(number).encode(), 60)
    assert [cache.get(key) for key in keys] == [str(number).encode() for number in range(len(keys))]


def test_many_threads_use_a_layer_at_once(cache: Cache) -> None:
    failures: list[BaseException] = []

    def use(own: int) -> None:
        try:
            for turn in range(60):
                key = str((turn + own) % 5)
                cache.set(key, key.encode() * 1000, 60 if turn % 3 else 0)
                assert cache.get(key) in (key.encode() * 1000, None)
                if turn % 20 == 0:
                    cache.delete(key)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_deleting_takes_one_and_clearing_all(cache: Cache) -> None:
    for key in "abc":
        cache.set(key, b"1", 60)
    cache.delete("a")
    cache.delete("a")
    assert [cache.get(key) for key in "abc"] == [None, b"1", b"1"]
    cache.clear()
    cache.clear()
    assert [cache.get(key) for key in "abc"] == [None, None, None]
    cache.set("a", b"2", 60)
    assert cache.get("a") == b"2"


def test_the_null_cache_keeps_nothing() -> None:
    cache: Cache = NullCache()
    cache.set("key", b"1", 60)
    cache.delete("key")
    cache.clear()
    assert cache.get("key") is None


# --- memory ---------------------------------------------------------------------------------


def test_memory_lets_the_longest_unused_go_first() -> None:
    cache = MemoryCache(11_000)
    for key in "abc":
        cache.set(key, b"x" * 3000, 60)
    assert cache.get("a") is not None
    cache.set("d", b"x" * 3000, 60)
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_memory_counts_small_values_too() -> None:
    cache = MemoryCache(10_000)
    for number in range(1000):
        cache.set(str(number), b"", 60)
    assert sum(cache.get(str(number)) is not None for number in range(1000)) <= 50


def test_memory_is_bounded_by_count_too() -> None:
    cache = MemoryCache(1_000_000, max_entries=3)
    for key in "abcab":
        cache.set(key, key.encode(), 60)
    cache.set("d", b"d", 60)
    assert [key for key in "abcd" if cache.get(key)] == ["a", "b", "d"]


def test_memory_does_not_keep_the_older_of_a_value_that_is_too_large() -> None:
    cache = MemoryCache(1000)
    cache.set("key", b"small", 60)
    cache.set("other", b"small", 60)
    cache.set("key", b"x" * 1001, 60)
    assert cache.get("key") is None
    assert cache.get("other") == b"small"


def test_memory_bears_many_threads() -> None:
    cache = MemoryCache(3000)
    failures: list[BaseException] = []

    def use(own: int) -> None:
        try:
            for turn in range(3000):
                key = str((turn + own) % 20)
                cache.set(key, key.encode(), 60 if turn % 3 else 0)
                assert cache.get(key) in (key.encode(), None)
                if turn % 50 == 0:
                    cache.delete(key)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(own,)) for own in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# --- Redis ----------------------------------------------------------------------------------


def test_redis_keeps_namespaces_apart(redis: Redis) -> None:
    first, second = RedisCache(redis, "test-caches:"), RedisCache(redis, "test-other:")
    first.set("key", b"1", 60)
    second.set("key", b"2", 60)
    first.clear()
    assert (first.get("key"), second.get("key")) == (None, b"2")


def test_redis_clears_only_what_begins_with_the_namespace_itself(redis: Redis) -> None:
    odd, other = RedisCache(redis, "test-[a]*?:"), RedisCache(redis, "test-a-other:")
    odd.set("key", b"1", 60)
    other.set("key", b"2", 60)
    odd.clear()
    assert (odd.get("key"), other.get("key")) == (None, b"2")


def test_redis_clears_thousands(redis: Redis) -> None:
    cache = RedisCache(redis, NAMESPACE)
    with redis.pipeline() as pipeline:
        for number in range(3000):
            pipeline.set(f"{NAMESPACE}{number}", b"1")
        pipeline.execute()
    cache.clear()
    assert list(redis.scan_iter(NAMESPACE + "*")) == []


def test_something_else_under_the_key_is_as_nothing_and_can_be_overwritten(redis: Redis) -> None:
    cache = RedisCache(redis, NAMESPACE)
    redis.rpush(NAMESPACE + "key", "a", "list")
    assert cache.get("key") is None
    cache.set("key", b"1", 60)
    assert cache.get("key") == b"1"


@pytest.mark.parametrize("breaks", ["away", "hangs"])
def test_a_redis_that_is_lost_is_asked_once_and_counted_once(breaks: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1] if breaks == 'hangs' else 1}/0"
        client, events, background = connect(url, seconds=0.04), CountedEvents(), FakeBackground()
        # A clock that stands: on a busy machine the timeout may be noticed so late that it proves nothing.
        breaker = redis_breaker(client, background=background, events=events, seconds=0.04, clock=lambda: 0.0)
        cache = RedisCache(client, NAMESPACE, breaker, events)
        leases = RedisLeases(client, NAMESPACE, breaker, events)
        for _ in range(20):
            use_all(cache)
            assert leases.claim("key", 10).state is ClaimState.AWAY
            assert leases.look("key").state is ClaimState.AWAY
            leases.publish("key", "token", b"value", 60)
            leases.give_up("key", "token")
        assert events.counts == {"error redis": 1}
        assert events.breaker == ["redis open"]
        assert len(background.waiting) == 1
        client.close()


def test_a_redis_that_is_back_is_used_again_by_itself(redis: Redis, tmp_path: Path) -> None:
    socket_path = tmp_path / "later.sock"
    client, events, background = connect(f"unix://{socket_path}"), CountedEvents(), FakeBackground()
    cache = RedisCache(client, NAMESPACE, redis_breaker(client, background=background, events=events), events)
    cache.set("key", b"1", 60)
    socket_path.symlink_to(redis.connection_pool.connection_kwargs["path"])
    assert cache.get("key") is None, "requests do not find out"
    assert background.run() == 1
    cache.set("key", b"1", 60)
    assert cache.get("key") == b"1"
    assert events.breaker == ["redis open", "redis closed"]
    client.close()


def test_an_idle_connection_that_redis_has_closed_is_made_anew(redis: Redis) -> None:
    client, events = connect(f"unix://{redis.connection_pool.connection_kwargs['path']}"), CountedEvents()
    cache, leases = RedisCache(client, NAMESPACE, None, events), RedisLeases(client, NAMESPACE, NullBreaker(), events)
    cache.set("key", b"1", 60)
    for asked in (lambda: cache.get("key") == b"1", lambda: leases.claim("other", 10).state is ClaimState.HELD):
        redis.client_kill_filter(_id=client.client_id())
        assert asked()
        leases.give_up("other", "")
    assert events.counts == {}
    client.close()


def test_errors_that_a_redis_answers_with_are_counted_and_do_not_open_the_breaker(redis: Redis) -> None:
    events, background = CountedEvents(), FakeBackground()
    breaker = redis_breaker(redis, background=background, events=events)
    redis.rpush(NAMESPACE + "key", "a", "list")
    cache = RedisCache(redis, NAMESPACE, breaker, events)
    assert [cache.get("key") for _ in range(3)] == [None] * 3
    assert (events.counts, events.breaker) == ({"error redis": 3}, [])


@pytest.mark.parametrize(("seconds", "granted"), [(0.04, 0.04), (30.0, 0.5), (None, 0.5)])
def test_connecting_takes_no_longer_than_the_caller_grants(seconds: float | None, granted: float) -> None:
    client = connect("redis://127.0.0.1:1/0", seconds=seconds)
    assert client.connection_pool.connection_kwargs["socket_connect_timeout"] == granted
    client.close()


@pytest.mark.parametrize(
    ("error", "elapsed", "verdict"),
    [
        (RedisTimeoutError(), 0.041, Verdict.DOWN),
        (RedisTimeoutError(), 0.07, Verdict.DOUBTFUL),
        (RedisConnectionError("refused"), 0.0, Verdict.DOWN),
        (MaxConnectionsError(), 0.0, Verdict.FINE),
        (ResponseError("WRONGTYPE"), 0.0, Verdict.FINE),
        (KeyError(), 0.0, Verdict.FINE),
    ],
)
def test_what_an_error_says_about_redis(error: Exception, elapsed: float, verdict: Verdict) -> None:
    assert verdict_of(error, elapsed, 0.04) is verdict


def use_all(cache: Cache) -> None:
    cache.set("key", b"1", 60)
    assert cache.get("key") is None
    cache.delete("key")
    cache.clear()


def test_a_redis_that_is_away_is_an_empty_cache() -> None:
    client = connect("redis://127.0.0.1:1/0")
    use_all(RedisCache(client, NAMESPACE))
    client.close()


def test_a_redis_that_hangs_is_an_empty_cache() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = connect(f"redis://127.0.0.1:{server.getsockname()[1]}/0", seconds=0.05)
        use_all(RedisCache(client, NAMESPACE))
        client.close()


def test_a_redis_that_wants_a_password_is_an_empty_cache(redis: Redis, valkey_url: str) -> None:
    redis.acl_setuser("caches-test", enabled=True, passwords=["+right"], categories=["-@all"])
    client = connect(valkey_url)
    client.connection_pool.connection_kwargs.update(username="caches-test", password="wrong")
    use_all(RedisCache(client, NAMESPACE))
    client.close()
    redis.acl_deluser("caches-test")


def test_a_redis_that_comes_back_is_used_again(redis: Redis) -> None:
    cache = RedisCache(redis, NAMESPACE)
    cache.set("key", b"1", 60)
    redis.client_kill_filter(_id=str(redis.client_id()), skipme=False)
    cache.get("key")  # the connection that was lost
    assert cache.get("key") == b"1"
