from __future__ import annotations

import pytest

from backend.app.cache.decorator import cached
from backend.app.cache.interfaces import MEMORY
from backend.app.cache.keys import Policy, Region
from backend.app.cache.layers import Layer
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullCacheEvents, NullLeases
from backend.app.cache.tiered import TieredCache
from tests.fakes.caches import FakeBackground

WORDS = Region("words", 1, str, Policy(ttl=60))
OPEN_WORDS = Region("open_words", 1, str, Policy(ttl=60), scoped=False)


@pytest.fixture
def cache() -> TieredCache:
    return TieredCache(
        [Layer(MEMORY, MemoryCache(100_000), trusted=True)],
        leases=NullLeases(),
        events=NullCacheEvents(),
        background=FakeBackground(),
    )


def test_a_function_is_called_once_for_the_same_arguments_however_they_are_given(cache: TieredCache) -> None:
    calls: list[str] = []

    @cached(cache, OPEN_WORDS)
    def joined(first: str, second: str = "b", *, sep: str = "-") -> str:
        """Say what it does."""
        calls.append(first)
        return sep.join((first, second))

    assert joined("a") == joined("a", "b") == joined(second="b", first="a") == joined("a", sep="-") == "a-b"
    assert calls == ["a"]
    assert joined("a", sep="+") == "a+b"
    assert (joined.__name__, joined.__doc__) == ("joined", "Say what it does.")


def test_scope_and_parts_are_made_of_the_arguments(cache: TieredCache) -> None:
    calls: list[tuple[str, str]] = []

    @cached(cache, WORDS, scope=lambda user, word: user, parts=lambda user, word: word.lower())
    def greeting(user: str, word: str) -> str:
        calls.append((user, word))
        return f"{word} {user}"

    assert [greeting("anna", "Hello"), greeting("anna", "HELLO"), greeting("bert", "Hello")] == [
        "Hello anna",
        "Hello anna",
        "Hello bert",
    ]
    assert calls == [("anna", "Hello"), ("bert", "Hello")]


def test_a_scoped_region_without_a_scope_is_an_error(cache: TieredCache) -> None:
    @cached(cache, WORDS)
    def word() -> str:
        return "word"

    with pytest.raises(ValueError, match="scope"):
        word()


def test_arguments_that_are_not_plain_are_an_error_and_no_key(cache: TieredCache) -> None:
    @cached(cache, OPEN_WORDS)
    def shown(thing: object) -> str:
        return repr(thing)

    with pytest.raises(TypeError):
        shown(object())
    assert shown([1, {"a": 2}]) == "[1, {'a': 2}]"
