"""Files read by children of a process that stands ready."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.app.services.ingestion.child_process import Bounds, ChildDied, ExtractionCancelled, run_child
from backend.app.services.ingestion.ready_children import ReadyChildren
from tests.services.likeopt import eventually

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
BOUNDS = Bounds(memory_bytes=2**30, seconds=60, file_bytes=2**28)
PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")


@pytest.fixture
def ready() -> Iterator[ReadyChildren]:
    with contextlib.closing(ReadyChildren()) as children:
        yield children


def text_of(path: Path | str, media_type: str = "text/plain") -> dict[str, Any]:
    return {"task": "text", "path": str(path), "media_type": media_type, "max_chars": 1_000_000, "ocr": None}


def _servers() -> set[int]:
    """Return this process's servers; a child that reads is theirs."""
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it has just ended
            if any("reading.server" in part for part in child.cmdline()):
                found.add(child.pid)
    return found


@pytest.fixture
def servers() -> Callable[[], set[int]]:
    """Tells of the servers that have been started since; those of other tests in this process are not ours."""
    others = _servers()
    return lambda: _servers() - others


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """Return a file that is read for ever: a pipe into which nobody writes."""
    path = tmp_path / "stuck.txt"
    os.mkfifo(path)
    return path


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


@pytest.mark.parametrize(("name", "media_type"), [("english.pdf", PDF), ("workshop.docx", DOCX)])
def test_they_read_what_a_child_reads_that_is_started_alone(
    ready: ReadyChildren, tmp_path: Path, name: str, media_type: str
) -> None:
    request = text_of(DOCUMENTS / name, media_type)
    alone = run_child(request, BOUNDS, folder(tmp_path, "alone"))
    assert alone["text"]
    assert ready.run(request, BOUNDS, folder(tmp_path, "ready")) == alone


def test_one_server_serves_many_files_each_confined_in_a_process_of_its_own(
    ready: ReadyChildren, tmp_path: Path, servers: Callable[[], set[int]]
) -> None:
    statuses = []
    for number in range(3):
        answer = ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, str(number)))
        statuses.append(dict(line.split(":", 1) for line in answer["text"].splitlines() if ":" in line))
    (server,) = servers()
    assert {int(status["PPid"]) for status in statuses} == {server}
    assert len({status["Pid"] for status in statuses}) == 3
    assert {status["NoNewPrivs"].strip() for status in statuses} == {"1"}
    limits = ready.run(text_of("/proc/self/limits"), BOUNDS, folder(tmp_path, "limits"))["text"]
    lines = {line[:25].strip(): line[25:].split() for line in limits.splitlines()}
    assert lines["Max data size"][0] == str(BOUNDS.memory_bytes)
    assert lines["Max cpu time"][0] == str(BOUNDS.most_seconds)
    assert lines["Max file size"][0] == str(BOUNDS.file_bytes)


def test_a_file_whose_time_runs_out_ends_alone_and_the_next_is_read(
    ready: ReadyChildren, tmp_path: Path, stuck: Path, servers: Callable[[], set[int]]
) -> None:
    ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "first"))
    (server,) = servers()
    with pytest.raises(ChildDied) as died:
        ready.run(text_of(stuck), Bounds(2**30, 1, 2**28), folder(tmp_path, "stuck"))
    assert died.value.timed_out
    assert psutil.Process(server).children() == []
    assert ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "next"))["text"]
    assert servers() == {server}


def test_a_reading_that_is_cancelled_ends_and_another_goes_on_beside_it(
    ready: ReadyChildren, tmp_path: Path, stuck: Path, servers: Callable[[], set[int]]
) -> None:
    cancelled = threading.Event()
    ended: list[BaseException] = []

    def read() -> None:
        try:
            ready.run(text_of(stuck), BOUNDS, folder(tmp_path, "stuck"), cancelled.is_set)
        except ExtractionCancelled as error:
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        eventually(lambda: len(servers()) == 1, "a server has been started")
        assert ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "next"))["text"]
    finally:
        cancelled.set()
        thread.join()
    assert len(ended) == 1


def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_is_read(
    ready: ReadyChildren, tmp_path: Path
) -> None:
    large = tmp_path / "large.txt"
    large.write_text("word " * 8_000_000)
    little = Bounds(memory_bytes=2**25, seconds=60, file_bytes=2**28)
    answer = ready.run(text_of(large), little, folder(tmp_path, "large"))
    assert (answer["refused"], answer["detail"]) == ("too_complex", "MemoryError")
    assert ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "next"))["text"]


def test_a_server_that_was_killed_costs_no_file(
    ready: ReadyChildren, tmp_path: Path, servers: Callable[[], set[int]]
) -> None:
    request = text_of("/proc/self/status")
    ready.run(request, BOUNDS, folder(tmp_path, "first"))
    (server,) = servers()
    os.kill(server, signal.SIGKILL)
    assert ready.run(request, BOUNDS, folder(tmp_path, "second"))["text"]
    assert ready.run(request, BOUNDS, folder(tmp_path, "third"))["text"]


def test_servers_end_when_nothing_is_read(tmp_path: Path, servers: Callable[[], set[int]]) -> None:
    with contextlib.closing(ReadyChildren(idle_seconds=0.1)) as ready:
        ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "first"))
        eventually(lambda: servers() == set(), "the server has ended")
        assert ready.run(text_of("/proc/self/status"), BOUNDS, folder(tmp_path, "second"))["text"]


def test_nothing_outlives_a_process_that_is_killed_while_a_file_is_read(tmp_path: Path, stuck: Path) -> None:
    program = f"""
        from pathlib import Path
        from tests.integration.test_ready_children import BOUNDS, ReadyChildren, text_of

        ReadyChildren().run(text_of({str(stuck)!r}), BOUNDS, Path({str(tmp_path)!r}))
    """
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=root) as process:
        try:
            own = psutil.Process(process.pid)
            eventually(lambda: len(own.children(recursive=True)) == 2, "the server's child reads")
            gone = own.children(recursive=True)
        finally:
            process.kill()
    eventually(lambda: not any(child.is_running() for child in gone), "server and child have ended")
