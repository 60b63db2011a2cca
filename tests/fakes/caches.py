"""What the cache's own tests stand on: a clock, chance, a background and leases, all in hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from backend.app.cache.interfaces import Claim, ClaimState
from backend.app.cache.memory import MemoryCache


class FakeClock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class FakeBackground:
    """Keeps calls until they are run by hand; time passes to the moment of each."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, call: Callable[[], None], delay: float = 0.0) -> None:
        self.waiting.append((self.clock.now + delay, call))

    def run(self) -> int:
        """Make the calls that wait now, but not those that they ask for; return their number."""
        calls, self.waiting = sorted(self.waiting, key=lambda entry: entry[0]), []
        for due, call in calls:
            self.clock.now = max(self.clock.now, due)
            call()
        return len(calls)


class CountedEvents:
    """Counts what it is told, under the words of the call."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.breaker: list[str] = []

    def cache_hit(self, layer: str, region: str) -> None:
        self.counts[f"hit {layer} {region}"] += 1

    def cache_miss(self, region: str) -> None:
        self.counts[f"miss {region}"] += 1

    def cache_stale(self, region: str) -> None:
        self.counts[f"stale {region}"] += 1

    def cache_error(self, layer: str) -> None:
        self.counts[f"error {layer}"] += 1

    def cache_computed(self, region: str, seconds: float) -> None:
        self.counts[f"computed {region}"] += 1

    def breaker_changed(self, name: str, state: str) -> None:
        self.breaker.append(f"{name} {state}")


class RecordedCache(MemoryCache):
    """A cache in memory that remembers how it was used."""

    def __init__(self, clock: FakeClock, max_bytes: int = 10_000_000) -> None:
        super().__init__(max_bytes, clock)
        self.calls: list[str] = []
        self.ttls: list[float] = []

    def get(self, key: str) -> bytes | None:
        self.calls.append("get")
        return super().get(key)

    def set(self, key: str, value: bytes, ttl: float) -> None:
        self.calls.append("set")
        self.ttls.append(ttl)
        super().set(key, value, ttl)

    def delete(self, key: str) -> None:
        self.calls.append("delete")
        super().delete(key)


class FakeLeases:
    """Leases beside a cache, as Redis keeps them beside its values; the fake clock ends them.

    ``ended`` are the owners that are known to run no longer.
    """

    def __init__(self, values: RecordedCache, clock: FakeClock, owner: str = "") -> None:
        self._values = values
        self._clock = clock
        self._owner = owner
        self._holders: dict[str, tuple[str, float]] = {}
        self.ended: set[str] = set()
        self._given = 0
        self.calls: list[str] = []
        self.away = False
        self.full = False
        self.on_look: Callable[[], None] = lambda: None

    def beside(self, owner: str) -> FakeLeases:
        """Return what another process has of the same leases."""
        other = FakeLeases(self._values, self._clock, owner)
        other._holders, other.ended = self._holders, self.ended
        return other

    def claim(self, key: str, seconds: float, seen: bytes = b"") -> Claim:
        self.calls.append("claim")
        if self.away:
            return Claim(ClaimState.AWAY)
        value = MemoryCache.get(self._values, key)
        if value and not (seen and value.startswith(seen)):
            return Claim(ClaimState.THERE, value=value)
        if self._state(key) is ClaimState.BUSY:
            return Claim(ClaimState.BUSY)
        self._given += 1
        token = f"{self._given} {self._owner}"
        self._holders[key] = (token, self._clock.now + seconds)
        return Claim(ClaimState.HELD, token=token)

    def look(self, key: str) -> Claim:
        self.calls.append("look")
        self.on_look()
        if self.away:
            return Claim(ClaimState.AWAY)
        return Claim(self._state(key), value=MemoryCache.get(self._values, key))

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        self.calls.append("publish")
        if self.full:
            return False
        MemoryCache.set(self._values, key, value, ttl)
        if self._holder(key) == token:
            del self._holders[key]
        return True

    def give_up(self, key: str, token: str) -> None:
        self.calls.append("give_up")
        if self._holder(key) == token:
            self._holders[key] = ("-", self._clock.now + 0.2)

    def _state(self, key: str) -> ClaimState:
        holder = self._holder(key)
        if holder == "-":
            return ClaimState.ENDED
        gone = holder is None or holder.partition(" ")[2] in self.ended
        return ClaimState.FREE if gone else ClaimState.BUSY

    def _holder(self, key: str) -> str | None:
        token, ends = self._holders.get(key, ("", 0.0))
        return token if self._clock.now < ends else None


class FakeEpoch:
    def __init__(self, number: int | None = 0) -> None:
        self.number = number

    def current(self) -> int | None:
        return self.number

    def advance(self) -> None:
        if self.number is not None:
            self.number += 1
