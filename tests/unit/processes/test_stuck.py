"""A Chroma that answers and takes nothing that is written is noticed, and ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import urllib3

from backend.app.config import Settings
from backend.app.errors import SearchUnavailable
from backend.app.processes.data_lock import RunningServices, hold
from backend.app.processes.stuck import end_chroma
from backend.app.storage.indexes.chroma import ChromaIndexes
from tests.fakes.caches import FakeClock
from tests.fakes.things import passage

URL = "http://127.0.0.1:1"


@dataclass
class Answer:
    status: int
    data: bytes = b'{"id": "theirs"}'


class Chroma:
    """Answers what is written by a status; 0 is a connection that breaks, -1 none that answers in time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status, self.clock = 200, FakeClock()
        self.indexes = ChromaIndexes(URL, "use", clock=self.clock)
        monkeypatch.setattr(self.indexes, "_ask", self._ask)

    def writes(self, status: int, *, after: float = 0.0, deletes: bool = False) -> float:
        """Write something; return for how long writes have been refused then."""
        self.status = status
        self.clock.pass_by(after)
        with contextlib.suppress(SearchUnavailable):
            if deletes:
                self.indexes.remove_document("c1", "d1")
            else:
                self.indexes.add("c1", [passage(1)], np.ones((1, 2), np.float32))
        return self.indexes.refused_seconds

    def _ask(self, method: str, url: str, *_: object) -> Answer:
        status = self.status if url.endswith(("/upsert", "/delete")) else 200
        if status < 0:
            raise urllib3.exceptions.ReadTimeoutError(cast(Any, None), url, "no answer in time")
        if status == 0:
            raise urllib3.exceptions.ProtocolError("gone")
        return Answer(status)


@pytest.fixture
def chroma(monkeypatch: pytest.MonkeyPatch) -> Chroma:
    return Chroma(monkeypatch)


@pytest.mark.parametrize("deletes", [False, True])
def test_how_long_writes_have_been_refused_counts_from_the_first_to_the_last(chroma: Chroma, deletes: bool) -> None:
    assert chroma.writes(200, deletes=deletes) == 0
    assert chroma.writes(500, deletes=deletes) == 0
    assert chroma.writes(500, after=5, deletes=deletes) == 5
    assert chroma.writes(500, after=20, deletes=deletes) == 25
    chroma.clock.pass_by(1000)
    assert chroma.indexes.refused_seconds == 25


def test_a_deletion_of_nothing_says_nothing(chroma: Chroma) -> None:
    """Chroma writes nothing then; each document begins with one."""
    chroma.writes(500)
    chroma.writes(200, after=5, deletes=True)
    assert chroma.writes(500, after=5) == 10


@pytest.mark.parametrize("status", [200, 0])
def test_a_write_that_is_taken_or_a_server_that_is_gone_ends_the_counting(chroma: Chroma, status: int) -> None:
    chroma.writes(500)
    chroma.writes(500, after=5)
    assert chroma.writes(status) == 0
    assert chroma.writes(500, after=5) == 0


def test_a_write_that_waits_in_vain_for_the_lock_leaves_the_counting_as_it_is(chroma: Chroma) -> None:
    chroma.writes(500)
    assert chroma.writes(-1, after=10) == 0
    assert chroma.writes(500, after=15) == 25


def test_two_refusals_that_have_nothing_to_do_with_each_other_are_no_long_one(chroma: Chroma) -> None:
    chroma.writes(500)
    assert chroma.writes(500, after=3600) == 0


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
