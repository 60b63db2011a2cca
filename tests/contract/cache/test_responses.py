from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask_caching import Cache as FlaskCache

from backend.app.cache.interfaces import Cache
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullCache
from backend.app.cache.redis import RedisCache
from backend.app.cache.responses import ResponseCache
from backend.app.storage.redis_client import connect


class Recording(MemoryCache):
    """Remembers the times that it was told."""

    def __init__(self) -> None:
        super().__init__(100_000)
        self.ttls: list[float] = []

    def set(self, key: str, value: bytes, ttl: float) -> None:
        self.ttls.append(ttl)
        super().set(key, value, ttl)


@pytest.fixture(params=["memory", "redis"])
def below(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache(100_000)
        return
    client = connect(request.getfixturevalue("valkey_url"))
    cache = RedisCache(client, "test-responses:")
    yield cache
    cache.clear()
    client.close()


@pytest.fixture
def responses(below: Cache) -> ResponseCache:
    return ResponseCache(below)


VALUES = [
    "빵",
    "",
    0,
    -1.5,
    True,
    False,
    [],
    [1, "two", None, [3]],
    {"data": {"id": "x", "score": 0.5}, "list": [{"a": 1}]},
    b"bytes",
]


@pytest.mark.parametrize("value", VALUES)
def test_plain_values_come_back_as_they_were(responses: ResponseCache, value: Any) -> None:
    assert responses.set("key", value)
    assert responses.get("key") == value
    assert type(responses.get("key")) is type(value)
    assert responses.has("key")


def test_what_is_stored_is_msgpack_and_no_pickle(responses: ResponseCache, below: Cache) -> None:
    responses.set("key", {"a": [1, "b"]})
    raw = below.get("key")
    assert raw is not None
    assert msgspec.msgpack.decode(raw) == {"a": [1, "b"]}


@pytest.mark.parametrize(
    "rubbish", [b"", b"\xc1", b"rubbish", b"\x80\x04\x95 a pickle", b"\x92\x01", b"\x91" * 100_000]
)
def test_rubbish_in_the_store_is_as_nothing(responses: ResponseCache, below: Cache, rubbish: bytes) -> None:
    below.set("key", rubbish, 60)
    assert responses.get("key") is None
    assert not responses.has("key")
    assert responses.add("key", "value")
    assert responses.get("key") == "value"


def test_adding_overwrites_nothing(responses: ResponseCache) -> None:
    assert responses.add("key", 1)
    assert not responses.add("key", 2)
    assert responses.get("key") == 1


def test_deleting_and_clearing(responses: ResponseCache) -> None:
    responses.set_many({"a": 1, "b": 2, "c": 3})
    assert responses.delete("a")
    assert responses.get_many("a", "b", "c") == [None, 2, 3]
    assert responses.clear()
    assert responses.get_dict("b", "c") == {"b": None, "c": None}


@pytest.mark.parametrize(
    ("timeout", "ttl"), [(None, 300), (0, 300), (7, 7), (timedelta(minutes=2), 120), (timedelta(0), 300)]
)
def test_nothing_is_kept_for_ever(timeout: int | timedelta | None, ttl: int) -> None:
    below = Recording()
    responses = ResponseCache(below, default_timeout=300)
    responses.set("key", 1, timeout)
    responses.add("other", 1, timeout)
    assert below.ttls == [ttl, ttl]


@pytest.mark.parametrize("value", [object(), lambda: 1])
def test_what_is_not_plain_is_refused_not_pickled(responses: ResponseCache, value: object) -> None:
    with pytest.raises(TypeError):
        responses.set("key", value)
    assert responses.get("key") is None


def test_flask_caching_uses_it_by_its_name(below: Cache) -> None:
    app = Flask("test")
    cache = FlaskCache(
        app,
        config={
            "CACHE_TYPE": "backend.app.cache.responses.ResponseCache",
            "CACHE_DEFAULT_TIMEOUT": 20,
            "LIKEOPT_CACHE": below,
        },
    )
    calls: list[str] = []

    @app.get("/")
    @cache.cached(query_string=True)
    def view() -> dict[str, int]:
        calls.append("called")
        return {"count": len(calls)}

    client = app.test_client()
    assert [client.get(path).json for path in ("/?a=1", "/?a=1", "/?a=2", "/?a=1")] == [
        {"count": 1},
        {"count": 1},
        {"count": 2},
        {"count": 1},
    ]
    cache.clear()
    assert client.get("/?a=1").json == {"count": 3}


def test_above_a_cache_that_keeps_nothing_every_answer_is_new() -> None:
    responses = ResponseCache(NullCache())
    assert responses.set("key", 1)
    assert responses.get("key") is None
    assert not responses.has("key")
