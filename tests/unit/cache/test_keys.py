from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.cache.keys import Policy, Region, cache_key
from tests.fakes.child import output_of

OPEN: Region[str] = Region("search", 1, str, Policy(ttl=1), scoped=False)
SCOPED: Region[str] = Region("search", 1, str, Policy(ttl=1))

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def typed(value: Any) -> Any:
    """Make values of different types different: for Python 1, 1.0 and True are equal."""
    if isinstance(value, list):
        return ("list", [typed(each) for each in value])
    if isinstance(value, dict):
        return ("dict", sorted((key, typed(each)) for key, each in value.items()))
    return (type(value).__name__, str(value))


def shuffled(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(shuffled(each) for each in value)
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(list(value))}
    return value


@settings(deadline=None)
@given(plain, plain)
def test_keys_differ_exactly_where_parts_do(first: Any, second: Any) -> None:
    same = str(typed(first)) == str(typed(second))
    assert (cache_key(OPEN, None, first) == cache_key(OPEN, None, second)) is same


@settings(deadline=None)
@given(plain)
def test_the_order_of_a_dictionarys_keys_does_not_matter_nor_does_list_or_tuple(parts: Any) -> None:
    assert cache_key(OPEN, None, shuffled(parts)) == cache_key(OPEN, None, parts)


def test_types_are_apart() -> None:
    assert len({cache_key(OPEN, None, part) for part in (1, 1.0, "1", True, b"1", [1], None)}) == 7


def test_region_schema_and_scope_are_apart_and_can_be_read() -> None:
    policy = Policy(ttl=1)
    keys = [
        cache_key(SCOPED, "anna", "q"),
        cache_key(SCOPED, "bert", "q"),
        cache_key(OPEN, None, "q"),
        cache_key(Region("search", 2, str, policy), "anna", "q"),
        cache_key(Region("answer", 1, str, policy), "anna", "q"),
    ]
    assert len(set(keys)) == 5
    assert keys[0].startswith("search:1:")
    assert "anna" not in keys[0]


@pytest.mark.parametrize(("region", "scope"), [(SCOPED, None), (SCOPED, ""), (OPEN, "anna")])
def test_a_scope_can_neither_be_forgotten_nor_be_too_much(region: Region[str], scope: str | None) -> None:
    with pytest.raises(ValueError, match="scope"):
        cache_key(region, scope, "q")


def test_keys_are_the_same_in_every_process() -> None:
    program = """
        from backend.app.cache.keys import Policy, Region, cache_key
        region = Region("search", 1, str, Policy(ttl=1))
        print(cache_key(region, "anna", {"q": "빵", "k": [1, 2.5, None, {"b": True, "a": b"x"}]}))
    """
    here = cache_key(SCOPED, "anna", {"k": (1, 2.5, None, {"a": b"x", "b": True}), "q": "빵"})
    assert {output_of(program), output_of(program)} == {here}


@pytest.mark.parametrize("name", ["", "A", "a:b", "a b", "1", "빵"])
def test_a_regions_name_is_plain(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Region(name, 1, str, Policy(ttl=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ttl": 0}, {"ttl": 1, "jitter": 1}, {"ttl": 1, "jitter": -0.1}, {"ttl": 1, "stale": -1},
        {"ttl": 1, "negative_ttl": -1}, {"ttl": 1, "beta": -1}, {"ttl": 1, "lease": 0}, {"ttl": 1, "max_wait": -1},
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="policy"):
        Policy(**wrong)  # type: ignore[arg-type]
