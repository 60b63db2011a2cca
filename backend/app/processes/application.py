"""Our own processes: the web server, the indexers, llama.cpp and the migration."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from backend.app.config import Settings
from backend.app.errors import ConfigError
from backend.app.processes.addresses import reachable_host
from backend.app.processes.child import Child
from backend.app.processes.environment import ROOT, environment, gunicorn_config
from backend.app.processes.probes import http_probe

READY_PATH = "/api/v1/health/ready"


def web(settings: Settings, *, listener: int, address: tuple[str, int]) -> Child:
    """Describe gunicorn on a listening socket that is open already.

    It starts at once: importing the app takes longer than starting what it talks to, and it
    talks to nothing before the first request.
    """
    host, port = address
    tuned = {
        # Each worker has one native thread for each processor: BLAS on top of that would only
        # make them wait for each other, and glibc's arenas only hold memory back.
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    return Child(
        name="web",
        argv=(
            *(sys.executable, "-m", "gunicorn", "--config", str(gunicorn_config())),
            *("--bind", f"fd://{listener}", "backend.wsgi:app"),
        ),
        environ={**tuned, **environment(settings, **prometheus(settings))},
        cwd=ROOT,
        probe=http_probe(reachable_host(host), port, READY_PATH),
        tier=2,
        # Told to stop during a reload, it first waits for the workers that the reload replaced.
        stop_seconds=2 * settings.graceful_timeout + 2.0,
        inherits=(listener,),
    )


def indexers(settings: Settings, *, after: tuple[str, ...]) -> list[Child]:
    """Describe the indexing processes; they start last, as nobody waits for them."""
    names = ["indexer", *(f"indexer-{number}" for number in range(2, settings.indexers + 1))]
    return [
        Child(
            name=name,
            argv=(sys.executable, "-m", "backend.app", "indexer"),
            environ=environment(settings, **prometheus(settings)),
            cwd=ROOT,
            after=after,
            tier=2,
        )
        for name in names[: settings.indexers]
    ]


def llama(settings: Settings, port: int) -> Child:
    """Describe llama.cpp on the GGUF file of the settings.

    Raises:
        ConfigError: the file does not exist.
    """
    model = Path(settings.llm_gguf).expanduser().absolute()
    if not model.is_file():
        raise ConfigError(f"LIKEOPT_LLM_GGUF names {model}, and there is no such file.")
    return Child(
        name="llama",
        argv=(
            *(sys.executable, "-m", "backend.app.services.llm.llama_server", "--model", str(model)),
            *("--host", "127.0.0.1", "--port", str(port), "--context", str(settings.llm_context_tokens)),
        ),
        environ=environment(settings),
        cwd=ROOT,
        probe=http_probe("127.0.0.1", port, "/v1/models"),
        tier=0,
        stop_seconds=3.0,
    )


def migration(settings: Settings) -> Child:
    return Child(
        name="migrate",
        argv=(sys.executable, "-m", "backend.app", "migrate"),
        environ=environment(settings),
        cwd=ROOT,
        once=True,
        stop_signal=signal.SIGTERM,
        stop_seconds=30.0,  # half a migration is worth waiting for
    )


def prometheus(settings: Settings) -> Mapping[str, str]:
    """Return where the workers' metrics meet."""
    return {"PROMETHEUS_MULTIPROC_DIR": str(settings.run_dir / "prometheus")}
