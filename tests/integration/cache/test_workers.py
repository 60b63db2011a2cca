"""Several workers under gevent on one real Valkey."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from backend.app.cache.keys import Policy, Region
from backend.app.concurrency import NativePool
from backend.app.config import Secret, Settings
from backend.app.monitoring.null import NullMetrics
from backend.app.processes.owners import owner
from backend.app.storage.redis_client import connect
from backend.app.wiring.caches import caches
from tests.fakes.child import run_python

NAMESPACE = "test-workers:"

# The client's timeout is far above the product's: on a busy machine a slow Valkey must not look like a lost one.
WORKER = """
import os, signal, sys, time
from pathlib import Path
import gevent
from backend.app.cache.disk import DiskCache
from backend.app.cache.interfaces import DISK, MEMORY, REDIS
from backend.app.cache.keys import Policy, Region
from backend.app.cache.layers import Layer
from backend.app.cache.leases import RedisLeases
from backend.app.cache.memory import MemoryCache
from backend.app.cache.redis import RedisCache, redis_breaker
from backend.app.cache.tiered import TieredCache
from backend.app.concurrency import NativePool, in_background
from backend.app.processes.owners import has_ended, owner
from backend.app.storage.redis_client import connect
from tests.fakes.caches import CountedEvents

url, namespace, folder = sys.argv[1:4]
client, events, name = connect(url, seconds=20), CountedEvents(), owner()
breaker = redis_breaker(client, background=in_background, events=events, seconds=20)
cache = TieredCache(
    [
        Layer(MEMORY, MemoryCache(1_000_000), trusted=True),
        Layer(REDIS, RedisCache(client, namespace, breaker, events)),
        Layer(DISK, DiskCache(Path(folder), 10_000_000, NativePool(1), events=events), largest=2**30, deferred=True),
    ],
    leases=RedisLeases(client, namespace, breaker, events, owner=lambda: name, has_ended=has_ended),
    events=events,
    background=in_background,
)
region = Region("answer", 1, list[str], Policy(ttl=600, lease=float(sys.argv[4]), max_wait=600), scoped=False)

def all_are_here(count):
    client.incr(namespace + "here")
    while int(client.get(namespace + "here")) < count:
        gevent.sleep(0.005)
"""


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(valkey_url)
    yield client
    for key in client.scan_iter(NAMESPACE + "*"):
        client.delete(key)
    client.close()


def workers(count: int, program: str, url: str, folder: Path, lease: float) -> list[str]:
    source = WORKER + textwrap.dedent(program)

    def run(number: int) -> str:
        done = run_python(source, url, NAMESPACE, str(folder), str(lease), str(number), gevent=True)
        assert done.stderr == "", done.stderr
        return done.stdout.strip()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_cold_key_that_200_greenlets_in_each_of_4_workers_ask_is_computed_once(
    redis: Redis, valkey_url: str, tmp_path: Path
) -> None:
    program = """
    def compute():
        client.incr(namespace + "computed")
        gevent.sleep(0.3)
        return ["the", "answer"]

    def ask():
        return cache.get_or_compute(region, None, "q", compute).value

    all_are_here(4)
    asking = [gevent.spawn(ask) for _ in range(200)]
    gevent.joinall(asking)
    values = [each.value for each in asking]
    print(values.count(["the", "answer"]), len({id(value) for value in values}), sum(events.counts.values()))
    """
    said = workers(4, program, valkey_url, tmp_path, lease=30)
    assert [line.split()[:2] for line in said] == [["200", "200"]] * 4
    assert int(redis.get(NAMESPACE + "computed") or 0) == 1
    assert redis.get(NAMESPACE + "lease:answer") is None
    assert not list(redis.scan_iter(NAMESPACE + "lease:*")), "no lease is left"


@pytest.mark.parametrize(
    ("machine", "lease"), [("here", 600), ("elsewhere", 0.5)], ids=["on this machine", "on another, until its lease"]
)
def test_a_worker_that_is_killed_while_it_computes_blocks_nobody(
    redis: Redis, valkey_url: str, tmp_path: Path, machine: str, lease: float
) -> None:
    """Who waited for a lease of ten minutes would be stopped for hanging."""
    redis.set(NAMESPACE + "machine", machine)
    program = """
    def die():
        client.incr(namespace + "computed")
        os.kill(os.getpid(), signal.SIGKILL)

    def compute():
        client.incr(namespace + "computed")
        return ["the", "answer"]

    if sys.argv[5] == "0":
        if client.get(namespace + "machine") == b"elsewhere":
            name = "elsewhere/" + owner().partition("/")[2]
        cache.get_or_compute(region, None, "q", die)
    while not client.get(namespace + "computed"):
        gevent.sleep(0.005)
    found = [gevent.spawn(cache.get_or_compute, region, None, "q", compute) for _ in range(50)]
    gevent.joinall(found)
    print({tuple(each.value.value) for each in found})
    """
    said = workers(3, program, valkey_url, tmp_path, lease)
    assert said == ["", "{('the', 'answer')}", "{('the', 'answer')}"]
    assert int(redis.get(NAMESPACE + "computed") or 0) == 2


def test_a_web_workers_leases_name_their_process(redis: Redis, valkey_url: str, tmp_path: Path) -> None:
    client = connect(valkey_url)
    built = caches(Settings(data_dir=tmp_path, redis_url=Secret(valkey_url)), client, NativePool(1), NullMetrics())
    holders: list[bytes] = []

    def compute() -> str:
        (lease,) = client.scan_iter("likeopt:cache:lease:whose:*")
        holders.append(client.get(lease))
        return "made"

    region = Region("whose", 1, str, Policy(ttl=1), scoped=False)
    assert built.answers.get_or_compute(region, None, "q", compute).value == "made"
    assert [holder.decode().partition(" ")[2] for holder in holders] == [owner()]
    built.close()
    client.close()


def test_a_large_value_is_computed_once_too_and_shared_on_disk(redis: Redis, valkey_url: str, tmp_path: Path) -> None:
    program = """
    def compute():
        client.incr(namespace + "computed")
        gevent.sleep(0.2)
        return ["x" * 400_000]

    all_are_here(3)
    found = [gevent.spawn(cache.get_or_compute, region, None, "q", compute) for _ in range(20)]
    gevent.joinall(found)
    print({len(each.value.value[0]) for each in found})
    """
    assert workers(3, program, valkey_url, tmp_path, lease=30) == ["{400000}"] * 3
    assert int(redis.get(NAMESPACE + "computed") or 0) == 1
    assert not list(redis.scan_iter(NAMESPACE + "answer:*")), "too large for Redis"
