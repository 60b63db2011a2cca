"""One server, or one command, on a data folder at a time; others find its addresses."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from backend.app.config import Settings
from backend.app.errors import AppError

RETRY_SECONDS = 0.05
# A killed supervisor's Chroma and Valkey hold the lock until they are gone too.
PATIENCE_SECONDS = 10.0
GLANCE_SECONDS = 0.3


class AlreadyRunning(AppError):
    error_code, error = "ALREADY_RUNNING", "Already running"
    message = "Like-Opt already runs on this data folder. Stop it first, or name another folder by --data-dir."


@dataclass(frozen=True, kw_only=True)
class RunningServices:
    """What runs on a data folder, and where; empty addresses: not started there."""

    pid: int
    command: str
    http: str = ""
    redis_url: str = ""
    chroma_url: str = ""
    llm_gguf: str = ""
    llm_base_url: str = ""
    """Where a llama.cpp answers that was started on ``llm_gguf``."""
    pids: dict[str, int] = field(default_factory=dict)


class DataLock:
    """The lock on a data folder, held as long as its descriptor is open in some process."""

    def __init__(self, descriptor: int, services_file: Path):
        self.descriptor = descriptor
        self._services_file = services_file

    def publish(self, services: RunningServices) -> None:
        """Write what runs here, mode 600: whoever reads it can reach the services."""
        temporary = self._services_file.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(services), file, indent=1)
        temporary.replace(self._services_file)

    def release(self) -> None:
        self._services_file.unlink(missing_ok=True)
        os.close(self.descriptor)


@contextlib.contextmanager
def hold(settings: Settings, command: str) -> Iterator[DataLock]:
    """Take the data folder for this process.

    Raises:
        AlreadyRunning: somebody else has it, named with address and process.
    """
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    settings.run_dir.chmod(0o700)
    descriptor = os.open(settings.run_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = DataLock(descriptor, _services_file(settings))
    try:
        _wait_for(descriptor, settings)
    except BaseException:
        os.close(descriptor)
        raise
    try:
        lock.publish(RunningServices(pid=os.getpid(), command=command))
        yield lock
    finally:
        lock.release()


def running(settings: Settings) -> RunningServices | None:
    """Return what runs on the data folder, or None; a file left by a killed server is no proof."""
    try:
        descriptor = os.open(settings.run_dir / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
    finally:
        os.close(descriptor)
    services = _read(settings)
    return services if services is not None and _alive(services.pid) else None


def _wait_for(descriptor: int, settings: Settings) -> None:
    start = time.monotonic()
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        waited = time.monotonic() - start
        holder = _read(settings)
        if holder is not None and _alive(holder.pid):
            # Somebody who only looks whether the lock is taken has it for an instant.
            if waited > GLANCE_SECONDS:
                where = f" at {holder.http}" if holder.http else ""
                raise AlreadyRunning(
                    f"`likeopt {holder.command}` (process {holder.pid}) already runs on {settings.data_dir}{where}. "
                    "Stop it first, or name another folder by --data-dir."
                )
        elif waited > PATIENCE_SECONDS:
            raise AlreadyRunning(
                f"{settings.data_dir} is still held by what an earlier Like-Opt left behind. "
                f"`fuser -v {settings.run_dir / 'lock'}` names it."
            )
        time.sleep(RETRY_SECONDS)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(settings: Settings) -> RunningServices | None:
    try:
        return RunningServices(**json.loads(_services_file(settings).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _services_file(settings: Settings) -> Path:
    return settings.run_dir / "services.json"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
