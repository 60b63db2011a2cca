"""The cache that callers use: several layers, one computation a key, values of any plain type.

Not for native threads: it may wait for another greenlet of its own hub.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import msgspec

from backend.app.cache.entry import HEADER_BYTES, Entry, pack
from backend.app.cache.flights import Flights, SharedFlights
from backend.app.cache.interfaces import MEMORY, REDIS, Background, CacheEvents, Leases
from backend.app.cache.keys import Region, cache_key
from backend.app.cache.layers import Hit, Layer, Layers
from backend.app.cache.revalidation import Revalidation

T = TypeVar("T")

_REACH = 40.0  # e to the minus 40: earlier than that many costs before its end nothing expires early


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """``layer`` is where the value was, None when it was computed for this call or one that it waited for."""

    value: T
    layer: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Uncached(Generic[T]):
    """What a computation returns whose value must not be kept: it is less than it should be."""

    value: T


@dataclass(frozen=True, slots=True)
class _Landed(Generic[T]):
    """What a flight brings: where ``raw`` is there, everybody who waited makes a value of their own of it."""

    found: Found[T | None]
    raw: bytes | None = None


class TieredCache:
    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        leases: Leases,
        events: CacheEvents,
        background: Background,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._layers = Layers(layers, events, clock, background)
        self._flights: Flights[_Landed[Any]] = Flights()
        self._shared = SharedFlights(leases, clock, sleep)
        self._revalidation = Revalidation(background, clock, events)
        self._events = events
        self._clock = clock
        self._chance = chance

    @overload
    def get_or_compute(
        self, region: Region[T], scope: str | None, parts: object, compute: Callable[[], T | Uncached[T]], *,
        refresh: bool = False, allow_stale: bool = True,
    ) -> Found[T]: ...  # fmt: skip
    @overload
    def get_or_compute(
        self, region: Region[T], scope: str | None, parts: object, compute: Callable[[], T | Uncached[T] | None], *,
        refresh: bool = False, allow_stale: bool = True,
    ) -> Found[T | None]: ...  # fmt: skip
    def get_or_compute(
        self, region: Region[T], scope: str | None, parts: object, compute: Callable[[], T | Uncached[T] | None], *,
        refresh: bool = False, allow_stale: bool = True,
    ) -> Found[Any]:  # fmt: skip
        """Return what is stored, or compute and store it; many who ask at the same time compute once.

        None is «not found», kept for the policy's ``negative_ttl``. What ``compute`` raises is raised
        to all who wait for it in this worker. ``refresh`` computes and stores whatever is there.
        ``compute`` may be called again later, in the background, for a value that ends soon or has
        just ended: it must not need the request that it came with.
        """
        key = cache_key(region, scope, parts)
        if refresh:
            return self._refresh(_Asked(key, region, compute, allow_stale=False, replace=True))
        hit = self._layers.nearest(key, region, stale=allow_stale)
        if hit is None:
            return self._join(_Asked(key, region, compute, allow_stale))
        if self._is_due(hit.entry, region.policy.beta):
            self._again_soon(_Asked(key, region, compute, allow_stale), hit)
        return self._count(hit, region)

    def get(
        self, region: Region[T], scope: str | None, parts: object, *, allow_stale: bool = True
    ) -> Found[T | None] | None:
        """Return what is stored; None if nothing is, ``Found(None)`` if «not found» is."""
        key = cache_key(region, scope, parts)
        hit = self._layers.nearest(key, region, stale=allow_stale) or self._layers.below(key, region, stale=allow_stale)
        if hit is None:
            self._events.cache_miss(region.name)
            return None
        return self._count(hit, region)

    def put(self, region: Region[T], scope: str | None, parts: object, value: T | None, *, cost: float = 0.0) -> None:
        """Store a value; ``cost`` is the seconds that computing it took."""
        key = cache_key(region, scope, parts)
        stored = self._encode(region, value, cost)
        if stored is None:
            self._layers.delete(key, region)
        else:
            self._layers.store(key, region, *stored)

    def delete(self, region: Region[Any], scope: str | None, parts: object) -> None:
        self._layers.delete(cache_key(region, scope, parts), region)

    # --- reading ------------------------------------------------------------------------------

    def _serve(self, asked: _Asked[T], hit: Hit[T]) -> _Landed[T]:
        if self._is_due(hit.entry, asked.region.policy.beta):
            self._again_soon(asked, hit)
        return _Landed(self._count(hit, asked.region), hit.raw)

    def _again_soon(self, asked: _Asked[T], hit: Hit[T]) -> None:
        again = _Asked(asked.key, asked.region, asked.compute, allow_stale=False, replace=True)
        self._revalidation.begin(asked.key, lambda: self._revalidate(again, hit.raw[:HEADER_BYTES]))

    def _count(self, hit: Hit[T], region: Region[T]) -> Found[T | None]:
        self._events.cache_hit(hit.layer, region.name)
        stale = self._clock() >= hit.entry.fresh_until
        if stale:
            self._events.cache_stale(region.name)
        return Found(hit.value, hit.layer, stale)

    def _is_due(self, entry: Entry, beta: float) -> bool:
        """Tell whether it is time to compute anew: always after the end, and by chance before.

        XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention,
        VLDB 2015): the more the computation costs, the earlier one of those who ask begins it.
        """
        left = entry.fresh_until - self._clock()
        if left <= 0:
            return True
        ahead = entry.cost * beta
        return left < ahead * _REACH and left <= -ahead * math.log(1.0 - self._chance())

    def _share(self, asked: _Asked[T], landed: _Landed[T]) -> Found[T | None]:
        """Give one who waited a value of their own, and count them like the one who led."""
        name, found = asked.region.name, landed.found
        if found.layer is None:
            self._events.cache_miss(name)
        else:
            self._events.cache_hit(found.layer, name)
            if found.stale:
                self._events.cache_stale(name)
        if landed.raw is None:
            return found
        hit = self._layers.parse(landed.raw, MEMORY, asked.region, trusted=True)
        return found if hit is None else Found(hit.value, found.layer, found.stale)

    # --- computing ----------------------------------------------------------------------------

    def _refresh(self, asked: _Asked[T]) -> Found[T | None]:
        # Under a key of its own: it must not join a computation that began before.
        landed, led = self._flights.run(asked.key + "!", lambda: self._compute(asked, ""), asked.region.policy.max_wait)
        return landed.found if led else self._share(asked, landed)

    def _join(self, asked: _Asked[T]) -> Found[T | None]:
        landed, led = self._flights.run(asked.key, lambda: self._fill(asked), asked.region.policy.max_wait)
        if landed.found.stale and not asked.allow_stale:  # the leader was content with that
            landed, led = self._fill(asked), True
        return landed.found if led else self._share(asked, landed)

    def _fill(self, asked: _Asked[T]) -> _Landed[T]:
        """Look everywhere, then compute; only one of this worker is here for a key."""
        key, region, stale = asked.key, asked.region, asked.allow_stale
        # Again in memory: another flight may have landed since the look.
        hit = self._layers.nearest(key, region, stale=stale)
        if hit is not None:
            return self._serve(asked, hit)
        if not self._flies_with_others(region):
            return self._look_below(asked) or self._compute(asked, "")
        policy = region.policy
        # To ask for the value and for the right to compute it is one round trip.
        boarding = self._shared.board(
            key, lambda raw: self._accept(asked, raw), lease=policy.lease, max_wait=policy.max_wait
        )
        if boarding.found:
            return self._serve(asked, boarding.found[0])
        return self._lead(asked, boarding.token)

    def _accept(self, asked: _Asked[T], raw: bytes) -> Hit[T] | None:
        """Take over what another worker has published."""
        hit = self._layers.parse(raw, REDIS, asked.region)
        if hit is None or self._clock() >= (hit.entry.expires_at if asked.allow_stale else hit.entry.fresh_until):
            return None
        self._layers.hand_up(asked.key, asked.region, hit)
        return hit

    def _revalidate(self, asked: _Asked[T], seen: bytes) -> bool:
        """Compute anew what somebody has just been given; return False if another worker does."""
        token = ""
        if self._flies_with_others(asked.region):
            boarding = self._shared.board(
                asked.key, lambda raw: self._accept(asked, raw), lease=asked.region.policy.lease, max_wait=0, seen=seen
            )
            if boarding.found or boarding.busy:
                return bool(boarding.found)
            token = boarding.token
        self._compute(asked, token)
        return True

    def _look_below(self, asked: _Asked[T], *, leave_out: str = "") -> _Landed[T] | None:
        hit = self._layers.below(asked.key, asked.region, stale=asked.allow_stale, leave_out=leave_out)
        if hit is None:
            self._events.cache_miss(asked.region.name)
            return None
        return self._serve(asked, hit)

    def _lead(self, asked: _Asked[T], token: str) -> _Landed[T]:
        """Look below Redis, which may have lost the value or never held one so large; then compute.

        What is found there was handed up to Redis, so those who wait for the lease's end find it.
        """
        try:
            found = self._look_below(asked, leave_out=REDIS)
        except BaseException:  # also when the asking greenlet is killed
            self._give_up(asked.key, token)
            raise
        if found is None:
            return self._compute(asked, token)
        self._give_up(asked.key, token)
        return found

    def _flies_with_others(self, region: Region[Any]) -> bool:
        return region.policy.shared_flights and region.policy.uses(REDIS) and self._layers.has(REDIS)

    def _compute(self, asked: _Asked[T], token: str) -> _Landed[T]:
        region, published = asked.region, False
        begun = self._clock()
        try:
            made = asked.compute()
            cost = max(0.0, self._clock() - begun)
            self._events.cache_computed(region.name, cost)
            if isinstance(made, Uncached):
                return _Landed(Found(made.value))
            stored = self._encode(region, made, cost)
            if stored is None:
                if asked.replace:
                    self._layers.delete(asked.key, region)
                return _Landed(Found(made))
            raw, ttl = stored
            offered = bool(token) and self._layers.holds(REDIS, len(raw))
            if offered:
                published = self._shared.publish(asked.key, token, raw, ttl)  # first: others wait for it
            leave_out = REDIS if offered else ""
            self._layers.store(asked.key, region, raw, ttl, leave_out=leave_out, in_vain=not published)
            return _Landed(Found(made), raw)
        finally:  # also when the asking greenlet is killed
            if not published:
                self._give_up(asked.key, token)

    def _give_up(self, key: str, token: str) -> None:
        if token:
            self._shared.give_up(key, token)

    def _encode(self, region: Region[T], value: T | None, cost: float) -> tuple[bytes, float] | None:
        """Return the entry and the seconds for which to keep it; None if it is not to be kept."""
        policy, missing = region.policy, value is None
        ttl = (policy.negative_ttl if missing else policy.ttl) * (1.0 - policy.jitter * self._chance())
        if ttl <= 0:
            return None
        now = self._clock()
        keep = ttl if missing else ttl + policy.stale
        payload = b"" if missing else msgspec.msgpack.encode(value)
        raw = pack(payload, missing=missing, created=now, fresh_until=now + ttl, expires_at=now + keep, cost=cost)
        return raw, keep


@dataclass(frozen=True, slots=True)
class _Asked(Generic[T]):
    key: str
    region: Region[T]
    compute: Callable[[], T | Uncached[T] | None]
    allow_stale: bool
    replace: bool = False  # an older value must not outlive one that is not kept
