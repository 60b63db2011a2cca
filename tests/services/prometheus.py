"""Start Debian's Prometheus on a folder of its own, scraping one server by our configuration."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.app.processes.addresses import free_port
from tests.services.likeopt import eventually

DEPLOYED = Path(__file__).parents[2] / "deploy" / "prometheus"


class Prometheus:
    def __init__(self, url: str) -> None:
        self._url = url

    def ready(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self._url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def ask(self, path: str, **arguments: str) -> Any:
        address = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float | None:
        """Return an expression's value; None while there is none."""
        found = self.ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None


@contextlib.contextmanager
def prometheus_server(folder: Path, target: str) -> Iterator[Prometheus]:
    program = shutil.which("prometheus")
    assert program is not None, "Prometheus is not installed: scripts/system_packages.sh does it"
    config = (DEPLOYED / "prometheus.yml").read_text("utf-8")
    for ours, here in (("127.0.0.1:5000", target), ("interval: 15s", "interval: 1s")):
        assert ours in config
        config = config.replace(ours, here)
    shutil.copy(DEPLOYED / "rules.yml", folder)
    (folder / "prometheus.yml").write_text(config, "utf-8")
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [
                program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}", "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        running = Prometheus(f"http://{address}")
        eventually(running.ready, f"Prometheus is ready: {(folder / 'log.txt').read_text('utf-8')}")
        yield running
    finally:
        process.terminate()
        process.wait(30)
