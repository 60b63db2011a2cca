"""Documents from the terminal, without a server: taken in, found, asked about, and mended."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.services.command import CommandLine
from tests.services.likeopt import eventually

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"
GOOD = ("english.pdf", "workshop.docx", "report.hwpx", "minutes.cp949.txt", "garden.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "papers"
    (folder / "deep").mkdir(parents=True)
    for name in GOOD:
        shutil.copy(DOCUMENTS / name, folder / "deep")
    (folder / ".hidden.txt").write_text("never taken in")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture(scope="module")
def first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Any]:
    """A data folder with documents, and what the command said that took them in."""
    likeopt = CommandLine(tmp_path_factory.mktemp("cli") / "data")
    bad = (DOCUMENTS / "password.pdf", folder / "photo.png", folder / "missing.txt", "http://127.0.0.1/page")
    return likeopt, likeopt.json("ingest", folder, *bad, code=1)


@pytest.fixture
def likeopt(first: tuple[CommandLine, Any]) -> CommandLine:
    return first[0]


def test_an_archives_files_are_told_each_for_itself(tmp_path: Path) -> None:
    archive = tmp_path / "papers.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("garden.md", "password.pdf"):
            file.write(DOCUMENTS / name, f"inner/{name}")
    answer = CommandLine(tmp_path / "data").json("ingest", archive, code=1)
    files = {Path(entry["path"]).name: entry for entry in answer["files"]}
    assert {name: entry["outcome"] for name, entry in files.items()} == {
        "papers.zip": "ready", "garden.md": "ready", "password.pdf": "failed",
    }  # fmt: skip
    assert files["password.pdf"]["error"]["error_code"] == "PASSWORD_PROTECTED"


def titles(answer: Any) -> list[str]:
    return [hit["title"] for hit in answer["data"]]


def test_good_files_are_ready_and_bad_ones_named_with_their_reason(first: tuple[CommandLine, Any]) -> None:
    _, answer = first
    files = {Path(entry["path"]).name: entry for entry in answer["files"]}
    assert {name for name, entry in files.items() if entry["outcome"] == "ready"} == set(GOOD)
    assert all(files[name]["passages"] > 0 for name in GOOD)
    assert files["password.pdf"]["error"]["error_code"] == "PASSWORD_PROTECTED"
    assert files["photo.png"]["error"]["message"].startswith(".png files are not supported.")
    assert files["missing.txt"]["error"]["message"] == "There is no such file."
    assert files["page"]["error"]["error_code"] == "WEB_PAGE_REFUSED"
    assert set(files) == {*GOOD, "password.pdf", "photo.png", "missing.txt", "page"}
    assert (answer["ready"], answer["duplicate"], answer["failed"]) == (len(GOOD), 0, 4)


@pytest.mark.parametrize(
    ("query", "title", "mode"),
    [
        ("How much diesel does the generator burn?", "english", "hybrid"),
        ("톱을 쓸 때 보안경을 쓰나요?", "workshop", "bm25"),
        ("톱을 쓸 때 보안경을 쓰나요?", "workshop", "vector"),
    ],
)
def test_what_was_taken_in_is_found(likeopt: CommandLine, query: str, title: str, mode: str) -> None:
    answer = likeopt.json("search", query, "--mode", mode, "-k", "3")
    assert titles(answer)[0] == title
    assert answer["degraded"] == []
    hit = answer["data"][0]
    assert (hit["ranks"]["bm25"] is None, hit["ranks"]["vector"] is None) == (mode == "vector", mode == "bm25")


def test_hits_are_shown_for_people(likeopt: CommandLine) -> None:
    shown = likeopt("search", "diesel generator", "-k", "1", "--mode", "bm25").stdout
    assert shown.startswith(" 1. english")
    assert "page 2" in shown
    assert "burns four litres of diesel" in shown


def test_an_answer_quotes_its_source_and_is_kept(likeopt: CommandLine) -> None:
    question = "톱을 쓸 때 무엇을 써야 하나요?"
    answer = likeopt.json("ask", question)
    assert "보안경" in answer["answer"]
    cited = {citation["n"] for citation in answer["citations"]}
    assert {source["title"] for source in answer["sources"] if source["n"] in cited} == {"workshop"}
    for citation in answer["citations"]:
        source = answer["sources"][citation["n"] - 1]
        assert source["text"][citation["start"] : citation["end"]] == citation["quote"]
    with closing(sqlite3.connect(likeopt.data_dir / "likeopt.db")) as database:
        query = "SELECT text FROM messages WHERE conversation_id = ? ORDER BY place"
        kept = [row[0] for row in database.execute(query, (answer["conversation_id"],))]
    assert kept == [question, answer["answer"]]


def test_the_same_files_again_are_said_to_be_there(likeopt: CommandLine, folder: Path) -> None:
    done = likeopt("ingest", folder)
    assert done.stdout.count("duplicate  ") == len(GOOD)
    assert done.stdout.endswith(f"{len(GOOD)} already there in “Documents”.\n")


def test_a_collection_is_made_and_searched_alone(likeopt: CommandLine, folder: Path) -> None:
    likeopt("ingest", folder / "deep" / "garden.md", "--collection", "정원")
    query = ("search", "diesel generator and beans", "--collection", "정원", "--mode", "bm25")
    assert titles(likeopt.json(*query)) == ["정원 일지"]


def test_the_first_account_takes_over_what_was_taken_in(likeopt: CommandLine, folder: Path) -> None:
    made = likeopt("user", "add", "ann@example.com", "--password-stdin", input="correct horse\n")
    assert made.stdout == "ann@example.com can sign in and administers.\n"
    assert "already there" in likeopt("ingest", folder / "deep" / "english.pdf").stdout


def test_lost_indexes_and_texts_are_noticed_and_made_anew(likeopt: CommandLine) -> None:
    shutil.rmtree(likeopt.data_dir / "indexes")
    next((likeopt.data_dir / "files").glob("??/*.txt")).unlink()
    wrong = {check["name"] for check in likeopt.json("doctor", code=1)["checks"] if check["state"] == "wrong"}
    assert wrong == {"words indexed", "vectors indexed", "files"}
    mended = likeopt("doctor", "--repair").stdout
    assert "queued to be read anew" in mended
    assert "made the word index anew" in mended
    shutil.rmtree(likeopt.data_dir / "indexes")
    assert "documents indexed anew" in likeopt("reindex").stdout
    assert {check["state"] for check in likeopt.json("doctor")["checks"]} <= {"ok", "note"}


def big_texts(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        words = (f"Chapter {number}, line {line}: the harbour keeps a lamp and a book.\n\n" for line in range(300))
        (folder / f"{number}.txt").write_text("".join(words))
    return folder


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_command_loses_nothing(tmp_path: Path, stop: signal.Signals, code: int) -> None:
    likeopt, texts = CommandLine(tmp_path / "data"), big_texts(tmp_path / "texts", 3)
    running = likeopt.start("ingest", texts)
    with running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("ready ")
        running.send_signal(stop)
        said = running.stderr.read()
    assert running.returncode == code
    assert ("stays queued" in said) == (stop == signal.SIGINT), said
    assert "Traceback" not in said
    eventually(lambda: not likeopt.leftovers(), "nothing runs on the folder")
    answer = likeopt.json("ingest", texts)
    assert (answer["failed"], answer["ready"] + answer["duplicate"]) == (0, 3)
    assert answer["duplicate"] >= 1
    found = {check["name"]: check for check in likeopt.json("doctor")["checks"]}
    assert {found[name]["state"] for name in ("words indexed", "vectors indexed", "files")} == {"ok"}
    with closing(sqlite3.connect(likeopt.data_dir / "likeopt.db")) as database:
        query = "SELECT count(*), count(DISTINCT document_id || '/' || ordinal), max(ordinal) + 1 FROM passages"
        passages, places, each = database.execute(query).fetchone()
    assert passages == places == 3 * each


def test_wrong_settings_are_told_in_a_sentence(tmp_path: Path) -> None:
    likeopt = CommandLine(tmp_path / "data", {"LIKEOPT_PASSAGE_CHARS": "ten"})
    assert "LIKEOPT_PASSAGE_CHARS='ten'" in likeopt("search", "x", code=1).stderr
    (tmp_path / "data").write_text("a file, not a folder")
    assert "Error: " in CommandLine(tmp_path / "data")("search", "x", code=1).stderr
