"""A Chroma that has refused a write is asked to keep nothing more, by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
import urllib3

from backend.app.errors import SearchUnavailable
from backend.app.refusal import Refusal
from backend.app.storage.indexes.chroma import ChromaIndexes
from tests.fakes.caches import FakeClock
from tests.fakes.things import passage

URL = "http://127.0.0.1:1"


@dataclass
class Answer:
    status: int
    data: bytes = b'{"id": "theirs"}'


class Chroma:
    """Answers what is written by a status, -1 not in time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status, self.clock = 200, FakeClock()
        self.clock.pass_by(1000)
        self.refusal = Refusal(clock=self.clock)
        self.indexes = ChromaIndexes(URL, "use", refusal=self.refusal)
        self.next_embedder = ChromaIndexes(URL, "next", refusal=self.refusal)
        for indexes in (self.indexes, self.next_embedder):
            monkeypatch.setattr(indexes, "_ask", self._ask)

    def writes(self, status: int, *, after: float = 0.0, deletes: bool = False) -> bool:
        """Write something; tell whether it was taken."""
        self.status = status
        self.clock.pass_by(after)
        try:
            if deletes:
                self.indexes.remove_documents("c1", ["d1"])
            else:
                self.indexes.add("c1", [passage(1)], np.ones((1, 2), np.float32))
        except SearchUnavailable:
            return False
        return True

    def _ask(self, method: str, url: str, *_: object) -> Answer:
        status = self.status if url.endswith(("/upsert", "/delete")) else 200
        if status < 0:
            raise urllib3.exceptions.ReadTimeoutError(cast(Any, None), url, "no answer in time")
        return Answer(status)


@pytest.fixture
def chroma(monkeypatch: pytest.MonkeyPatch) -> Chroma:
    return Chroma(monkeypatch)


@pytest.mark.parametrize("deletes", [False, True])
def test_after_a_refusal_nothing_is_written_until_it_was_started_anew(chroma: Chroma, deletes: bool) -> None:
    """A full disk may leave a transaction open: what is taken into it is lost when Chroma ends."""
    assert chroma.writes(200, deletes=deletes)
    assert not chroma.refusal.is_recent()
    assert not chroma.writes(500, deletes=deletes)
    assert chroma.refusal.is_recent()
    assert not chroma.writes(200, after=5, deletes=deletes), "it would be taken"
    chroma.refusal.forget()
    assert chroma.writes(200, deletes=deletes)


def test_what_one_embedders_vectors_were_refused_no_other_embedders_are_written_to(chroma: Chroma) -> None:
    assert not chroma.writes(500)
    chroma.status = 200
    for act in (
        lambda: chroma.next_embedder.add("c1", [passage(1)], np.ones((1, 2), np.float32)),
        lambda: chroma.next_embedder.remove_stray("a name"),
    ):
        with pytest.raises(SearchUnavailable, match="refused a write"):
            act()


def test_that_it_answers_does_not_make_it_trusted(chroma: Chroma) -> None:
    assert not chroma.writes(500)
    chroma.indexes.ping()
    assert chroma.refusal.is_recent()


def test_one_that_nobody_starts_anew_is_tried_again_after_a_while(chroma: Chroma) -> None:
    assert not chroma.writes(500)
    assert not chroma.writes(200, after=59)
    assert chroma.writes(200, after=2)


def test_a_write_that_waits_in_vain_for_the_lock_is_no_refusal(chroma: Chroma) -> None:
    assert not chroma.writes(-1)
    assert not chroma.refusal.is_recent()
    assert not chroma.writes(500)
    assert chroma.refusal.is_recent()
