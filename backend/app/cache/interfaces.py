"""What a cache is. Values are bytes: who stores decides how they are encoded, never by pickle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ParamSpec, Protocol, TypeVar

from backend.app.domain.rates import Allowance, Charge

T = TypeVar("T")
P = ParamSpec("P")

MEMORY, REDIS, DISK = "memory", "redis", "disk"  # the layers' names, in keys of policies and in counters


class Cache(Protocol):
    """A layer that is away answers as if it were empty; it never raises for that."""

    def get(self, key: str) -> bytes | None: ...
    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep a value for ``ttl`` seconds at most."""

    def delete(self, key: str) -> None: ...
    def clear(self) -> None: ...


class CacheEvents(Protocol):
    """What is counted. Called on the way of requests: must be quick, must not raise."""

    def cache_hit(self, layer: str, region: str) -> None: ...
    def cache_miss(self, region: str) -> None: ...
    def cache_stale(self, region: str) -> None:
        """A hit whose time was over; it is counted as a hit too."""

    def cache_error(self, layer: str) -> None:
        """A layer was away, or held what could not be read."""

    def cache_computed(self, region: str, seconds: float) -> None: ...
    def breaker_changed(self, name: str, state: str) -> None:
        """``state`` is "open" or "closed"."""


class Breaker(Protocol):
    """Stands between callers and a service that may be away."""

    @property
    def state(self) -> str: ...
    @property
    def just_opened(self) -> bool:
        """Tell whether the service has been away for less than a second: a busy machine may look the same."""

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function``; raise ``BreakerOpen`` at once while the service is known to be away."""


class Background(Protocol):
    """Runs a call later, elsewhere (``concurrency.in_background``)."""

    def __call__(self, call: Callable[[], None], delay: float = 0.0) -> None: ...


class ClaimState(Enum):
    HELD = "held"  # ours: compute, then publish or give up
    THERE = "there"  # no need: somebody has published meanwhile
    BUSY = "busy"  # another worker computes
    FREE = "free"  # nobody computes, or who did has ended: claim it (only ``look`` says so)
    ENDED = "ended"  # another worker computed and had nothing that may be kept
    AWAY = "away"  # nobody to ask


@dataclass(frozen=True, slots=True)
class Claim:
    state: ClaimState
    value: bytes | None = None
    token: str = ""


class Leases(Protocol):
    """Who computes a key, among all workers. A dead holder's lease is free on its own machine; on others it ends
    by itself."""

    def claim(self, key: str, seconds: float, seen: bytes = b"") -> Claim:
        """Look at the key and lease it where nothing is there and nobody alive computes, in one step.

        ``seen`` are the first bytes of a stored value that the caller has and has no use for.
        """

    def look(self, key: str) -> Claim:
        """Tell how the computation of another worker goes."""

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        """Store the value and end the lease, in one step; False if it cannot be stored: then the lease stays."""

    def give_up(self, key: str, token: str) -> None:
        """End the lease without a value; those who wait for it compute themselves."""


class Allowances(Protocol):
    """Counts what is done against its limit."""

    def take(self, charges: Sequence[Charge]) -> list[Allowance]:
        """Take one of each, where there is one left."""

    def look(self, charges: Sequence[Charge]) -> list[Allowance]:
        """Tell what is left of each, and take nothing."""
