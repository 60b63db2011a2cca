"""What counts as held back for ever, and what a part may keep."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.faults.footprint import Held, descriptors
from tests.faults.quiet import grown

BEFORE = {"worker": Held(200.0, {"sockets": 5, "database": 3, "other files": 4})}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Held(215.0, {"sockets": 5, "database": 3, "other files": 4}), []),
        (Held(200.0, {"sockets": 15, "database": 9, "other files": 3}), []),
        (Held(250.0, {"sockets": 5}), ["worker holds 250 MB, and held 200"]),
        (Held(200.0, {"other files": 5}), ["worker has 5 descriptors open on other files, and had 4"]),
        (Held(200.0, {"pipes": 1}), ["worker has 1 descriptors open on pipes, and had 0"]),
        (Held(200.0, {"sockets": 40}), ["worker has 40 descriptors open on sockets, and had 5"]),
    ],
)
def test_what_is_pooled_may_be_more_and_nothing_else(after: Held, said: list[str]) -> None:
    assert grown(BEFORE, {"worker": after}) == said


def test_chroma_holds_something_for_each_collection() -> None:
    first, last = {"chroma": Held(40.0, {"indexes": 40})}, {"chroma": Held(110.0, {"indexes": 110})}
    assert len(grown(first, last)) == 2
    assert grown(first, last, collections=24) == []


def test_an_indexer_may_have_as_many_readers_ready_as_it_has_lanes() -> None:
    first = {"indexer": Held(60.0, {"pipes": 2})}
    assert grown(first, {"indexer": Held(60.0, {"pipes": 8})}) == []
    assert len(grown(first, {"indexer": Held(60.0, {"pipes": 9})})) == 1


def test_a_part_that_is_gone_is_told() -> None:
    assert grown(BEFORE, {}) == ["worker does not run any more"]


def test_descriptors_are_counted_by_what_they_are_open_on(tmp_path: Path) -> None:
    before = descriptors(os.getpid(), tmp_path)
    (tmp_path / "run").mkdir()
    with (
        (tmp_path / "likeopt.db-wal").open("wb"),
        (tmp_path / "run" / "metrics.db").open("wb"),
        (tmp_path / "left").open("wb"),
        socket.socket(),
    ):
        more = descriptors(os.getpid(), tmp_path) - before
    assert more == {"database": 1, "run": 1, "other files": 1, "sockets": 1}
