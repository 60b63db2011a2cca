"""A process that the supervisor runs: what it is, and the one that runs now."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from backend.app.processes.logs import open_log
from backend.app.processes.parent_death import die_with_parent
from backend.app.processes.probes import Probe
from backend.app.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Child:
    """What to run and how to treat it."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    cwd: Path
    probe: Probe | None = None
    """None: ready as soon as it runs, or when it has ended well if it runs ``once``."""
    after: tuple[str, ...] = ()
    """Those that must be ready before this one starts."""
    tier: int = 1
    """Higher tiers are stopped first, lower ones serve them until then."""
    once: bool = False
    """It does its work and ends with 0; it is never restarted."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor is gone."""
    inherits: tuple[int, ...] = ()
    """File descriptors that it is handed."""
    refusal: Refusal | None = None
    """Noted by who writes to it when it refuses: it is then killed and started anew."""


class Process:
    """A running child, in a session of its own.

    Ctrl-C at the terminal thus reaches the supervisor alone, which stops the children in
    their order; and whatever a child leaves behind can be found by its session.
    """

    def __init__(self, child: Child, log_file: Path):
        with open_log(log_file) as log:
            self._popen = subprocess.Popen(  # noqa: S603  our own arguments, no shell
                child.argv,
                env=dict(child.environ),
                cwd=child.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=child.inherits,
                # The supervisor has one thread, so code between fork and exec is safe here.
                preexec_fn=partial(die_with_parent, os.getpid(), child.death_signal),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def exit_code(self) -> int | None:
        """Return the exit code (minus a signal's number), or None while it runs."""
        return self._popen.poll()

    def send(self, signal_number: int) -> None:
        if self._popen.poll() is None:
            self._popen.send_signal(signal_number)

    def kill_session(self) -> None:
        """Kill the process and everything it started, groups of their own included."""
        for pid in session_members(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(5)


def session_members(session: int) -> list[int]:
    """Return the processes of a session, by /proc; elsewhere its leader while it lives."""
    if not sys.platform.startswith("linux"):
        return [session]
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            # pid (name) state ppid pgrp session: the name may hold spaces and brackets.
            rest = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(rest[3]) == session and rest[0] != "Z":
                found.append(int(entry.name))
    return found
