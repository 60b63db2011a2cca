"""What Like-Opt's rate is compared with: routes that return an answer's bytes, but know them beforehand.

One stands in Like-Opt's own app, in the same gunicorn, with its sessions, metrics and compression; the
other in the smallest Flask app there is, which has nothing of them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Flask, Response

from backend.app.processes.addresses import free_port
from backend.app.processes.parent_death import die_with_parent
from benchmarks.support.corpus import ROOT
from tests.services.likeopt import Server

BODY = "BENCH_BARE_BODY"  # names the file that holds them
_START_SECONDS = 60.0


def create_app() -> Flask:
    return _with_route(Flask(__name__))


def create_whole_app() -> Flask:
    """Return Like-Opt's app, with everything around its routes, and the bare one among them."""
    from backend.app.factory import build_app

    app = build_app()
    app.extensions["likeopt_parts"].embedder.warm()
    return _with_route(app)


def _with_route(app: Flask) -> Flask:
    body = Path(os.environ[BODY]).read_bytes()

    @app.get("/bare")
    def bare() -> Response:
        return Response(body, mimetype="application/json")

    return app


@contextlib.contextmanager
def bare_server(workers: int, body: bytes, beside: Server | None = None) -> Iterator[str]:
    """Yield the address of the bare app, or of the whole one on the stores of the server ``beside``."""
    port = free_port()
    app, stores = "create_app", {}
    if beside is not None:
        services = beside.services()
        stores = {
            "LIKEOPT_DATA_DIR": str(beside.data_dir),
            "LIKEOPT_REDIS_URL": services["redis_url"],
            "LIKEOPT_CHROMA_URL": services["chroma_url"],
            "LIKEOPT_OLLAMA_URL": "",
        }
        app = "create_whole_app"
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder, (Path(folder) / "log").open("w") as log:
        (Path(folder) / "body").write_bytes(body)
        ours = {
            "LIKEOPT_DATA_DIR": folder,
            "LIKEOPT_PORT": str(port),
            "LIKEOPT_WORKERS": str(workers),
            BODY: str(Path(folder) / "body"),
            **stores,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
        popen = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn_config.py", f"benchmarks.support.bare:{app}()"],
            cwd=ROOT,
            env={**clean, **ours},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGTERM),
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(popen, url)
            yield url
        finally:
            popen.terminate()
            try:
                popen.wait(40)
            except subprocess.TimeoutExpired:
                popen.kill()  # its workers go with it: they ask the kernel to
                popen.wait()


def _wait(popen: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and popen.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/bare", timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError("the bare server did not start")
