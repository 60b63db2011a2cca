"""A real Valkey that stops answering, is full, or full of rubbish: questions are answered all the same."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from backend.app.cache.allowances import LocalAllowances
from backend.app.cache.disk import DiskCache
from backend.app.cache.interfaces import DISK, MEMORY, REDIS, ClaimState
from backend.app.cache.keys import Policy, Region
from backend.app.cache.layers import Layer
from backend.app.cache.leases import RedisLeases
from backend.app.cache.memory import MemoryCache
from backend.app.cache.redis import SECONDS, RedisCache, redis_breaker
from backend.app.cache.tiered import TieredCache, Uncached
from backend.app.concurrency import NativePool, in_background
from backend.app.storage.redis_client import connect
from backend.app.wiring.caches import Caches
from tests.fakes.caches import CountedEvents
from tests.services.stores import valkey_server

REGION = Region("answer", 1, str, Policy(ttl=600), scoped=False)
NAMESPACE = "test-lost:"


class Worker:
    """A tiered cache as the product has it. On a busy machine an answer may take longer than the product waits."""

    def __init__(self, url: str, folder: Path, seconds: float) -> None:
        self.client = connect(url, seconds=seconds)
        self.events = CountedEvents()
        self.breaker = redis_breaker(self.client, background=in_background, events=self.events, seconds=seconds)
        self.memory = MemoryCache(1_000_000)
        self.disk = DiskCache(folder, 10_000_000, NativePool(), events=self.events)
        self.cache = TieredCache(
            [
                Layer(MEMORY, self.memory, trusted=True),
                Layer(REDIS, RedisCache(self.client, NAMESPACE, self.breaker, self.events)),
                Layer(DISK, self.disk, largest=2**30, deferred=True),
            ],
            leases=RedisLeases(self.client, NAMESPACE, self.breaker, self.events),
            events=self.events,
            background=in_background,
        )

    def ask(self, question: str) -> str | None:
        """Return the layer that had the answer."""
        found = self.cache.get_or_compute(REGION, None, question, lambda: f"answer to {question}")
        assert found.value == f"answer to {question}"
        return found.layer


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkey_server(tmp_path_factory.mktemp("own")) as url:
        yield url


@pytest.fixture
def redis(own_valkey: str) -> Iterator[Redis]:
    client = connect(own_valkey, seconds=20)
    yield client
    client.config_set("maxmemory", 0)
    client.flushdb()
    client.close()


@pytest.fixture
def worker(request: pytest.FixtureRequest, redis: Redis, own_valkey: str, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(own_valkey, tmp_path / "cache", getattr(request, "param", 20.0))
    yield worker
    worker.client.close()


def until(ready: Callable[[], bool]) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.01)


@pytest.mark.parametrize("worker", [SECONDS], indirect=True, ids=["as in the product"])
def test_a_valkey_that_hangs_costs_one_call_and_is_used_again_by_itself(redis: Redis, worker: Worker) -> None:
    until(lambda: worker.ask("warm") is not None)  # a connection is open
    pid = int(redis.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        assert [worker.ask(f"while it hangs {number}") for number in range(30)] == [None] * 30
        until(lambda: worker.breaker.state == "open")
        assert worker.events.breaker[-1] == f"{REDIS} open"
        errors = worker.events.counts["error redis"]
        assert [worker.ask(f"while it hangs, again {number}") for number in range(30)] == [None] * 30
        assert worker.events.counts["error redis"] == errors, "nobody asks it any more"
        assert worker.ask("while it hangs 7") == MEMORY
        worker.memory.clear()
        until(lambda: worker.ask("while it hangs 8") in (DISK, MEMORY))
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: worker.breaker.state == "closed")
    worker.cache.put(REGION, None, "after", "answer to after")
    worker.memory.clear()
    until(lambda: worker.ask("after") is not None)
    assert redis.exists(*redis.keys(NAMESPACE + "answer:*"))


@pytest.mark.parametrize("worker", [SECONDS], indirect=True, ids=["as in the product"])
def test_whoever_else_asks_a_valkey_that_hangs_is_told_at_once_that_it_is_away(redis: Redis, worker: Worker) -> None:
    """The queue and the look at its health have a client of more patience, which would wait each time."""
    caches = Caches(worker.cache, worker.memory, worker.breaker, LocalAllowances())
    assert caches.ask_redis(redis.ping) is True
    pid = int(redis.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        worker.ask("while it hangs")
        until(lambda: worker.breaker.state == "open")
        asked: list[str] = []
        with pytest.raises(RedisConnectionError):
            caches.ask_redis(lambda: asked.append("asked"))
        assert asked == []
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: worker.breaker.state == "closed")
    assert caches.ask_redis(redis.ping) is True


def test_a_full_valkey_is_a_smaller_cache_and_not_a_lost_one(redis: Redis, worker: Worker) -> None:
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", "1mb")
    for number in range(20):
        assert worker.ask(f"question {number}") is None
        assert worker.ask(f"question {number}") == MEMORY
    assert worker.events.counts["error redis"] >= 20
    assert worker.breaker.state == "closed"
    redis.config_set("maxmemory", 0)
    worker.ask("room again")
    assert len(redis.keys(NAMESPACE + "*")) == 1


@pytest.mark.parametrize(("keeps", "layer"), [(True, DISK), (False, None)], ids=["to be kept", "not to be kept"])
def test_who_waits_for_a_worker_goes_on_as_soon_as_it_is_done_while_a_valkey_is_full(
    redis: Redis, own_valkey: str, worker: Worker, tmp_path: Path, keeps: bool, layer: str | None
) -> None:
    region = Region("answer", 1, str, Policy(ttl=600, lease=60, max_wait=60), scoped=False)
    other, found = Worker(own_valkey, tmp_path / "cache", 20.0), []

    def looks() -> int:
        return int(redis.info("commandstats").get("cmdstat_mget", {}).get("calls", 0))

    def made() -> str | Uncached[str]:
        return "an answer" if keeps else Uncached("an answer")

    def made_while_another_waits() -> str | Uncached[str]:
        redis.config_set("maxmemory-policy", "noeviction")
        redis.config_set("maxmemory", "1mb")
        before = looks()
        waiting.start()
        until(lambda: looks() > before)
        return made()

    def wait() -> None:
        found.append(other.cache.get_or_compute(region, None, "question", made))

    waiting = threading.Thread(target=wait, daemon=True)
    assert worker.cache.get_or_compute(region, None, "question", made_while_another_waits).layer is None
    waiting.join(20)
    assert [(each.value, each.layer) for each in found] == [("an answer", layer)]
    assert redis.keys(NAMESPACE + "answer:*") == []
    other.client.close()


def test_a_lease_can_be_given_up_and_not_taken_while_a_valkey_is_full(redis: Redis, worker: Worker) -> None:
    leases = RedisLeases(worker.client, NAMESPACE, worker.breaker, worker.events)
    held = leases.claim("key", 60)
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", "1mb")
    assert not leases.publish("key", held.token, b"value", 60)
    assert leases.look("key").state is ClaimState.BUSY
    leases.give_up("key", held.token)
    assert leases.look("key").state is ClaimState.ENDED
    assert leases.claim("other", 60).state is ClaimState.AWAY


@pytest.mark.parametrize("kind", ["bytes", "list", "empty"])
def test_a_valkey_full_of_rubbish_is_written_over(redis: Redis, worker: Worker, kind: str) -> None:
    questions = [f"question {number}" for number in range(10)]
    for question in questions:
        worker.ask(question)
    keys = redis.keys(NAMESPACE + "answer:*")
    assert len(keys) == 10
    for key in keys:
        redis.delete(key)
        if kind == "list":
            redis.rpush(key, "rubbish")
        else:
            redis.set(key, b"" if kind == "empty" else os.urandom(200))
    worker.memory.clear()
    until(lambda: len(list(folder_files(worker))) == 10)
    worker.disk.clear()
    assert [worker.ask(question) for question in questions] == [None] * 10
    assert worker.events.counts["error redis"] >= 10
    worker.memory.clear()
    worker.disk.clear()
    assert [worker.ask(question) for question in questions] == [REDIS] * 10


def folder_files(worker: Worker) -> list[Path]:
    return [path for path in worker.disk._folder.rglob("*") if path.is_file() and path.name != ".lock"]
