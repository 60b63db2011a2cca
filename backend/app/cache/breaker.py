"""A circuit breaker: a service that is away costs one request its timeout, once, and the others nothing.

Requests never find out whether the service is back; one call in the background does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import ParamSpec, TypeVar

import structlog

from backend.app.cache.interfaces import Background, CacheEvents

T = TypeVar("T")
P = ParamSpec("P")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_DOUBTS = 3  # probes in a row that prove nothing are proof enough
_MOMENT = 1.0

log = structlog.get_logger(__name__)


class BreakerOpen(Exception):
    """The service is known to be away."""


class Verdict(Enum):
    """What an exception says about the service."""

    FINE = "fine"  # it answered, if only with an error
    DOUBTFUL = "doubtful"  # perhaps it was we who were late
    DOWN = "down"


class CircuitBreaker:
    """Opens at the first failure that proves something, and closes by itself.

    ``judge`` gets the exception and the seconds that the call took. ``probe`` asks the service
    whether it is there and raises if not; it runs by ``background`` alone. A doubtful failure
    starts the probe and lets requests go on until it has proved something.
    """

    def __init__(
        self,
        name: str,
        *,
        judge: Callable[[Exception, float], Verdict],
        probe: Callable[[], object],
        background: Background,
        clock: Callable[[], float],
        events: CacheEvents,
    ) -> None:
        self._name = name
        self._judge = judge
        self._probe = probe
        self._background = background
        self._clock = clock
        self._events = events
        self._open = False
        self._opened_at = 0.0
        self._probing = False
        self._doubts = 0
        self._pause = _FIRST_PAUSE

    @property
    def state(self) -> str:
        return "open" if self._open else "closed"

    @property
    def just_opened(self) -> bool:
        return self._open and self._clock() - self._opened_at < _MOMENT

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._open:
            raise BreakerOpen(self._name)
        begun = self._clock()
        try:
            return function(*args, **kwargs)
        except Exception as error:
            verdict = self._judge(error, self._clock() - begun)
            if verdict is Verdict.DOWN:
                self._set_open(True)
                self._probe_later(_FIRST_PAUSE)
            elif verdict is Verdict.DOUBTFUL:
                self._probe_later(0.0)
            raise

    def _set_open(self, is_open: bool) -> None:
        if self._open != is_open:
            self._open, self._opened_at = is_open, self._clock()
            log.warning("breaker_changed", breaker=self._name, state=self.state)
            self._events.breaker_changed(self._name, self.state)

    def _probe_later(self, delay: float) -> None:
        if not self._probing:
            self._probing, self._doubts, self._pause = True, 0, _FIRST_PAUSE
            self._background(self._probe_now, delay)

    def _probe_now(self) -> None:
        begun = self._clock()
        try:
            self._probe()
        except Exception as error:
            verdict = self._judge(error, self._clock() - begun)
            if verdict is not Verdict.FINE:
                self._not_yet(verdict)
                return
        self._probing = False  # first, so that a failure at this very moment starts a probe of its own
        self._set_open(False)

    def _not_yet(self, verdict: Verdict) -> None:
        self._doubts += 1
        if verdict is Verdict.DOWN or self._doubts >= _DOUBTS:
            self._set_open(True)
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE) if self._open else pause
        self._background(self._probe_now, pause)
