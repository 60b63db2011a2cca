"""A Chroma that answers and takes nothing that is written is noticed, and ended."""

from __future__ import annotations

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
    """Answers what is written by a status, -1 not in time; where it is ``gone`` connections break."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status, self.clock, self.gone = 200, FakeClock(), False
        self.indexes = ChromaIndexes(URL, "use", clock=self.clock)
        monkeypatch.setattr(self.indexes, "_ask", self._ask)

    def writes(self, status: int, *, after: float = 0.0, deletes: bool = False) -> bool:
        """Write something; tell whether it was taken."""
        self.status = status
        self.clock.pass_by(after)
        try:
            if deletes:
                self.indexes.remove_document("c1", "d1")
            else:
                self.indexes.add("c1", [passage(1)], np.ones((1, 2), np.float32))
        except SearchUnavailable:
            return False
        return True

    def _ask(self, method: str, url: str, *_: object) -> Answer:
        status = self.status if url.endswith(("/upsert", "/delete")) else 200
        if status < 0:
            raise urllib3.exceptions.ReadTimeoutError(cast(Any, None), url, "no answer in time")
        if self.gone:
            raise urllib3.exceptions.ProtocolError("gone")
        return Answer(status)


@pytest.fixture
def chroma(monkeypatch: pytest.MonkeyPatch) -> Chroma:
    return Chroma(monkeypatch)


@pytest.mark.parametrize("deletes", [False, True])
def test_after_a_refusal_nothing_is_written_until_it_was_started_anew(chroma: Chroma, deletes: bool) -> None:
    """A full disk may leave a transaction open: what is taken into it is lost when Chroma ends."""
    assert chroma.writes(200, deletes=deletes)
    assert not chroma.indexes.has_refused
    assert not chroma.writes(500, deletes=deletes)
    assert chroma.indexes.has_refused
    assert not chroma.writes(200, after=5, deletes=deletes), "it would be taken"
    assert chroma.indexes.has_refused
    chroma.indexes.forget_refusal()
    assert chroma.writes(200, deletes=deletes)
    assert not chroma.indexes.has_refused


def test_a_server_that_is_gone_comes_back_as_another(chroma: Chroma) -> None:
    chroma.writes(500)
    chroma.gone = True
    with pytest.raises(SearchUnavailable):
        chroma.indexes.ping()
    chroma.gone = False
    assert not chroma.indexes.has_refused
    assert chroma.writes(200)


def test_one_that_nobody_starts_anew_is_tried_again_after_a_while(chroma: Chroma) -> None:
    assert not chroma.writes(500)
    assert chroma.writes(200, after=61)
    assert not chroma.indexes.has_refused


def test_a_write_that_waits_in_vain_for_the_lock_is_no_refusal(chroma: Chroma) -> None:
    assert not chroma.writes(-1)
    assert not chroma.indexes.has_refused
    assert not chroma.writes(500)
    assert chroma.indexes.has_refused


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
