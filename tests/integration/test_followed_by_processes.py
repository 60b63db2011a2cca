"""The processes that follow folders: a server's indexer, and ``likeopt ingest --watch``."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.client import Client
from tests.services.command import CommandLine
from tests.services.likeopt import eventually, likeopt_server


def test_a_servers_indexer_follows_what_an_administrator_names(tmp_path: Path) -> None:
    papers, other = tmp_path / "papers", tmp_path / "other"
    papers.mkdir()
    other.mkdir()
    (papers / "lamp.txt").write_text("The harbour keeps a lamp.")
    settings = {"LIKEOPT_WATCH_ROOTS": str(papers), "LIKEOPT_WATCH_SECONDS": "0.3"}
    with likeopt_server(tmp_path / "data", **settings) as server:
        client = Client(server.url)
        client.register()
        collection = client.data("GET", "/collections")[0]["id"]
        address = f"/collections/{collection}/folders"
        status, refused = client.call("POST", address, json={"path": str(other)})
        assert (status, refused["error_code"]) == (403, "FOLDER_NOT_ALLOWED")
        folder = client.data("POST", address, json={"path": str(papers)})
        assert folder["path"] == str(papers)

        def ready() -> set[str]:
            return {name for name, document in client.documents().items() if document["status"] == "ready"}

        eventually(lambda: ready() == {"lamp.txt"}, "the file is ready")
        (papers / "lamp.txt").rename(papers / "light.txt")
        (papers / "empty.txt").write_text("")
        eventually(lambda: ready() == {"light.txt"}, "it has its new name")
        eventually(lambda: bool(client.data("GET", address)[0]["refused"]), "the bad file is named")
        assert client.data("GET", address)[0]["files"] == 2
        (papers / "light.txt").unlink()
        eventually(lambda: client.documents() == {}, "it has gone with its file")
        likeopt = CommandLine(server.data_dir)
        assert [found["path"] for found in likeopt.json("watch", "list")] == [str(papers)]
        listed = likeopt("watch", "list").stdout.splitlines()
        assert listed[-2:] == [f"Not taken in from {papers}:", "  empty.txt: The file is empty."]
        client.data("DELETE", f"{address}/{folder['id']}")
        assert client.data("GET", address) == []
        assert client.call("DELETE", f"{address}/{folder['id']}")[1]["error_code"] == "FOLDER_NOT_FOUND"
        client.close()


@contextlib.contextmanager
def following(likeopt: CommandLine, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command; an assertion that fails inside must not wait for it for ever."""
    with likeopt.start("ingest", folder, "--watch") as running:
        try:
            yield running
        finally:
            running.send_signal(signal.SIGINT)


def test_a_command_follows_a_folder_until_it_is_stopped_and_goes_on_from_there(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "lamp.txt").write_text("The harbour keeps a lamp.")
    likeopt = CommandLine(tmp_path / "data", {"LIKEOPT_WATCH_SECONDS": "0.3"})
    assert "follows folders" in likeopt("ingest", papers / "lamp.txt", "--watch", code=2).stderr
    with following(likeopt, papers) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert "until Ctrl-C" in running.stdout.readline()
        assert running.stdout.readline().split() == ["added", "lamp.txt"]
        (papers / "lamp.txt").write_text("The harbour keeps a fire, and a heavy book.")
        assert running.stdout.readline().split() == ["changed", "lamp.txt"]
        (papers / "book.txt").write_text("A heavy book.")
        assert running.stdout.readline().split() == ["added", "book.txt"]
        (papers / "book.txt").unlink()
        assert running.stdout.readline().split() == ["deleted", "book.txt"]
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130, said
    assert "Stopped following" in said
    with following(likeopt, papers) as running:
        assert running.stdout is not None
        assert "until Ctrl-C" in running.stdout.readline()
        (papers / "new.txt").write_text("A new page.")
        assert running.stdout.readline().split() == ["added", "new.txt"], "nothing else has changed"
        running.send_signal(signal.SIGINT)
    hits = likeopt.json("search", "a fire in the harbour", "--mode", "bm25")["data"]
    assert hits[0]["title"] == "lamp"
    assert likeopt("watch", "remove", papers).stdout.endswith("Its documents stay.\n")
    assert "not followed" in likeopt("watch", "remove", papers, code=1).stderr
