"""Regions of the cache, how long each keeps what, and the key of an entry.

A key is the same in every process and after every restart, so that workers share their
entries: no ``hash()``, which differs between processes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long a region keeps what. All times are seconds.

    ``jitter`` is the share of ``ttl`` that chance may take away, so that what was stored together
    does not end together. For ``stale`` seconds more a value may be served while it is made anew
    in the background. ``negative_ttl`` is the time of «not found» (0: not kept). ``beta`` is
    XFetch's: 1 is its optimum, more is earlier, 0 never recomputes before the end. ``layers`` are
    those to use (None: all). ``lease`` is longer than computing should ever take;
    ``max_wait`` is how long to wait for somebody else's computing.
    """

    ttl: float
    jitter: float = 0.1
    stale: float = 0.0
    negative_ttl: float = 0.0
    beta: float = 1.0
    layers: frozenset[str] | None = None
    shared_flights: bool = True
    lease: float = 10.0
    max_wait: float = 5.0

    def __post_init__(self) -> None:
        if self.ttl <= 0 or self.lease <= 0 or not 0 <= self.jitter < 1:
            raise ValueError("a policy needs a ttl and a lease above 0, and a jitter from 0 to below 1")
        if min(self.stale, self.negative_ttl, self.beta, self.max_wait) < 0:
            raise ValueError("a policy's times are not negative")

    def uses(self, layer: str) -> bool:
        return self.layers is None or layer in self.layers


@dataclass(frozen=True)
class Region(Generic[T]):
    """One kind of cached value. Raise ``schema`` whenever ``kind`` or what it means changes.

    ``scoped`` regions hold what depends on who asks: there the key needs a scope. Elsewhere it
    must have none, so that neither can be forgotten.
    """

    name: str
    schema: int
    kind: type[T]
    policy: Policy
    scoped: bool = True
    decoder: msgspec.msgpack.Decoder[T] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not a region's name: {self.name!r}")
        object.__setattr__(self, "decoder", msgspec.msgpack.Decoder(self.kind))


def cache_key(region: Region[Any], scope: str | None, parts: object) -> str:
    """Return ``region:schema:scope:digest``.

    ``parts`` are plain values. The order of a dictionary's keys does not matter; types do: 1,
    1.0, "1" and True are four things. A list and a tuple are one.
    """
    if region.scoped != bool(scope):
        raise ValueError(f"region {region.name!r} {'needs a scope' if region.scoped else 'has no scope'}")
    asked = msgspec.msgpack.encode(parts, order="deterministic")
    whose = blake2b(scope.encode(), digest_size=_DIGEST_BYTES).hexdigest() if scope else "-"
    return f"{region.name}:{region.schema}:{whose}:{blake2b(asked, digest_size=_DIGEST_BYTES).hexdigest()}"
