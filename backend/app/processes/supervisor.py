"""Start processes in their order, keep them running, stop them in reverse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from backend.app.errors import AppError
from backend.app.processes.child import Child, Process
from backend.app.processes.logs import Journal, bound, last_lines

TICK_SECONDS = 0.02
IDLE_SECONDS = 30.0
LOOK_SECONDS = 2.0  # how often a child is looked at that may refuse what it is to keep
MAX_BACKOFF_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
START_ATTEMPTS = 3

SignalTest = Callable[[Iterable[int]], bool]


class StartFailed(AppError):
    """A process did not come up; the message ends with the last lines of its log."""

    error_code, error = "START_FAILED", "Start failed"


class _Place:
    """One child's state over all its lives."""

    def __init__(self, child: Child, log_file: Path):
        self.child = child
        self.log_file = log_file
        self.process: Process | None = None
        self.ready = False
        self.failures = 0
        self.started_at = 0.0
        self.not_before = 0.0

    def done(self) -> bool:
        return self.child.once and self.ready


class Supervisor:
    """Runs ``children``; one thread, which sleeps in ``wait`` and is woken by signals.

    Args:
        wait: sleeps for at most so many seconds; returns the signals that arrived.
    """

    def __init__(
        self,
        children: Sequence[Child],
        log_dir: Path,
        journal: Journal,
        *,
        wait: Callable[[float], Iterable[int]],
        clock: Callable[[], float] = time.monotonic,
        run: Callable[[Child, Path], Process] = Process,
    ):
        self._places = {child.name: _Place(child, log_dir / f"{child.name}.log") for child in children}
        self._journal = journal
        self._wait = wait
        self._clock = clock
        self._run = run
        self._started = False  # all of them have been ready once
        log_dir.mkdir(parents=True, exist_ok=True)
        self._bound_logs()

    # --- what callers do --------------------------------------------------------------------

    def wait_until_ready(self, seconds: float, *, unless: SignalTest = lambda arrived: False) -> bool:
        """Start everything; return True when all are ready, False if ``unless`` said so before.

        Args:
            unless: told the signals that arrive meanwhile.

        Raises:
            StartFailed: one ended again and again, or was not ready within ``seconds``.
        """
        deadline = self._clock() + seconds
        while not self.step():
            if unless(self._wait(TICK_SECONDS)):
                return False
            if self._clock() > deadline:
                late = next(place for place in self._places.values() if not place.ready)
                raise self._failure(late, f"was not ready after {seconds:.0f} seconds")
        self._started = True
        return True

    def step(self) -> bool:
        """Restart what ended, start what is due, ask who is ready; return whether all are."""
        for place in self._places.values():
            self._end_stuck(place)
            self._reap(place)
            if place.process is None and not place.done() and self._may_start(place):
                self._start(place)
            if place.process is not None and not place.ready and not place.child.once:
                place.ready = place.child.probe is None or place.child.probe.ready()
        return all(place.ready for place in self._places.values())

    def rest(self) -> Iterable[int]:
        """Sleep until a signal comes or the next ``step`` is due; return the signals."""
        self._bound_logs()
        places = self._places.values()
        asked = any(place.process is not None and not place.ready for place in places if not place.child.once)
        if asked:
            return self._wait(TICK_SECONDS)
        due = [place.not_before - self._clock() for place in places if place.process is None and not place.done()]
        look = LOOK_SECONDS if any(place.child.refusal for place in places) else IDLE_SECONDS
        return self._wait(max(TICK_SECONDS, min([look, *due])))

    def send(self, name: str, signal_number: int) -> None:
        process = self._places[name].process
        if process is not None:
            process.send(signal_number)

    def pids(self) -> dict[str, int]:
        return {name: place.process.pid for name, place in self._places.items() if place.process}

    def stop(self, *, at_once: SignalTest = lambda arrived: False) -> None:
        """Stop all, higher tiers first; what outlives its time, and what it left, is killed.

        Args:
            at_once: told the signals that arrive meanwhile; True ends all patience.
        """
        impatient = False
        for tier in sorted({place.child.tier for place in self._places.values()}, reverse=True):
            running = [place for place in self._places.values() if place.child.tier == tier and place.process]
            impatient = self._stop_tier(running, at_once, impatient)

    # --- how --------------------------------------------------------------------------------

    def _may_start(self, place: _Place) -> bool:
        return self._clock() >= place.not_before and all(self._places[name].ready for name in place.child.after)

    def _start(self, place: _Place) -> None:
        if place.child.probe is not None:
            place.child.probe.reset()
        if place.child.refusal is not None:
            place.child.refusal.forget()
        place.started_at = self._clock()
        try:
            place.process = self._run(place.child, place.log_file)
        except OSError as error:  # no memory or no room at this moment: the others go on
            self._note_end(place, f"could not be started: {error}", error=str(error))
            return
        self._journal.write("debug", "process_started", name=place.child.name, pid=place.process.pid)

    def _end_stuck(self, place: _Place) -> None:
        """Kill one that has refused a write: what it takes from then on may be lost with it, and nobody writes to it."""
        refusal = place.child.refusal
        if place.process is None or refusal is None or not refusal.is_recent() or place.process.exit_code() is not None:
            return
        self._journal.write("error", "process_stuck", name=place.child.name, pid=place.process.pid)
        place.process.kill_session()

    def _reap(self, place: _Place) -> None:
        if place.process is None:
            return
        code = place.process.exit_code()
        if code is None:
            return
        process, place.process = place.process, None
        process.kill_session()  # its workers would keep the port, the files or the memory
        place.ready = place.child.once and code == 0
        if place.ready:
            return
        self._note_end(place, f"ended with exit code {code}", exit_code=code)
        self._journal.quote(last_lines(place.log_file))

    def _note_end(self, place: _Place, what: str, **fields: object) -> None:
        """Have a child started again after a pause, or give up where it cannot be."""
        lived = self._clock() - place.started_at
        place.failures = 1 if lived >= HEALTHY_SECONDS else place.failures + 1
        if place.child.once or (not self._started and place.failures >= START_ATTEMPTS):
            raise self._failure(place, what)
        pause = min(MAX_BACKOFF_SECONDS, 2.0 ** (place.failures - 1))
        place.not_before = self._clock() + pause
        self._journal.write(
            "error", "process_ended", name=place.child.name, **fields, lived_s=round(lived, 1), restart_in_s=pause
        )

    def _failure(self, place: _Place, what: str) -> StartFailed:
        lines = last_lines(place.log_file)
        return StartFailed(f"{place.child.name} {what}. The end of {place.log_file}:\n{lines}")

    def _stop_tier(self, places: list[_Place], at_once: SignalTest, impatient: bool) -> bool:
        deadline = self._clock() + max((place.child.stop_seconds for place in places), default=0.0)
        for place in places:
            if place.process is not None:
                place.process.send(place.child.stop_signal)
        while not impatient and any(place.process and place.process.exit_code() is None for place in places):
            if self._clock() > deadline:
                names = [place.child.name for place in places if place.process and place.process.exit_code() is None]
                self._journal.write("warning", "process_killed", names=names)
                break
            impatient = at_once(self._wait(TICK_SECONDS))
        for place in places:
            if place.process is not None:
                place.process.kill_session()
                place.process = None
        return impatient

    def _bound_logs(self) -> None:
        for place in self._places.values():
            bound(place.log_file)
