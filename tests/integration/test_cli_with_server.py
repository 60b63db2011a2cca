"""The same commands while a server runs: they share its services, and its indexer does the work."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.app.config import Settings
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.indexes.chroma import ChromaIndexes
from backend.app.storage.indexes.tantivy import TantivyIndexes
from tests.services.client import EMAIL, Client
from tests.services.command import CommandLine
from tests.services.likeopt import Server, eventually, likeopt_server

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with likeopt_server(tmp_path_factory.mktemp("served") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    client = Client(server.url)
    client.register()
    yield client
    client.close()


@pytest.fixture
def likeopt(server: Server) -> CommandLine:
    return CommandLine(server.data_dir)


def test_the_servers_indexer_works_and_everybody_finds_it(likeopt: CommandLine, client: Client) -> None:
    answer = likeopt.json(
        "ingest", DOCUMENTS / "english.pdf", DOCUMENTS / "korean.pdf", DOCUMENTS / "broken.pdf", code=1
    )
    assert (answer["ready"], answer["failed"]) == (2, 1)
    assert {document["status"] for document in client.indexed().values()} == {"ready", "failed"}
    query = "How much diesel does the generator burn?"
    mine, theirs = likeopt.json("search", query)["data"], client.search(query)
    assert mine == theirs
    assert mine[0]["title"] == "english"


def test_an_answer_of_the_terminal_is_a_conversation_of_the_first_administrator(
    likeopt: CommandLine, client: Client
) -> None:
    asked = likeopt.json("ask", "How much diesel does the generator burn?")
    (kept,) = client.data("GET", "/conversations?q=diesel")
    assert kept["id"] == asked["conversation_id"]


def test_everything_is_well_and_stays_so_over_a_reindex(likeopt: CommandLine, client: Client) -> None:
    before = [hit["passage_id"] for hit in client.search("diesel generator")]
    likeopt("reindex")
    assert [hit["passage_id"] for hit in client.search("diesel generator")] == before
    found = {check["name"]: check for check in likeopt.json("doctor")["checks"]}
    assert found["server"]["detail"].startswith(client.url)
    assert {name for name, check in found.items() if check["state"] != "ok"} == {"last backup"}, "nobody has made one"


def test_what_differs_is_mended_while_people_search(likeopt: CommandLine, client: Client, server: Server) -> None:
    documents = client.indexed()
    english, korean = documents["english.pdf"], documents["korean.pdf"]
    before = {mode: client.search("diesel generator", mode=mode)[0]["passage_id"] for mode in ("bm25", "vector")}
    words = TantivyIndexes(server.data_dir / "indexes" / "tantivy", Analyzer().version)
    words.remove_document(english["collection_id"], english["id"])
    vectors = ChromaIndexes(server.services()["chroma_url"], Settings().embedding)
    vectors.remove_documents(english["collection_id"], [english["id"]])
    next((server.data_dir / "files").glob(f"??/{korean['id']}.txt")).unlink()
    found = {entry["fault"] for check in likeopt.json("doctor", code=1)["checks"] for entry in check["found"]}
    assert found == {"words_missing", "vectors_missing", "texts_missing"}
    likeopt("doctor", "--repair")
    assert client.indexed()["korean.pdf"]["status"] == "ready", "the server's indexer has read it anew"
    assert {mode: client.search("diesel generator", mode=mode)[0]["passage_id"] for mode in before} == before
    assert {check["state"] for check in likeopt.json("doctor")["checks"]} <= {"ok", "note"}


def test_an_account_is_made_while_registration_is_closed(likeopt: CommandLine, client: Client) -> None:
    likeopt("user", "add", "bob@example.org", "--password-stdin", input="a long password\n")
    bob = Client(client.url)
    bob.sign_in("bob@example.org")
    assert bob.data("GET", "/auth/me")["role"] == "member"
    bob.close()
    assert client.data("GET", "/auth/me")["email"] == EMAIL


def test_after_ctrl_c_the_server_goes_on(likeopt: CommandLine, client: Client, server: Server, tmp_path: Path) -> None:
    eventually(lambda: "indexer" in server.services()["pids"], "the indexer runs")
    indexer = psutil.Process(server.services()["pids"]["indexer"])
    (tmp_path / "late.txt").write_text("The harbour master keeps a book.")
    indexer.suspend()
    with likeopt.start("ingest", tmp_path / "late.txt") as running:
        eventually(lambda: "late.txt" in client.documents(), "the file is taken in")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate()
    indexer.resume()
    assert running.returncode == 130
    assert "stays queued" in said
    assert client.indexed()["late.txt"]["status"] == "ready"
