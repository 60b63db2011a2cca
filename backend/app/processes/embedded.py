"""Services for a command: those of the running server, or its own for as long as it takes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from backend.app.config import Secret, Settings
from backend.app.processes import stores
from backend.app.processes.addresses import free_port
from backend.app.processes.child import Child
from backend.app.processes.data_lock import RunningServices, hold, running
from backend.app.processes.logs import Journal
from backend.app.processes.supervisor import Supervisor

START_SECONDS = 60.0


@contextlib.contextmanager
def attached(settings: Settings, command: str, *, redis: bool, chroma: bool) -> Iterator[Settings]:
    """Yield settings with which a command reaches the services that run on its data folder.

    Where no server runs, those that are asked for are started for it.
    """
    services = running(settings)
    if services is None:
        with embedded(settings, command, redis=redis, chroma=chroma) as own:
            yield own
    else:
        yield with_addresses(settings, services)


def with_addresses(settings: Settings, services: RunningServices) -> Settings:
    """Return settings with the addresses of running services; what is set already stays."""
    if not settings.redis_url.reveal() and services.redis_url:
        settings = settings.with_(redis_url=Secret(services.redis_url))
    if not settings.chroma_url and services.chroma_url:
        settings = settings.with_(chroma_url=services.chroma_url)
    if not settings.llm_base_url and services.llm_base_url:
        settings = settings.with_(llm_base_url=services.llm_base_url, llm_gguf=services.llm_gguf)
    return settings


@contextlib.contextmanager
def embedded(settings: Settings, command: str, *, redis: bool, chroma: bool) -> Iterator[Settings]:
    """Take the data folder and start Valkey and Chroma on it; yield settings that name them.

    Call it from the main thread: the services end with the thread that started them.

    Raises:
        AlreadyRunning: a server, or another command, has the folder.
        StartFailed: a service does not come up.
    """
    children: list[Child] = []
    with hold(settings, command) as lock:
        held = (lock.descriptor,)
        if redis and not settings.redis_url.reveal():
            children.append(stores.valkey(settings, inherits=held))
            settings = settings.with_(redis_url=Secret(stores.valkey_url(settings)))
        if chroma and not settings.chroma_url:
            port = free_port()
            children.append(stores.chroma(settings, port, inherits=held))
            settings = settings.with_(chroma_url=f"http://127.0.0.1:{port}")
        journal = Journal(level=settings.log_level, form=settings.log_format)
        supervisor = Supervisor(children, settings.data_dir / "logs", journal, wait=_sleep)
        try:
            supervisor.wait_until_ready(START_SECONDS)
            lock.publish(
                RunningServices(
                    pid=os.getpid(),
                    command=command,
                    redis_url=settings.redis_url.reveal(),
                    chroma_url=settings.chroma_url,
                    pids=supervisor.pids(),
                )
            )
            yield settings
        finally:
            supervisor.stop()


def _sleep(seconds: float) -> list[int]:
    time.sleep(seconds)
    return []
