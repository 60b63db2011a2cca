"""Whatever is stored in whatever order: bounds hold, what stays is right, the longest unused go first."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app.cache.disk import DiskCache
from backend.app.cache.memory import _OVERHEAD_BYTES, MemoryCache
from backend.app.cache.sweeping import Sweeper, occupied
from backend.app.concurrency import NativePool
from tests.fakes.caches import FakeClock

keys = st.sampled_from("abcdefgh")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), keys, st.integers(0, 4000), st.integers(-1, 50)),
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("delete"), keys),
        st.tuples(st.just("pass"), st.integers(1, 30)),
    ),
    max_size=60,
)


class Model:
    """What a bounded memory that forgets the longest unused should hold, told in the plainest way."""

    def __init__(self, max_bytes: int, max_entries: int, clock: FakeClock) -> None:
        self.max_bytes, self.max_entries, self.clock = max_bytes, max_entries, clock
        self.entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def set(self, key: str, value: bytes, ttl: float) -> None:
        before = self.entries.get(key)
        size = len(value) + _OVERHEAD_BYTES
        if ttl <= 0 or size > self.max_bytes:
            self.entries.pop(key, None)
            return
        grown = size - (len(before[0]) + _OVERHEAD_BYTES if before else 0)
        while self.entries and (
            self.bytes() + grown > self.max_bytes or (key not in self.entries and len(self.entries) >= self.max_entries)
        ):
            gone, _ = self.entries.popitem(last=False)
            if gone == key:
                grown = size
        self.entries[key] = (value, self.clock.now + ttl)
        self.entries.move_to_end(key)

    def get(self, key: str) -> bytes | None:
        if key not in self.entries:
            return None
        value, expires = self.entries[key]
        if self.clock.now >= expires:
            del self.entries[key]
            return None
        self.entries.move_to_end(key)
        return value

    def bytes(self) -> int:
        return sum(len(value) + _OVERHEAD_BYTES for value, _ in self.entries.values())


@settings(deadline=None)
@given(steps, st.integers(1000, 12_000), st.integers(1, 6))
def test_memory_holds_what_the_plain_model_holds_and_never_more_than_its_bounds(
    steps: list[tuple], max_bytes: int, max_entries: int
) -> None:
    clock = FakeClock()
    cache, model = MemoryCache(max_bytes, clock, max_entries=max_entries), Model(max_bytes, max_entries, clock)
    for number, (what, *arguments) in enumerate(steps):
        match what:
            case "set":
                key, size, ttl = arguments
                value = str(number).encode().ljust(size, b".")
                cache.set(key, value, ttl)
                model.set(key, value, ttl)
            case "get":
                assert cache.get(*arguments) == model.get(*arguments)
            case "delete":
                cache.delete(*arguments)
                model.entries.pop(*arguments, None)
            case "pass":
                clock.pass_by(*arguments)
        assert sorted(cache._entries) == sorted(model.entries)
        assert cache._entries.currsize == model.bytes() <= max_bytes
        assert len(model.entries) <= max_entries


@settings(deadline=None, max_examples=40)
@given(steps)
def test_disk_gives_back_the_last_value_or_nothing(steps: list[tuple]) -> None:
    clock, last = FakeClock(), {}
    with tempfile.TemporaryDirectory() as folder:
        cache = DiskCache(Path(folder), 40_960, NativePool(), clock)
        for number, (what, *arguments) in enumerate(steps):
            match what:
                case "set":
                    key, size, ttl = arguments
                    value = str(number).encode().ljust(size, b".")
                    cache.set(key, value, ttl)
                    last[key] = (value, clock.now + ttl)
                case "get":
                    found = cache.get(*arguments)
                    value, ends = last.get(arguments[0], (None, 0.0))
                    assert found is None or (found == value and clock.now < ends)
                case "delete":
                    cache.delete(*arguments)
                    last.pop(*arguments, None)
                case "pass":
                    clock.pass_by(*arguments)
            assert bytes_in(Path(folder)) <= 40_960


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 5)), max_size=20), st.integers(4096, 100_000))
def test_sweeping_keeps_the_latest_used_that_fit(files: list[tuple[int, int]], bound: int) -> None:
    clock = FakeClock()
    with tempfile.TemporaryDirectory() as folder:
        # A bound that is never reached while writing; the sweeper below has the one that counts.
        cache = DiskCache(Path(folder), 10_000_000, NativePool(), clock)
        for number, (size, pause) in enumerate(files):
            cache.set(str(number), b"x" * size, 10_000)
            clock.pass_by(pause + 1)
        sizes = [occupied(20 + len(str(number)) + size) for number, (size, _) in enumerate(files)]
        assert Sweeper(Path(folder), bound, clock, lambda path, now: False).sweep() or not files
        kept = [number for number in range(len(files)) if cache.get(str(number)) is not None]
        room, expected = bound - bound // 8, []
        if sum(sizes) <= room:
            expected = list(range(len(files)))
        else:
            while sum(sizes[len(sizes) - len(expected) - 1 :]) <= room:
                expected.append(len(sizes) - len(expected) - 1)
        assert kept == sorted(expected)


def bytes_in(folder: Path) -> int:
    return sum(occupied(path.stat().st_size) for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
