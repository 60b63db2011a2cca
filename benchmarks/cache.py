"""The cache beside what it stands on: a dictionary, a bare Redis GET; and questions that repeat as people's do.

    python benchmarks/cache.py [--questions queries.jsonl ...] [--rounds 41]

Ratios are medians over short rounds in which both sides take turns. What the aim for Redis holds is a look that finds
(`get`, key, check and decoding included); what a request calls, `get_or_compute`, asks for the right to compute in the
same round trip by a script, and hands the value up: it stands beside it, without an aim. The value is what a search brings:
six passages. The replay draws 100,000 questions by Zipf's law (s = 1) from 10,000 distinct ones
and lets them pass through all three layers of a cold cache whose memory holds a part of them;
computing a value takes 2 ms there, which is left out of the time of a miss: that is what the cache
adds to it. In the end Valkey is stopped where it stands while requests go on.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import random
import signal
import statistics
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from redis import Redis

from backend.app.cache.disk import DiskCache
from backend.app.cache.interfaces import DISK, MEMORY, REDIS, Breaker
from backend.app.cache.keys import Policy, Region, cache_key
from backend.app.cache.layers import Layer
from backend.app.cache.leases import RedisLeases
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullCacheEvents, NullLeases
from backend.app.cache.redis import SECONDS as REDIS_SECONDS
from backend.app.cache.redis import RedisCache, redis_breaker
from backend.app.cache.tiered import Found, TieredCache
from backend.app.concurrency import NativePool, in_background
from backend.app.config import Settings
from backend.app.processes.owners import has_ended, owner
from backend.app.storage.redis_client import connect
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.corpus import SEED, load
from benchmarks.support.figures import Result
from benchmarks.support.measures import percentile
from tests.services.stores import valkey_server

DISTINCT, REQUESTS = 10_000, 100_000
PASSAGES = 6
MEMORY_BYTES = Settings().cache_memory_bytes  # of a worker, by default
COMPUTING_SECONDS = 0.002
SECONDS = 2.0  # of Redis' timeout: a busy machine must not open the breaker while this measures
NAMESPACE = "bench:"


@dataclass(frozen=True)
class Passage:
    id: int
    document_id: str
    title: str
    text: str
    page: int
    score: float


SEARCH = Region("search", 1, list[Passage], Policy(ttl=3600), scoped=True)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=Path, action="extend", nargs="+", metavar="FILE", help="BEIR's queries")
    parser.add_argument("--rounds", type=int, default=41)
    options = begin(parser)
    texts = load()
    questions, source = asked(options, texts.questions, texts.source)
    draw = random.Random(SEED)
    values = [search_result(number, draw.choices(texts.paragraphs, k=PASSAGES)) for number in range(2_000)]

    result = Result("cache", notes=[f"Texts: {texts.source}. Questions of the replay: {source}."])
    with tempfile.TemporaryDirectory() as folder, valkey_server(Path(folder)) as url:
        client = connect(url, seconds=SECONDS)
        measure_memory(result, values[0], options.rounds)
        measure_redis(result, client, values[0], options.rounds)
        replay(result, client, Path(folder) / "cache", questions, values)
        lose_redis(result, client, url, values[0])
        client.close()
    finish(result, options)


def asked(options: Namespace, questions: Sequence[str], source: str) -> tuple[Sequence[str], str]:
    if options.questions:
        found = (json.loads(line)["text"] for file in options.questions for line in file.open(encoding="utf-8"))
        questions = list(dict.fromkeys(found))
        random.Random(SEED).shuffle(questions)
        source = ", ".join(f"{file.resolve().parent.name}/{file.name}" for file in options.questions)
    return questions[:DISTINCT], f"{min(len(questions), DISTINCT):,} distinct ones of {source}"


def search_result(number: int, texts: Sequence[str]) -> list[Passage]:
    return [
        Passage(number * PASSAGES + rank, f"doc-{number}-{rank}", "A title", text, rank, 1.0 / (rank + 1))
        for rank, text in enumerate(texts)
    ]


def measure_memory(result: Result, value: list[Passage], rounds: int) -> None:
    memory = MemoryCache(MEMORY_BYTES)
    cache = tiered([Layer(MEMORY, memory, trusted=True)])
    cache.put(SEARCH, "scope", "question", value)
    found = cache.get_or_compute(SEARCH, "scope", "question", list)
    assert found.layer == MEMORY
    key = cache_key(SEARCH, "scope", "question")
    (_, stored), payload = memory._entries[key], bytes(encoded(value))
    plain, decode = {key: payload}, SEARCH.decoder.decode

    def of_dict() -> object:
        return decode(plain[key])

    def of_cache() -> object:
        return cache.get_or_compute(SEARCH, "scope", "question", list).value

    assert of_dict() == of_cache() == value
    ratios, times = side_by_side(of_dict, of_cache, rounds, 1_000)
    label = f"hit in memory ({len(stored):,} bytes), key and decoding included"
    result.add("l1_ratio", f"{label}, to a dict's get and decoding", ratios, "x", "at most 3")
    result.add("l1_us", label, times * 1e6, "us", better="lower")


def encoded(value: list[Passage]) -> bytes:
    return msgspec.msgpack.encode(value)


def measure_redis(result: Result, client: Redis, value: list[Passage], rounds: int) -> None:
    breaker = redis_breaker(client, background=in_background, events=NullCacheEvents(), seconds=SECONDS)
    layer = RedisCache(client, NAMESPACE, breaker)
    cache = tiered([Layer(REDIS, layer)])
    cache.put(SEARCH, "scope", "question", value)
    key = cache_key(SEARCH, "scope", "question")

    def bare() -> object:
        return client.get(NAMESPACE + key)

    def of_layer() -> object:
        return layer.get(key)

    def of_cache() -> object:
        return cache.get(SEARCH, "scope", "question")

    assert of_layer() == bare() is not None
    ratio, _ = side_by_side(bare, of_cache, rounds, 300)
    label = "hit in Redis, key, check and decoding included"
    result.add("l2_ratio", f"{label}, to a bare GET", ratio, "x", "at most 1.3")
    ratio, seconds = side_by_side(bare, of_layer, rounds, 300)
    result.add("l2_layer_ratio", "the layer's own get, breaker included, to a bare GET", ratio, "x", better="lower")
    result.add("l2_us", "the layer's own get", seconds * 1e6, "us", better="lower")
    memory = MemoryCache(MEMORY_BYTES)
    whole = TieredCache(
        [Layer(MEMORY, memory, trusted=True), Layer(REDIS, layer)],
        leases=leases(client, breaker),
        events=NullCacheEvents(),
        background=in_background,
    )

    def of_whole() -> object:
        memory.clear()
        return whole.get_or_compute(SEARCH, "scope", "question", list)

    assert of_whole() == Found(value, REDIS)
    ratio, seconds = side_by_side(bare, of_whole, rounds, 300)
    label = "the same hit by get_or_compute: memory emptied, flight, lease's script, check, decoding, handing up"
    result.add("l2_whole_ratio", f"{label}; to a bare GET", ratio, "x", better="lower")
    result.add("l2_whole_us", "the same hit by get_or_compute", seconds * 1e6, "us", better="lower")


def side_by_side(
    plain: Callable[[], object], cached: Callable[[], object], rounds: int, times: int
) -> tuple[float, float]:
    """Return how many times longer the second takes, and its seconds a call: medians over the rounds."""
    ratios, seconds = [], []
    for each in (plain, cached):
        per_call(each, times)
    for _ in range(rounds):
        first, second = per_call(plain, times), per_call(cached, times)
        ratios.append(second / first)
        seconds.append(second)
    return statistics.median(ratios), statistics.median(seconds)


def per_call(call: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in itertools.repeat(None, times):
        call()
    return (time.perf_counter() - begun) / times


def replay(result: Result, client: Redis, folder: Path, questions: Sequence[str], values: Sequence[list]) -> None:
    breaker = redis_breaker(client, background=in_background, events=NullCacheEvents(), seconds=SECONDS)
    cache = TieredCache(
        [
            Layer(MEMORY, MemoryCache(MEMORY_BYTES), trusted=True),
            Layer(REDIS, RedisCache(client, NAMESPACE, breaker)),
            Layer(DISK, DiskCache(folder, 2**30, NativePool()), largest=2**30, deferred=True),
        ],
        leases=leases(client, breaker),
        events=NullCacheEvents(),
        background=in_background,
    )
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(questions) + 1)))
    draws = random.Random(SEED).choices(range(len(questions)), cum_weights=weights, k=REQUESTS)
    layers: Counter[str | None] = Counter()
    hits, misses = [], []
    computing: list[float] = []

    def compute(number: int) -> list[Passage]:
        begun = time.perf_counter()
        time.sleep(COMPUTING_SECONDS)
        computing.append(time.perf_counter() - begun)
        return values[number % len(values)]

    for number in draws:
        begun = time.perf_counter()
        found = cache.get_or_compute(SEARCH, "scope", questions[number], functools.partial(compute, number))
        took = time.perf_counter() - begun
        layers[found.layer] += 1
        if found.layer is None:
            misses.append((took - computing[-1]) * 1e6)
        else:
            hits.append(took * 1e6)
    assert breaker.state == "closed"
    name = f"replay of {REQUESTS:,} requests"
    result.add(
        "zipf_hit_rate", f"{name}, {len(questions):,} distinct, cold: hits", len(hits) / REQUESTS, better="higher"
    )
    result.add("zipf_best_hit_rate", f"{name}: hits of a cache that forgets nothing", 1 - len(set(draws)) / REQUESTS)
    for layer in (MEMORY, REDIS, DISK):
        result.add(f"zipf_{layer}", f"{name}: found in {layer}", layers[layer] / REQUESTS)
    hits.sort()
    misses.sort()
    result.add("zipf_hit_p50", f"{name}: hit, p50", percentile(hits, 0.5), "us", better="lower")
    result.add("zipf_hit_p99", f"{name}: hit, p99", percentile(hits, 0.99), "us", better="lower")
    result.add(
        "zipf_miss_p50", f"{name}: miss without the computing, p50", percentile(misses, 0.5), "us", better="lower"
    )


def lose_redis(result: Result, client: Redis, url: str, value: list[Passage]) -> None:
    """Stop Valkey where it stands, and ask on: that is the worst way to lose it, for nothing is refused."""
    own = connect(url, seconds=REDIS_SECONDS)
    breaker = redis_breaker(own, background=in_background, events=NullCacheEvents())
    cache = TieredCache(
        [Layer(MEMORY, MemoryCache(MEMORY_BYTES), trusted=True), Layer(REDIS, RedisCache(own, NAMESPACE, breaker))],
        leases=leases(own, breaker),
        events=NullCacheEvents(),
        background=in_background,
    )
    cache.get_or_compute(SEARCH, "scope", "before", lambda: value)
    pid = int(client.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        times = []
        for number in range(200):
            begun = time.perf_counter()
            cache.get_or_compute(SEARCH, "lost", number, lambda: value)
            times.append((time.perf_counter() - begun) * 1e3)
    finally:
        os.kill(pid, signal.SIGCONT)
    back = time.perf_counter()
    while breaker.state == "open":
        time.sleep(0.001)
    result.add("lost_worst_ms", "Redis hangs: the request that it cost most", max(times), "ms", "under 50")
    result.add("lost_p50_ms", "Redis hangs: 200 requests, p50", statistics.median(times), "ms", better="lower")
    result.add(
        "lost_back_ms", "Redis goes on: until it is used again", (time.perf_counter() - back) * 1e3, "ms", "under 2500"
    )
    own.close()


def leases(client: Redis, breaker: Breaker) -> RedisLeases:
    """Return the leases as a worker has them."""
    return RedisLeases(client, NAMESPACE, breaker, NullCacheEvents(), owner=owner, has_ended=has_ended)


def tiered(layers: list[Layer]) -> TieredCache:
    return TieredCache(layers, leases=NullLeases(), events=NullCacheEvents(), background=in_background)


if __name__ == "__main__":
    main()
