"""A Chroma that answers and takes nothing that is written is noticed, and ended."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from backend.app.config import Settings
from backend.app.errors import SearchUnavailable
from backend.app.processes.data_lock import RunningServices, hold
from backend.app.processes.stuck import end_chroma
from backend.app.storage.indexes.chroma import ChromaIndexes

URL = "http://127.0.0.1:1"


@dataclass
class Answer:
    status: int
    data: bytes = b'{"id": "theirs"}'


@pytest.fixture
def indexes(monkeypatch: pytest.MonkeyPatch) -> tuple[ChromaIndexes, Callable[[int], None]]:
    """Chroma's client, and how to say by what status writes are answered; 0 is no answer."""
    now = itertools.count(1000, 10)
    statuses, found = {"write": 200}, ChromaIndexes(URL, "use", clock=lambda: next(now))

    def ask(method: str, url: str, *_: object) -> Answer:
        status = statuses["write"] if url.endswith("/delete") else 200
        if status == 0:
            raise urllib3.exceptions.ProtocolError("gone")
        return Answer(status)

    monkeypatch.setattr(found, "_ask", ask)
    return found, lambda status: statuses.update(write=status)


def written(indexes: ChromaIndexes) -> None:
    try:
        indexes.remove_document("c1", "d1")
    except SearchUnavailable:
        return


def test_how_long_writes_have_been_refused_counts_from_the_first(
    indexes: tuple[ChromaIndexes, Callable[[int], None]],
) -> None:
    found, answers = indexes
    written(found)
    assert found.refused_seconds == 0
    answers(500)
    written(found)
    first = found.refused_seconds
    written(found)
    assert found.refused_seconds > first > 0


@pytest.mark.parametrize("status", [200, 404, 0])
def test_a_write_that_is_taken_or_a_server_that_is_gone_ends_the_counting(
    indexes: tuple[ChromaIndexes, Callable[[int], None]], status: int
) -> None:
    found, answers = indexes
    answers(500)
    written(found)
    answers(status)
    written(found)
    assert found.refused_seconds == 0


def test_reading_says_nothing_about_writing(indexes: tuple[ChromaIndexes, Callable[[int], None]]) -> None:
    found, answers = indexes
    answers(500)
    written(found)
    found.ping()
    assert found.refused_seconds > 0


def test_the_chroma_of_this_folder_is_ended_and_no_other(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, chroma_url=URL)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with hold(settings, "serve") as lock:
            lock.publish(
                RunningServices(pid=os.getpid(), command="serve", chroma_url=URL, pids={"chroma": process.pid})
            )
            assert not end_chroma(settings.with_(chroma_url="http://elsewhere:8000"))
            assert process.poll() is None
            assert end_chroma(settings)
            assert process.wait(30) < 0
        assert not end_chroma(settings), "no server runs here"
