"""The whole of `likeopt serve`, with every process real."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from backend.app.config import Settings
from backend.app.processes.data_lock import running
from backend.app.processes.embedded import attached
from backend.app.processes.stores import chroma_refusal
from tests.services.likeopt import Server, alive, eventually, likeopt_server

READY = "/api/v1/health/ready"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may treat as it likes."""
    with likeopt_server(tmp_path / "data") as server:
        yield server


def pid(server: Server, name: str) -> int:
    found: int = server.services()["pids"].get(name, 0)
    return found


def serve(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected to give up."""
    return subprocess.run(
        [sys.executable, "-m", "backend.app", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**{"PATH": "/usr/bin:/bin"}, **environ},
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_stops_it_and_nothing_stays(own: Server, stop: signal.Signals) -> None:
    assert own.get(READY)[0] == 200
    processes = own.processes()
    assert len(processes) >= 6, "itself, valkey, chroma, gunicorn and its workers, the indexer"
    own.popen.send_signal(stop)
    assert own.popen.wait(60) == 0
    assert alive(processes) == []
    assert own.popen.stdout is not None
    assert own.popen.stdout.read() == "", "the ready line is all that it prints"
    assert running(Settings(data_dir=own.data_dir)) is None


def test_it_says_where_its_services_are(server: Server) -> None:
    services = running(Settings(data_dir=server.data_dir))
    assert services is not None
    assert services.http == server.url
    assert services.pid == server.popen.pid
    with redis.Redis.from_url(services.redis_url) as client:
        assert client.ping()
        assert client.config_get("port") == {"port": "0"}, "it listens at a Unix socket alone"


def test_a_command_uses_the_running_services(server: Server) -> None:
    with attached(Settings(data_dir=server.data_dir), "search", redis=True, chroma=True) as settings:
        assert settings.redis_url.reveal() == server.services()["redis_url"]
        assert settings.chroma_url == server.services()["chroma_url"]


def test_a_command_without_a_server_has_services_of_its_own(tmp_path: Path) -> None:
    before = psutil.Process().children()
    with attached(Settings(data_dir=tmp_path), "search", redis=True, chroma=True) as settings:
        with redis.Redis.from_url(settings.redis_url.reveal()) as client:
            assert client.ping()
        assert running(Settings(data_dir=tmp_path)) is not None
    assert [child for child in psutil.Process().children() if child not in before] == []


@pytest.mark.parametrize("name", ["valkey", "chroma", "web", "indexer"])
def test_a_crashed_process_is_started_again_and_the_log_says_so(own: Server, name: str) -> None:
    eventually(lambda: pid(own, name) > 0, f"{name} runs")
    crashed = pid(own, name)
    psutil.Process(crashed).kill()
    eventually(lambda: pid(own, name) not in (0, crashed), f"{name} runs again")
    eventually(lambda: own.get(READY)[0] == 200, "it is ready again")
    entries = [json.loads(line) for line in own.errors().splitlines() if line.startswith("{")]
    ended = [entry for entry in entries if entry["event"] == "process_ended"]
    assert [(entry["name"], entry["exit_code"]) for entry in ended] == [(name, -signal.SIGKILL)]


def test_a_chroma_that_has_refused_a_write_is_started_anew_whoever_was_refused(own: Server) -> None:
    """Its writer may have been killed in the very next moment."""
    eventually(lambda: pid(own, "chroma") > 0, "it says who runs")
    stuck = pid(own, "chroma")
    refusal = chroma_refusal(Settings(data_dir=own.data_dir))
    refusal.note()
    eventually(lambda: pid(own, "chroma") not in (0, stuck), "another Chroma runs")
    eventually(lambda: own.get(READY)[0] == 200, "it is ready again")
    assert not refusal.is_recent()
    assert '"process_stuck"' in own.errors()


def test_requests_wait_for_a_web_server_that_comes_back(own: Server) -> None:
    eventually(lambda: pid(own, "web") > 0, "it says who runs")
    crashed = pid(own, "web")
    master = psutil.Process(crashed)
    workers = master.children()
    master.kill()
    eventually(lambda: alive(workers) == [], "its workers have gone with it")
    assert own.get(READY)[0] == 200, "neither refused nor lost"
    eventually(lambda: pid(own, "web") != crashed, "the new one is known")


def test_hangup_replaces_the_workers_and_nothing_else(own: Server) -> None:
    eventually(lambda: pid(own, "web") > 0 and pid(own, "indexer") > 0, "it says who runs")
    master = psutil.Process(pid(own, "web"))
    eventually(lambda: len(master.children()) == 2, "both workers have been forked")
    before = set(master.children())
    others = {name: number for name, number in own.services()["pids"].items() if name != "indexer"}
    own.popen.send_signal(signal.SIGHUP)
    eventually(lambda: len(master.children()) == len(before) and not before & set(master.children()), "workers are new")
    assert own.get(READY)[0] == 200
    assert {name: number for name, number in own.services()["pids"].items() if name != "indexer"} == others


def test_killing_the_supervisor_leaves_nothing_and_is_no_obstacle(own: Server) -> None:
    processes = own.processes()
    own.popen.kill()
    own.popen.wait()
    eventually(lambda: alive(processes) == [], "everything is gone")
    with likeopt_server(own.data_dir) as again:
        assert again.get(READY)[0] == 200


def test_what_valkey_holds_survives_a_restart(own: Server) -> None:
    with redis.Redis.from_url(own.services()["redis_url"]) as client:
        client.set("session:kept", "yes")
    assert own.terminate() == 0
    with likeopt_server(own.data_dir) as again, redis.Redis.from_url(again.services()["redis_url"]) as client:
        assert client.get("session:kept") == b"yes"


def test_a_second_server_on_the_folder_is_refused(server: Server) -> None:
    refused = serve("--port", "0", "--data-dir", str(server.data_dir))
    assert refused.returncode == 1
    assert f"process {server.popen.pid})" in refused.stderr
    assert server.url in refused.stderr
    assert "Traceback" not in refused.stderr
    assert server.get(READY)[0] == 200


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = serve("--port", str(port), "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert f"Cannot listen at http://127.0.0.1:{port}: another program listens there" in refused.stderr
    assert refused.stdout == ""
    assert not (tmp_path / "logs").exists()


def test_a_model_file_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    refused = serve("--port", "0", "--data-dir", str(tmp_path / "data"), LIKEOPT_LLM_GGUF=str(tmp_path / "no.gguf"))
    assert refused.returncode == 1
    assert "no.gguf, and there is no such file" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_cannot_be_migrated_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "likeopt.db").write_text("this is not a database, whatever its name says" * 100)
    refused = serve("--port", "0", "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert "migrate ended with exit code" in refused.stderr
    assert "file is not a database" in refused.stderr
    assert running(Settings(data_dir=tmp_path)) is None


def test_services_that_are_named_are_not_started(tmp_path: Path, valkey_url: str, chroma_url: str) -> None:
    with likeopt_server(tmp_path / "data", REDIS_URL=valkey_url, CHROMA_URL=chroma_url) as server:
        services = server.services()
        assert not {"valkey", "chroma"} & set(services["pids"])
        assert (services["redis_url"], services["chroma_url"]) == (valkey_url, chroma_url)
        assert server.get(READY)[0] == 200


def test_it_runs_without_redis(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "data", REDIS_URL="none") as server:
        assert "valkey" not in server.services()["pids"]
        eventually(lambda: pid(server, "indexer") > 0, "the indexer runs all the same")
        assert server.get("/")[0] == 200


def test_a_deep_folder_with_spaces_and_korean_is_fine(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "내 문서 100%" / ("깊은" * 10)) as server:
        assert server.get(READY)[0] == 200
        with redis.Redis.from_url(server.services()["redis_url"]) as client:
            assert client.ping()


def test_all_addresses_are_shown_as_loopback(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "data", "--host", "0.0.0.0") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.get(READY)[0] == 200


def test_what_killed_processes_left_is_cleared_away_at_the_start(tmp_path: Path) -> None:
    leftovers = [
        tmp_path / "data" / "files" / "incoming" / "half-received",
        tmp_path / "data" / "run" / "extract" / "folder-of-a-child" / "page",
        tmp_path / "data" / "run" / "prometheus" / "counter_1.db",
    ]
    for path in leftovers:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"left behind")
    with likeopt_server(tmp_path / "data"):
        assert [path for path in leftovers if path.exists()] == []
