"""Settings that change what the whole server is made of, each with the whole way through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.services.client import Answer, Client
from tests.services.command import CommandLine
from tests.services.likeopt import Server, eventually, likeopt_server
from tests.services.model import gguf

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "tests" / "fixtures" / "documents"
FILES = [DOCUMENTS / name for name in ("english.pdf", "korean.pdf", "workshop.docx")]
GUNICORN = {
    "workers": ("LIKEOPT_WORKERS", 3),
    "worker_connections": ("LIKEOPT_WORKER_CONNECTIONS", 77),
    "max_requests": ("LIKEOPT_MAX_REQUESTS", 1000),
    "max_requests_jitter": ("LIKEOPT_MAX_REQUESTS_JITTER", 100),
    "timeout": ("LIKEOPT_TIMEOUT", 99),
    "graceful_timeout": ("LIKEOPT_GRACEFUL_TIMEOUT", 9),
    "keepalive": ("LIKEOPT_KEEPALIVE", 8),
    "backlog": ("LIKEOPT_BACKLOG", 99),
    "preload_app": ("LIKEOPT_PRELOAD_APP", False),
    "worker_tmp_dir": ("LIKEOPT_WORKER_TMP_DIR", "/tmp"),
    "limit_request_line": ("LIKEOPT_LIMIT_REQUEST_LINE", 2048),
    "limit_request_fields": ("LIKEOPT_LIMIT_REQUEST_FIELDS", 50),
    "limit_request_field_size": ("LIKEOPT_LIMIT_REQUEST_FIELD_SIZE", 4096),
    "accesslog": ("LIKEOPT_ACCESS_LOG", "-"),
    "access_log_format": ("LIKEOPT_ACCESS_LOG_FORMAT", "%(h)s"),
    "loglevel": ("LIKEOPT_LOG_LEVEL", "warning"),
}


def whole_way(server: Server) -> tuple[Client, Answer]:
    client = Client(server.url)
    client.register()
    client.upload(*FILES)
    assert {document["status"] for document in client.indexed().values()} == {"ready"}
    return client, client.ask("What happens at the workshop?")


def test_everything_works_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    with likeopt_server(tmp_path / "data", DATABASE_URL=postgresql_url) as server:
        client, answer = whole_way(server)
        assert answer.events[-1] == "done"
        assert answer.sources
        messages = client.data("GET", f"/conversations/{answer.conversation_id}/messages")
        assert [message["role"] for message in messages] == ["user", "assistant"]
        assert client.search("workshop", mode="bm25")
        assert client.search("workshop", mode="vector")
        client.close()
        assert not (tmp_path / "data" / "likeopt.db").exists()


def test_a_gguf_file_answers_in_a_process_of_its_own(tmp_path: Path) -> None:
    few = {"LIKEOPT_LLM_MAX_TOKENS": "16", "LIKEOPT_CHAT_SOURCES": "2"}
    with likeopt_server(tmp_path / "data", LIKEOPT_LLM_GGUF=str(gguf()), **few) as server:
        eventually(lambda: "llama" in server.services()["pids"], "llama.cpp is one of the processes")
        client, answer = whole_way(server)
        assert answer.events[-1] == "done"
        assert answer.last["degraded"] == []
        assert answer.text.strip()
        model = client.data("GET", "/about")["model"]
        assert (model["provider"], model["available"]) == ("llama_cpp", True)
        client.close()
        asked = CommandLine(server.data_dir, few).json("ask", "What happens at the workshop?")
        assert (asked["model"], asked["degraded"]) == (model["name"], []), "a command asks the server's model"


def test_rank_bm25_is_chosen_by_a_setting(tmp_path: Path) -> None:
    with likeopt_server(tmp_path / "data", LIKEOPT_LEXICAL_ENGINE="rank_bm25") as server:
        client, answer = whole_way(server)
        assert answer.events[-1] == "done"
        assert client.search("workshop", mode="bm25")[0]["title"] == "workshop"
        parts = client.data("GET", "/health/ready")["parts"]
        assert parts["lexical_index"] == {"state": "ok", "detail": "rank_bm25"}
        client.close()
        assert not (tmp_path / "data" / "indexes" / "tantivy").exists()


def test_every_setting_of_gunicorn_can_be_overridden(tmp_path: Path) -> None:
    script = (
        "import json, gunicorn_config as config;"
        f"print(json.dumps({{name: getattr(config, name) for name in {list(GUNICORN)!r}}}))"
    )
    given = {variable: str(value).lower() for variable, value in GUNICORN.values()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**clean, **given, "LIKEOPT_ACCESS_LOG_FORMAT": "%(h)s", "LIKEOPT_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: value for name, (_, value) in GUNICORN.items()}
