"""The short form of ``make faults``: a whole server loses each of its parts once, while people use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.faults import FullDisk, Hang, Kill, Mood
from tests.faults.run import Havoc


@pytest.mark.timeout(600)
def test_whatever_is_lost_all_that_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    faults = [
        Kill("worker"),
        Mood("cuts", 1.0),
        Kill("indexer"),
        Kill("chroma"),
        Hang("valkey", 2.0),
        FullDisk(1.0),
        Kill("model"),
        Kill("valkey"),
    ]
    havoc = Havoc(tmp_path, seed=7, people=4, say=print)
    outcome = havoc.run(faults, warm_up=2.0, own_disk=False, thorough=False)
    assert outcome.wrong == []
    assert [struck.name for struck in outcome.struck] == [fault.name for fault in faults]
    assert outcome.acknowledged["exchanges"] > 10
    assert outcome.acknowledged["documents"] > 3
