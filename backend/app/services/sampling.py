"""Writes down, every few seconds, what the server has counted since."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import structlog

from backend.app.domain.performance import STEPS, Counts, Step, Totals, difference
from backend.app.storage.interfaces import Performance

log = structlog.get_logger(__name__)

STEP_SECONDS = min(STEPS)


class Measured(Protocol):
    def sample_process(self) -> None:
        """Note this process's own memory and processor time, for all to see."""

    def forget_dead(self) -> None: ...
    def totals(self) -> Totals: ...


class Background(Protocol):
    """Makes a call later, elsewhere."""

    def __call__(self, call: Callable[[], None], delay: float) -> None: ...


class Baseline(Protocol):
    def load(self) -> Counts: ...
    def save(self, counts: Counts) -> None: ...


class Sampler:
    """Every worker has one; the one that is elected samples for all of them.

    A sample is what was counted since the one before, so that figures outlive a restart, in which
    counters begin anew.
    """

    def __init__(
        self,
        *,
        metrics: Measured,
        state: Callable[[], Mapping[str, float]],
        performance: Performance,
        baseline: Baseline,
        elected: Callable[[], bool],
        instance: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._state = state
        self._performance = performance
        self._baseline = baseline
        self._elected = elected
        self._instance = instance
        self._clock = clock

    def run(self, background: Background) -> None:
        """Tick from now on, for as long as the process lives. The first step is given time to be lived."""
        self._metrics.sample_process()
        background(partial(self._go_on, background), STEP_SECONDS)

    def _go_on(self, background: Background) -> None:
        background(partial(self._go_on, background), self.tick())

    def tick(self) -> float:
        """Do what is due; return after how many seconds something is due again. Never raises."""
        try:
            self._metrics.sample_process()
            if self._elected():
                self._metrics.forget_dead()
                self.sample()
        except Exception as error:
            # The edge of a task that nobody waits for. What was counted is counted next time.
            log.warning("performance_not_sampled", error=type(error).__name__)
        return STEP_SECONDS - self._clock() % STEP_SECONDS

    def finish(self) -> None:
        """Store what was counted since the last sample, as there will be no next one. Never raises."""
        try:
            if self._elected():
                self.sample()
        except Exception as error:
            # The edge of a process that ends.
            log.warning("performance_not_sampled", error=type(error).__name__)

    def sample(self) -> None:
        """Store what was counted since the last sample, in the step that has just ended."""
        totals = self._metrics.totals()
        counts = difference(totals.counts, self._baseline.load())
        at = int(self._clock() - STEP_SECONDS / 2) // STEP_SECONDS * STEP_SECONDS
        self._performance.add(self._instance, Step(at, counts, {**totals.gauges, **self._state()}, looks=1))
        # After the write, not before it: counting ten seconds twice, should we die in between, tells
        # more than losing them.
        self._baseline.save(totals.counts)
