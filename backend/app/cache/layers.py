"""The layers below a tiered cache, nearest first: reading, handing up, storing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from backend.app.cache.entry import Entry, unpack
from backend.app.cache.interfaces import MEMORY, Background, Cache, CacheEvents
from backend.app.cache.keys import Region

T = TypeVar("T")

LARGE_BYTES = 256 * 1024
_MOST_WAITING = 64  # writes that a slow layer may be behind


@dataclass(frozen=True, slots=True)
class Layer:
    """``largest`` is the size from which a value is left to the layers below.

    A ``deferred`` layer is written in the background. A ``trusted`` one gives back what it was
    given, so that nobody has to check.
    """

    name: str
    cache: Cache
    largest: int = LARGE_BYTES
    deferred: bool = False
    trusted: bool = False


class Hit(NamedTuple, Generic[T]):
    """``raw`` is the entry as it is stored; ``value`` is made of it anew for everybody who asks."""

    value: T | None
    entry: Entry
    raw: bytes
    layer: str


class Layers:
    def __init__(
        self, layers: Sequence[Layer], events: CacheEvents, clock: Callable[[], float], background: Background
    ) -> None:
        self._layers = tuple(layers)
        self._names = frozenset(layer.name for layer in layers)
        self._events = events
        self._clock = clock
        self._background = background
        self._waiting: dict[tuple[str, str], tuple[bytes, float]] = {}  # by layer and key: value and time to live
        self._lock = threading.Lock()

    def has(self, name: str) -> bool:
        return name in self._names

    def nearest(self, key: str, region: Region[T], *, stale: bool) -> Hit[T] | None:
        """Look into the worker's own memory only: no waiting, no round trip."""
        first = self._layers[0] if self._layers else None
        if first is None or first.name != MEMORY or not region.policy.uses(MEMORY):
            return None
        return self._look(first, key, region, stale)

    def below(self, key: str, region: Region[T], *, stale: bool, leave_out: str = "") -> Hit[T] | None:
        """Look into the other layers, and hand what is found up to those before."""
        for number, layer in enumerate(self._layers):
            if layer.name in (MEMORY, leave_out) or not region.policy.uses(layer.name):
                continue
            hit = self._look(layer, key, region, stale)
            if hit is not None:
                if number:
                    self.hand_up(key, region, hit)
                return hit
        return None

    def parse(self, raw: bytes, layer: str, region: Region[T], *, trusted: bool = False) -> Hit[T] | None:
        """Return what a stored entry holds; None, counted, if it cannot be read."""
        entry = unpack(raw, trusted=trusted)
        if entry is None:
            self._events.cache_error(layer)
            return None
        if entry.missing:
            return Hit(None, entry, raw, layer)
        try:
            return Hit(region.decoder.decode(entry.payload), entry, raw, layer)
        except (msgspec.DecodeError, ValueError, RecursionError):  # another schema under the same number
            self._events.cache_error(layer)
            return None

    def hand_up(self, key: str, region: Region[Any], hit: Hit[Any]) -> None:
        """Store a hit in the layers before its own, for the time that it has left."""
        left = hit.entry.expires_at - self._clock()
        for layer in self._layers:
            if layer.name == hit.layer:
                return
            if region.policy.uses(layer.name) and len(hit.raw) <= layer.largest:
                self._set(layer, key, hit.raw, left)

    def store(
        self, key: str, region: Region[Any], raw: bytes, ttl: float, *, leave_out: str = "", in_vain: bool = False
    ) -> None:
        """``leave_out`` has been given the value before, ``in_vain`` if it could not keep it."""
        elsewhere = False
        for layer in self._layers:
            if not region.policy.uses(layer.name):
                continue
            fits = len(raw) <= layer.largest
            if not fits:
                self._delete(layer, key)  # an older value must not outlive the newer one
            elif layer.name != leave_out:
                # Where the layer before does not hold the value, those who wait for it look here next.
                self._set(layer, key, raw, ttl, at_once=not elsewhere)
            elsewhere = fits and not (in_vain and layer.name == leave_out)

    def holds(self, name: str, size: int) -> bool:
        return any(layer.name == name and size <= layer.largest for layer in self._layers)

    def delete(self, key: str, region: Region[Any]) -> None:
        for layer in self._layers:
            if region.policy.uses(layer.name):
                self._delete(layer, key)

    def _look(self, layer: Layer, key: str, region: Region[T], stale: bool) -> Hit[T] | None:
        raw = layer.cache.get(key)
        if raw is None:
            return None
        hit = self.parse(raw, layer.name, region, trusted=layer.trusted)
        if hit is None:
            return None
        return hit if self._clock() < (hit.entry.expires_at if stale else hit.entry.fresh_until) else None

    def _set(self, layer: Layer, key: str, raw: bytes, ttl: float, *, at_once: bool = False) -> None:
        if at_once or not layer.deferred:
            self._forget(layer, key)
            layer.cache.set(key, raw, ttl)
            return
        with self._lock:
            begin = (layer.name, key) not in self._waiting  # else the later value goes in the earlier one's place
            behind = begin and len(self._waiting) >= _MOST_WAITING
            if not behind:
                self._waiting[layer.name, key] = (raw, ttl)
        if behind:
            self._events.cache_error(layer.name)
        elif begin:
            self._background(lambda: self._set_now(layer, key))

    def _set_now(self, layer: Layer, key: str) -> None:
        waiting = self._forget(layer, key)
        if waiting is not None:  # it may have been deleted meanwhile, or written at once
            layer.cache.set(key, *waiting)

    def _delete(self, layer: Layer, key: str) -> None:
        self._forget(layer, key)
        layer.cache.delete(key)

    def _forget(self, layer: Layer, key: str) -> tuple[bytes, float] | None:
        if not layer.deferred:
            return None
        with self._lock:
            return self._waiting.pop((layer.name, key), None)
