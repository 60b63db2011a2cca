"""The indexing process with everything around it real, and what it does when things are lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from backend.app import worker
from backend.app.config import Secret, Settings
from backend.app.monitoring.null import NullMetrics
from backend.app.storage.migration import migrate
from tests.fakes.scripted_endpoint import Reply, ScriptedEndpoint, embeddings
from tests.services.client import Client
from tests.services.likeopt import Server, eventually, likeopt_server
from tests.services.stores import valkey_server

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"
FILES = [DOCUMENTS / name for name in ("english.pdf", "korean.pdf", "workshop.docx")]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    with likeopt_server(tmp_path / "data") as server:
        yield server


def person(server: Server) -> Client:
    client = Client(server.url)
    client.register()
    return client


def first_hit(client: Client, query: str, mode: str) -> str:
    hits = client.search(query, mode=mode)
    return hits[0]["title"] if hits else ""


def test_documents_go_in_and_come_out_by_words_and_by_meaning(own: Server) -> None:
    client = person(own)
    client.upload(*FILES)
    assert {document["status"] for document in client.indexed().values()} == {"ready"}
    for mode in ("hybrid", "bm25", "vector"):
        hits = client.search("guests of the workshop", mode=mode)
        assert hits, mode
        assert all(hit["start"] < hit["end"] for hit in hits)
    client.close()


def test_without_redis_documents_are_indexed_too(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "data", REDIS_URL="none") as server:
        client = person(server)
        client.upload(*FILES)
        assert {document["status"] for document in client.indexed().values()} == {"ready"}
        client.close()


def test_a_queue_that_forgot_everything_loses_no_document(own: Server) -> None:
    client = person(own)
    eventually(lambda: "indexer" in own.services()["pids"], "the indexer runs")
    indexer = psutil.Process(own.services()["pids"]["indexer"])
    indexer.suspend()
    client.upload(*FILES)
    with redis.Redis.from_url(own.services()["redis_url"]) as valkey:
        for key in valkey.scan_iter("rq:*"):
            valkey.delete(key)
    indexer.resume()
    assert {document["status"] for document in client.indexed().values()} == {"ready"}
    client.close()


def test_another_embedder_takes_over_while_people_search_and_the_indexer_dies(tmp_path: Path) -> None:
    query = "guests of the workshop"
    with ScriptedEndpoint() as endpoint:
        served = {"LIKEOPT_EMBEDDING": "openai", "LIKEOPT_EMBEDDING_BASE_URL": endpoint.url}
        with likeopt_server(tmp_path / "data", LIKEOPT_EMBEDDING_MODEL="old", **served) as server:
            client = person(server)
            client.upload(*FILES)
            assert {document["status"] for document in client.indexed().values()} == {"ready"}
            title = first_hit(client, query, "vector")
            client.close()
        embed = threading.Event()

        def patient(request: Mapping[str, Any]) -> Reply:
            if request["model"] == "new":
                embed.wait(60)
            return embeddings(request)

        endpoint.answer = patient
        with likeopt_server(tmp_path / "data", LIKEOPT_EMBEDDING_MODEL="new", **served) as server:
            client = Client(server.url)
            client.sign_in()
            eventually(lambda: client.data("GET", "/indexing/status").get("reembedding"), "the move is told")
            move = client.data("GET", "/indexing/status")["reembedding"]
            assert (move["from"], move["to"], move["done"]) == (["openai:old"], "openai:new", 0)
            assert first_hit(client, query, "vector") == title
            psutil.Process(server.services()["pids"]["indexer"]).kill()
            embed.set()
            eventually(lambda: "reembedding" not in client.data("GET", "/indexing/status"), "the move has ended")
            asked = len(endpoint.requests)
            assert first_hit(client, query, "vector") == title
            assert [request["model"] for _, request in endpoint.requests[asked:]] == ["new"]
            client.close()


def test_a_killed_indexer_goes_on_where_it_was(own: Server) -> None:
    client = person(own)
    eventually(lambda: "indexer" in own.services()["pids"], "the indexer runs")
    client.upload(*FILES)
    psutil.Process(own.services()["pids"]["indexer"]).kill()
    assert {document["status"] for document in client.indexed().values()} == {"ready"}
    hits = client.search("workshop", k="100")
    assert len({hit["passage_id"] for hit in hits}) == len(hits), "no passage is there twice"
    client.close()


def test_the_indexer_outlives_the_queue_and_works_without_it(tmp_path: Path) -> None:
    with valkey_server(tmp_path / "valkey") as url, likeopt_server(tmp_path / "data", REDIS_URL=url) as server:
        client = person(server)
        eventually(lambda: "indexer" in server.services()["pids"], "the indexer runs")
        indexer = server.services()["pids"]["indexer"]
        client.upload(FILES[0])
        client.indexed()
        client.close()
        with redis.Redis.from_url(url) as valkey, contextlib.suppress(redis.RedisError):
            valkey.shutdown(nosave=True)
        command = (sys.executable, "-m", "backend.app", "ingest", str(FILES[2]), "--json")
        done = subprocess.run(
            [*command, "--data-dir", str(server.data_dir)], capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr
        assert "workshop.docx" in done.stdout
        assert server.services()["pids"]["indexer"] == indexer


@pytest.mark.parametrize(("lost", "mode"), [("tantivy", "bm25"), ("chroma", "vector")])
def test_a_lost_index_is_made_anew_at_the_next_start(own: Server, lost: str, mode: str) -> None:
    client = person(own)
    client.upload(*FILES)
    client.indexed()
    before = [hit["passage_id"] for hit in client.search("guests of the workshop", mode=mode)]
    assert before
    client.close()
    assert own.terminate() == 0
    shutil.rmtree(own.data_dir / "indexes" / lost)
    with likeopt_server(own.data_dir) as again:
        client = Client(again.url)
        client.sign_in()
        eventually(
            lambda: (
                [hit["passage_id"] for hit in client.search("guests of the workshop", mode=mode)] == before
                if client.call("GET", f"/search?q=x&mode={mode}")[0] == 200
                else False
            ),
            f"the {mode} index is there again",
        )
        client.close()


def test_a_deleted_document_leaves_both_indexes(own: Server) -> None:
    client = person(own)
    client.upload(*FILES)
    documents = client.indexed()
    client.data("DELETE", f"/documents/{documents['english.pdf']['id']}")
    titles = {hit["document_id"] for mode in ("bm25", "vector") for hit in client.search("guests", mode=mode)}
    assert documents["english.pdf"]["id"] not in titles
    assert client.call("GET", f"/documents/{documents['english.pdf']['id']}")[0] == 404
    client.close()


def test_cancelling_takes_everything_back(own: Server) -> None:
    client = person(own)
    eventually(lambda: "indexer" in own.services()["pids"], "the indexer runs")
    indexer = psutil.Process(own.services()["pids"]["indexer"])
    indexer.suspend()
    (uploaded,) = client.upload(FILES[0])
    job = client.data("POST", f"/jobs/{uploaded['job']['id']}/cancel")
    indexer.resume()
    assert job["status"] == "cancelled"
    assert client.indexed()["english.pdf"]["status"] == "cancelled"
    assert client.search("guests", mode="bm25") == []
    again = client.data("POST", f"/documents/{uploaded['document']['id']}/retry")
    assert again["status"] == "queued"
    assert client.indexed()["english.pdf"]["status"] == "ready"
    client.close()


def test_the_indexer_stops_when_told_and_its_heartbeat_with_it(own: Server) -> None:
    eventually(lambda: "indexer" in own.services()["pids"], "the indexer runs")
    beats = own.data_dir / "run" / "indexers"
    eventually(lambda: any(beats.glob("*")), "it shows that it lives")
    assert own.terminate() == 0
    assert list(beats.glob("*")) == []


def test_health_tells_that_the_indexer_is_missing(own: Server) -> None:
    client = person(own)

    def state() -> str:
        found: str = client.data("GET", "/health/ready")["parts"]["indexer"]["state"]
        return found

    eventually(lambda: state() == "ok", "the indexer is seen")
    indexer = psutil.Process(own.services()["pids"]["indexer"])
    indexer.send_signal(signal.SIGSTOP)
    for beat in (own.data_dir / "run" / "indexers").glob("*"):
        beat.unlink()
    assert state() == "degraded"
    indexer.send_signal(signal.SIGCONT)
    eventually(lambda: state() == "ok", "the indexer is seen again")
    client.close()


def test_the_indexer_is_seen_to_live_while_it_indexes_for_long_without_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then housekeeping indexes too: its thread is not the one that tells of this process."""
    settings = Settings(data_dir=tmp_path / "data", redis_url=Secret("redis://127.0.0.1:1/0"), ollama_url="")
    migrate(settings)
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.01)
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.01)
    busy = worker.Indexer(settings, NullMetrics())
    beat, seen = settings.run_dir / "indexers" / str(os.getpid()), set()

    def index_a_book() -> None:
        beat.unlink(missing_ok=True)
        eventually(beat.exists, "it beats in the middle of the book")
        seen.add(threading.current_thread().name)
        eventually(lambda: len(seen) == 2, "the other thread has come to it too")
        busy.stop()

    monkeypatch.setattr(busy, "_work_off", index_a_book)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        busy.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert seen == {threading.main_thread().name, "housekeeping"}
    assert not beat.exists()
