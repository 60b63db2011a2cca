"""Gunicorn's configuration, read from Like-Opt's settings.

Every value can be changed by an environment variable, LIKEOPT_WORKERS or LIKEOPT_TIMEOUT for
example; `backend/app/config/topics/` lists them. Nothing here needs editing.
"""

from gevent import monkey

# Before everything else. The gevent worker would patch only after the fork, too late for an
# app that is loaded before it: its locks and sockets would block the whole worker.
monkey.patch_all()

import gc  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from backend.app.config import Settings  # noqa: E402
from backend.app.monitoring.room import take_room  # noqa: E402
from backend.app.processes.access_log import AccessLog  # noqa: E402
from backend.app.processes.addresses import shown  # noqa: E402
from backend.app.processes.capacity import workers as number_of_workers  # noqa: E402
from backend.app.processes.environment import ROOT  # noqa: E402
from backend.app.processes.last_call import last_call  # noqa: E402
from backend.app.processes.parent_death import die_with_parent  # noqa: E402
from backend.app.processes.slow_clients import Patience  # noqa: E402
from backend.app.processes.starts import note_start  # noqa: E402

_settings = Settings.load()

# --- where it listens; `likeopt serve` hands over an open socket instead -----------------------
bind = shown(_settings.host, _settings.port).removeprefix("http://")
backlog = _settings.backlog
chdir = str(ROOT)

# --- workers -----------------------------------------------------------------------------------
worker_class = "backend.app.processes.gunicorn_worker.WebWorker"  # gevent's, with our errors and ends of streams
workers = number_of_workers(_settings)
worker_connections = _settings.worker_connections
# By default a hundred times the usual 1,000: at 1,000 requests a second that would replace each
# worker every few seconds, and cut its streams after graceful_timeout.
max_requests = _settings.max_requests
max_requests_jitter = _settings.max_requests_jitter
timeout = _settings.timeout
graceful_timeout = _settings.graceful_timeout
keepalive = _settings.keepalive
preload_app = _settings.preload_app
# The workers' signs of life are file times. On a disk, one slow write could look like death.
worker_tmp_dir = _settings.worker_tmp_dir or ("/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: S108

# --- what a request may be ---------------------------------------------------------------------
limit_request_line = _settings.limit_request_line
limit_request_fields = _settings.limit_request_fields
limit_request_field_size = _settings.limit_request_field_size
# X-Forwarded-* is read in one place, the app, which counts the proxies that are trusted.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# --- logs --------------------------------------------------------------------------------------
# Off by default: nothing turns such a file over by itself, and the metrics count what it would tell.
accesslog = _settings.access_log or None
access_log_format = _settings.access_log_format
errorlog = "-"
logger_class = AccessLog
loglevel = _settings.log_level

proc_name = "like-opt"
# Signals and `likeopt serve` do what the control socket in the home folder is for.
control_socket_disable = True

# The workers' metrics meet in these files. `likeopt serve` names the folder, so that the indexers'
# are there too, and empties it; on its own, gunicorn does both, at the start but not at a reload.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Of this server alone: another one may have the same data folder.
    _metrics = _settings.run_dir / f"prometheus-{_settings.port}"
    _metrics.mkdir(parents=True, exist_ok=True)
    for _file in _metrics.glob("*.db"):
        _file.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)
take_room()


def when_ready(server: Any) -> None:
    """Keep the collector off what is loaded, so that its pages stay shared after the fork; prepare for the end."""
    gc.collect()
    gc.freeze()
    server.handle_term = partial(_stop, server, server.handle_term)


def _stop(server: Any, stop: Callable[[], None]) -> None:
    """Let in who waits at the listening sockets, where they end with this process.

    They do not where another process holds them too: `likeopt serve`, systemd, or the other
    master while gunicorn is replaced by SIGUSR2.
    """
    handed_over = server.systemd or any(isinstance(address, int) for address in server.cfg.address)
    if not (handed_over or server.reexec_pid or server.master_pid):
        last_call(listener.sock for listener in server.LISTENERS)
    stop()


def post_fork(server: Any, worker: Any) -> None:
    """Let a worker die of SIGTERM until it has handlers of its own.

    Before that it has the master's, which only take notes: told to stop while it boots, a worker
    would never hear of it, and everybody would wait for graceful_timeout.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent(server.pid)
    worker.patience = Patience(_settings.body_seconds, _settings.body_bytes_per_second, _settings.send_seconds)
    take_room()
    note_start(_settings.run_dir)


def post_worker_init(worker: Any) -> None:
    """Let the app open its connections: gevent's hub is the worker's own only from here on."""
    # A native thread waits so long for its turn beside a busy hub. A transaction takes a dozen turns,
    # while it holds SQLite's only lock for writing: at Python's 5 ms, others gave up waiting for it.
    sys.setswitchinterval(0.0005)
    # The collector walks through all that thousands of open streams hold, and nobody is answered meanwhile:
    # with 10,000 open, p95 of what is added before a first token was 652 ms with Python's own, 503 with these.
    gc.set_threshold(20_000, 20, 50)
    after_fork = getattr(sys.modules.get("backend.wsgi"), "after_fork", None)
    if after_fork is not None:
        after_fork()


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
