"""Run the whole of Like-Opt on one machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from backend.app.config import Secret, Settings
from backend.app.processes import application, migrations, stores
from backend.app.processes.addresses import free_port, listen, reachable_host, shown
from backend.app.processes.child import Child
from backend.app.processes.data_lock import DataLock, RunningServices, hold
from backend.app.processes.last_call import last_call
from backend.app.processes.logs import Journal
from backend.app.processes.signals import SignalQueue
from backend.app.processes.supervisor import Supervisor

START_SECONDS = 180.0
STOPPING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Plan:
    """What is started for some settings, and the settings as everyone then sees them."""

    children: tuple[Child, ...]
    settings: Settings


def serve(settings: Settings, *, out: TextIO | None = None) -> int:
    """Run until told to stop; print ``ready http://...`` once it answers. Return the exit code.

    SIGTERM and SIGINT stop everything in order, a second one at once; SIGHUP has gunicorn
    replace its workers one after the other.

    Raises:
        ConfigError: before anything is started.
        AlreadyRunning: another server has the data folder.
        StartFailed: a process does not come up.
    """
    out = out or sys.stdout
    settings = _absolute(settings)
    if settings.llm_gguf:
        application.llama(settings, 1)  # says so now if there is no such file
    journal = Journal(level=settings.log_level, form=settings.log_format)
    _raise_open_file_limit()
    with hold(settings, "serve") as lock, listen(settings.host, settings.port, settings.backlog) as listener:
        host, port = settings.host, listener.getsockname()[1]
        settings = settings.with_(port=port)
        plan = make_plan(settings, listener=listener.fileno(), lock=lock)
        _clear_up(settings)
        signals = SignalQueue()
        with signals.installed():
            supervisor = Supervisor(plan.children, settings.data_dir / "logs", journal, wait=signals.wait)
            services = _Services(lock, plan.settings, shown(reachable_host(host), port), supervisor)
            try:
                if supervisor.wait_until_ready(START_SECONDS, unless=_stop_wanted):
                    services.publish()  # who waits for the next line finds all of it
                    print(f"ready {services.http}", file=out, flush=True)
                    _watch(supervisor, services)
                    last_call([listener])
            finally:
                listener.close()  # nobody new is let in to wait for an answer
                supervisor.stop(at_once=_stop_wanted)
    return 0


def make_plan(settings: Settings, *, listener: int, lock: DataLock) -> Plan:
    """Decide which processes run and where they find each other."""
    held = (lock.descriptor,)
    children: list[Child] = []
    if not settings.redis_url.reveal():
        children.append(stores.valkey(settings, inherits=held))
        settings = settings.with_(redis_url=Secret(stores.valkey_url(settings)))
    if not settings.chroma_url:
        port = free_port()
        children.append(stores.chroma(settings, port, inherits=held))
        settings = settings.with_(chroma_url=f"http://127.0.0.1:{port}")
    if settings.llm_gguf:
        port = free_port()
        children.append(application.llama(settings, port))
        settings = settings.with_(llm_base_url=f"http://127.0.0.1:{port}/v1")
    if migrations.needed(settings):
        children.append(application.migration(settings))
    first = tuple(child.name for child in children)
    children.append(application.web(settings, listener=listener, address=(settings.host, settings.port)))
    # Two processors import one thing at a time: the page answers sooner if the indexers wait.
    children += application.indexers(settings, after=(*first, "web"))
    return Plan(tuple(children), settings)


class _Services:
    """Keeps the file that tells other commands where everything is."""

    def __init__(self, lock: DataLock, settings: Settings, http: str, supervisor: Supervisor):
        self.http = http
        self._lock = lock
        self._settings = settings
        self._supervisor = supervisor
        self._told: dict[str, int] | None = None
        self.publish()

    def publish(self) -> None:
        """Write what runs, if that has changed; where the disk is full, the next look tries again."""
        pids = self._supervisor.pids()
        if pids == self._told:
            return
        found = RunningServices(
            pid=os.getpid(),
            command="serve",
            http=self.http,
            redis_url=self._settings.redis_url.reveal(),
            chroma_url=self._settings.chroma_url,
            llm_gguf=self._settings.llm_gguf,
            llm_base_url=self._settings.llm_base_url if self._settings.llm_gguf else "",
            pids=pids,
        )
        with contextlib.suppress(OSError):  # the server is worth more than the file that tells of it
            self._lock.publish(found)
            self._told = pids


def _watch(supervisor: Supervisor, services: _Services) -> None:
    has_terminal = sys.stderr.isatty()
    while True:
        supervisor.step()
        services.publish()
        arrived = supervisor.rest()
        if _stop_wanted(arrived):
            return
        if signal.SIGHUP in arrived:
            if has_terminal and _terminal_gone():
                return
            supervisor.send("web", signal.SIGHUP)


def _stop_wanted(arrived: Iterable[int]) -> bool:
    return any(number in STOPPING for number in arrived)


def _terminal_gone() -> bool:
    """Tell a closed terminal window from ``kill -HUP``."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return True
    return False


def _absolute(settings: Settings) -> Settings:
    """Resolve paths here: the children work in another folder."""
    changes = {}
    for name in ("llm_gguf", "worker_tmp_dir", "access_log"):
        value = getattr(settings, name)
        if value and value != "-":
            changes[name] = str(Path(value).expanduser().absolute())
    return settings.with_(**changes)


def _clear_up(settings: Settings) -> None:
    """Remove what processes that were killed left behind; the lock says that nobody is at work.

    Metrics of an earlier run would be counted into this one's. Half-received files and the
    folders in which files were being read belong to nobody any more.
    """
    for folder in (settings.run_dir / "prometheus", settings.run_dir / "extract", settings.files_dir / "incoming"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)


def _raise_open_file_limit() -> None:
    """Allow as many files as the system lets us: every open stream is one."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
