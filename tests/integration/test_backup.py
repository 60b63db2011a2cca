"""A backup of a server at work, restored: nothing that it had acknowledged is missing, and nothing differs."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.services.client import Client
from tests.services.command import CommandLine
from tests.services.likeopt import Server, eventually, likeopt_server

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"
QUESTION = "How much diesel does the generator burn?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with likeopt_server(tmp_path_factory.mktemp("served") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    client = Client(server.url)
    client.register()
    noise = server.data_dir.parent / "noise.pdf"  # more than a pipe holds, however well it is compressed
    noise.write_bytes(b"%PDF-1.7\n" + os.urandom(300_000))
    client.upload(DOCUMENTS / "english.pdf", DOCUMENTS / "korean.pdf", noise)
    client.indexed()
    client.ask(QUESTION)
    yield client
    client.close()


@pytest.fixture
def likeopt(server: Server) -> CommandLine:
    return CommandLine(server.data_dir)


class Busy:
    """Somebody who uploads, deletes and asks until told to stop, and remembers what was acknowledged."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.stored: list[str] = []
        self.asked: list[str] = []
        self.failures: list[BaseException] = []
        self._client = client
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Busy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            number = 0
            while not self._stop.is_set():
                number += 1
                file = self._folder / f"busy-{number}.txt"
                file.write_text(f"Note {number}: the lighthouse keeper wrote {number} lines.")
                (taken,) = self._client.upload(file)
                if number % 2:
                    self._client.data("DELETE", f"/documents/{taken['document']['id']}")
                else:
                    self.stored.append(file.name)
                self.asked.append(self._client.ask(f"What is note {number} about?").conversation_id)
        except BaseException as error:
            self.failures.append(error)


def figures(client: Client) -> dict[str, Any]:
    """Return what a person sees: documents with their numbers, conversations, and what a search finds."""
    documents = client.indexed()
    texts = {}
    for name, document in documents.items():
        page = client.data("GET", f"/documents/{document['id']}/passages")
        texts[name] = [(passage["id"], passage["text"], passage["page"], passage["start"]) for passage in page]
    conversations = client.data("GET", "/conversations?limit=100")
    spoken = {one["id"]: client.data("GET", f"/conversations/{one['id']}/messages") for one in conversations}
    searches = {
        mode: [(hit["passage_id"], round(hit["score"], 5)) for hit in client.search(QUESTION, mode=mode)]
        for mode in ("bm25", "vector", "hybrid")
    }
    return {"documents": documents, "texts": texts, "spoken": spoken, "searches": searches}


def test_a_restored_copy_shows_the_same_as_the_server_did(
    likeopt: CommandLine, client: Client, server: Server, tmp_path: Path
) -> None:
    file, other = tmp_path / "backup.tar.gz", tmp_path / "restored"
    before = figures(client)
    made = likeopt.json("backup", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (made["documents"], made["tables"]["documents"], made["lost"]) == (3, 3, [])
    CommandLine(other)("restore", file)
    with likeopt_server(other) as again:
        reader = Client(again.url)
        reader.sign_in()
        assert figures(reader) == before
        assert CommandLine(other)("restore", file, code=1).stderr.startswith("Error: `likeopt serve` (process ")
        reader.close()


def test_everything_acknowledged_before_a_backup_under_load_is_in_it(
    likeopt: CommandLine, client: Client, tmp_path: Path
) -> None:
    file, other = tmp_path / "backup.tar.gz", CommandLine(tmp_path / "restored")
    busy_client = Client(client.url)
    busy_client.sign_in()
    with Busy(busy_client, tmp_path) as busy:
        eventually(lambda: busy.failures != [] or len(busy.stored) >= 2, "some files are taken in")
        stored, asked = list(busy.stored), list(busy.asked)
        likeopt("backup", file)
    assert busy.failures == []
    busy_client.close()
    assert other("restore", file).stdout.startswith("Restored ")
    checks = other.json("doctor")["checks"]
    assert {check["state"] for check in checks} <= {"ok", "note"}, "no file, passage or entry differs"
    with closing(sqlite3.connect(other.data_dir / "likeopt.db")) as database:
        assert set(stored) <= {name for (name,) in database.execute("SELECT filename FROM documents")}
        assert set(asked) <= {id for (id,) in database.execute("SELECT id FROM conversations")}
        written = "SELECT action FROM audit_events WHERE actor = 'command line' ORDER BY id"
        assert ("backup.restored",) in database.execute(written).fetchall()


def test_a_backup_that_is_broken_off_leaves_nothing(likeopt: CommandLine, client: Client, tmp_path: Path) -> None:
    def held(what: str = "") -> list[Path]:
        return list((likeopt.data_dir / "files").glob(f"held-*{what}"))

    with likeopt.start("backup", "-") as running:
        # Nobody reads what it writes: it stands still in the middle.
        eventually(lambda: held("/[0-9a-f]*") != [], "it holds files")
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert held() != []
    (tmp_path / "backups").mkdir()
    likeopt("backup", tmp_path / "backups")
    assert held() == [], "the next one has swept it up"
    (made,) = (tmp_path / "backups").iterdir()
    assert made.name.startswith("like-opt-20")
