"""The figures of a whole server: those of all its workers, and after a restart those of before too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import urllib3

from tests.services.client import Client
from tests.services.likeopt import Server, eventually, likeopt_server


def workers(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.services()["pids"]["web"]).children()


@contextlib.contextmanager
def client_of(server: Server) -> Iterator[Client]:
    client = Client(server.url)
    try:
        yield client
    finally:
        client.close()


def test_figures_outlive_the_server_and_its_workers(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "data") as server, client_of(server) as person:
        person.register()
        for _ in range(30):
            person.call("GET", "/no-such-thing")
        person.call("POST", "/metrics", json={"metrics": [{"name": "lcp", "value": 812.4}] * 7})
        before = person.data("GET", "/performance?range=5m")
        assert before["requests"] >= 32
        person.close()
        assert server.terminate() == 0
    with likeopt_server(tmp_path / "data") as server, client_of(server) as person:
        person.sign_in()
        after = person.data("GET", "/performance?range=24h")
        assert after["requests"] > before["requests"]
        assert after["web_vitals"]["lcp"]["count"] == 7
        for worker in workers(server):
            worker.kill()
        eventually(lambda: len(workers(server)) == 2, "killed workers are replaced")
        # Counted by workers that are gone, and by none of those that answer now.
        eventually(lambda: requests(person) > after["requests"], "the new workers know what the dead ones had counted")
        assert person.data("GET", "/performance?range=1h")["web_vitals"]["lcp"]["count"] == 7


def requests(person: Client) -> float:
    with contextlib.suppress(urllib3.exceptions.HTTPError):  # a connection to a worker that was killed
        found: float = person.data("GET", "/performance?range=7d")["requests"]
        return found
    return 0
