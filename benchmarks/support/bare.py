"""What Like-Opt's rate is compared with: the smallest Flask app, under the same gunicorn and its configuration.

Its one route returns constant bytes, as many as the answer that it is compared with.
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

SIZE = "LIKEOPT_BENCH_BARE_BYTES"
_START_SECONDS = 60.0


def create_app() -> Flask:
    app = Flask(__name__)
    body = b"x" * int(os.environ[SIZE])

    @app.get("/bare")
    def bare() -> Response:
        return Response(body, mimetype="application/json")

    return app


@contextlib.contextmanager
def bare_server(workers: int, size: int) -> Iterator[str]:
    """Yield the address of the bare app, with as many workers as the server that it is compared with."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder, (Path(folder) / "log").open("w") as log:
        ours = {
            "LIKEOPT_DATA_DIR": folder,
            "LIKEOPT_PORT": str(port),
            "LIKEOPT_WORKERS": str(workers),
            SIZE: str(size),
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
        popen = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn_config.py", "benchmarks.support.bare:create_app()"],
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
