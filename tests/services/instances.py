"""Run the web server alone, as on several machines: gunicorn with stores that others run."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from backend.app.processes.addresses import free_port
from tests.services.likeopt import STOP_SECONDS, eventually

ROOT = Path(__file__).parents[2]


class Instance:
    """A web server on a port that stays its own over restarts."""

    def __init__(self, data_dir: Path, environ: dict[str, str]):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / f"web-{self.port}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
        ours = {"LIKEOPT_DATA_DIR": str(data_dir), "LIKEOPT_PORT": str(self.port), "LIKEOPT_OLLAMA_URL": ""}
        self._environ = {**clean, **ours, **environ}
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The master's."""
        assert self._popen is not None
        return self._popen.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", ROOT / "gunicorn_config.py", "backend.wsgi:app"],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        eventually(self._is_ready, f"the server is ready\n{self.log}")

    def stop(self) -> int:
        """Stop it, and return its exit code."""
        if self._popen is None:
            return 0
        popen, self._popen = self._popen, None
        popen.terminate()
        try:
            return popen.wait(STOP_SECONDS)
        finally:
            popen.kill()

    def _is_ready(self) -> bool:
        assert self._popen is not None
        assert self._popen.poll() is None, self.log.read_text("utf-8")
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{self.url}/api/v1/health/ready"):
            return True
        return False


@contextlib.contextmanager
def instances(data_dir: Path, count: int, **environ: str) -> Iterator[list[Instance]]:
    """Run some of them on one data folder until the block is left."""
    data_dir.mkdir(parents=True, exist_ok=True)
    running = [Instance(data_dir, environ) for _ in range(count)]
    try:
        for instance in running:
            instance.start()
        for instance in running:
            instance.wait_until_ready()
        yield running
    finally:
        for instance in running:
            instance.stop()
