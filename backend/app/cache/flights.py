"""Single flight: whoever asks for what is being computed waits for it instead of computing it too.

``Flights`` does so inside a worker. ``SharedFlights`` does so across workers, by leases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar

from backend.app.cache.entry import HEADER_BYTES
from backend.app.cache.interfaces import ClaimState, Leases

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Event()
        self.landed: list[T] = []
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None


class Flights(Generic[T]):
    """One call a key at a time. Not for native threads: it waits on an event of the caller's own hub."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}
        self._lock = threading.Lock()

    def run(self, key: str, lead: Callable[[], T], patience: float) -> tuple[T, bool]:
        """Return what ``lead`` returns, and whether it was called here; raise what it raises.

        When a call takes longer than ``patience`` seconds, one of those who wait begins another for
        all of them. Nobody waits longer than twice.
        """
        late: _Flight[T] | None = None
        while True:
            with self._lock:
                flight = self._flights.get(key)
                leading = flight is None or flight is late
                if flight is None or leading:
                    flight = self._flights[key] = _Flight()
            if leading:
                return self._lead(key, flight, lead), True
            if not flight.done.wait(patience):
                if late is not None:
                    return lead(), True
                late = flight
                continue
            if flight.error is not None:
                # As it was when it was caught: each raise would make the traceback longer.
                raise flight.error.with_traceback(flight.traceback)
            if flight.landed:
                return flight.landed[0], False
            # The leader was killed in mid-air, with whoever had asked it. Somebody else leads.

    def _lead(self, key: str, flight: _Flight[T], lead: Callable[[], T]) -> T:
        try:
            flight.landed.append(lead())
            return flight.landed[0]
        except Exception as error:
            flight.error, flight.traceback = error, error.__traceback__
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is flight:  # it may have been late, and another in its place
                    del self._flights[key]
            flight.done.set()


@dataclass(frozen=True, slots=True)
class Boarding(Generic[T]):
    """What became of asking the other workers.

    A value that is theirs, or a token: then publish or give up. Neither: compute without them
    (``busy`` tells that one of them computes, too).
    """

    found: list[T] = field(default_factory=list)
    token: str = ""
    busy: bool = False


class SharedFlights:
    def __init__(self, leases: Leases, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._leases = leases
        self._clock = clock
        self._sleep = sleep

    def board(
        self, key: str, accept: Callable[[bytes], T | None], *, lease: float, max_wait: float, seen: bytes = b""
    ) -> Boarding[T]:
        """Lease ``key``, or wait ``max_wait`` seconds at most for the worker that did.

        ``accept`` makes something of a stored value, or None where it is of no use; ``seen`` is the
        header of one that is known to be of none.
        """
        deadline = self._clock() + max_wait
        pause = _FIRST_PAUSE
        claim = self._leases.claim(key, lease, seen)
        while True:
            if claim.value is not None and claim.value[:HEADER_BYTES] != seen:
                found = accept(claim.value)
                if found is not None:
                    return Boarding(found=[found])
                seen = claim.value[:HEADER_BYTES]
            if claim.state is ClaimState.HELD:
                return Boarding(token=claim.token)
            if claim.state in (ClaimState.AWAY, ClaimState.ENDED):
                return Boarding()
            if claim.state is not ClaimState.BUSY:  # what is there is of no use, or its holder has died
                claim = self._leases.claim(key, lease, seen)
                continue
            if self._clock() >= deadline:
                return Boarding(busy=True)
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            claim = self._leases.look(key)

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        return self._leases.publish(key, token, value, ttl)

    def give_up(self, key: str, token: str) -> None:
        self._leases.give_up(key, token)
