from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from rq import Queue
from rq.serializers import JSONSerializer

from backend.app.storage import queue
from backend.app.storage.interfaces import JobQueue
from backend.app.storage.queue import NullJobQueue, RqJobQueue
from backend.app.storage.redis_client import connect


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(valkey_url)
    Queue(queue.QUEUE, connection=client).delete(delete_jobs=True)
    yield client
    Queue(queue.QUEUE, connection=client).delete(delete_jobs=True)
    client.close()


def test_what_is_put_waits_in_order(redis: Redis) -> None:
    jobs = RqJobQueue(redis)
    jobs.put("first")
    jobs.put("second")
    jobs.wake()
    waiting = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer).jobs
    assert [(job.func_name, list(job.args)) for job in waiting] == [
        (queue.INDEX_DOCUMENT, ["first"]),
        (queue.INDEX_DOCUMENT, ["second"]),
        (queue.TIDY, []),
    ]
    assert {job.timeout for job in waiting} == {-1}


def test_jobs_travel_as_json(redis: Redis) -> None:
    RqJobQueue(redis).put("the job's id")
    (job,) = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer).jobs
    data = redis.hget(job.key, "data")
    assert isinstance(data, bytes)
    assert json.loads(zlib.decompress(data)) == [queue.INDEX_DOCUMENT, None, ["the job's id"], {}]


@pytest.mark.parametrize("function", [queue.INDEX_DOCUMENT, queue.TIDY])
def test_the_functions_that_are_named_exist(function: str) -> None:
    import importlib

    module, _, name = function.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_jobs_leave_nothing_behind_when_done(redis: Redis) -> None:
    RqJobQueue(redis).put("first")
    (job,) = Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer).jobs
    assert (job.result_ttl, job.failure_ttl) == (0, 3600)


@pytest.mark.parametrize("jobs", [RqJobQueue(connect("redis://127.0.0.1:1/0")), NullJobQueue()])
def test_without_redis_nothing_is_raised(jobs: JobQueue) -> None:
    jobs.put("first")
    jobs.wake()


def test_a_redis_that_is_known_to_be_away_is_not_asked(redis: Redis) -> None:
    """Nor does anything of it reach whoever sends a file: the indexer looks into SQL."""

    def away(ask: object) -> object:
        raise RedisConnectionError("known to be away")

    RqJobQueue(redis, away).put("first")
    assert Queue(queue.QUEUE, connection=redis, serializer=JSONSerializer).count == 0
