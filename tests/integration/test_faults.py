"""The short form of ``make faults``: a whole server meets each kind of fault once, while people use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import clock
from tests.faults.faults import FullDisk, Hang, Kill, Mood
from tests.faults.run import Form, Havoc


@pytest.mark.timeout(1800)
def test_whatever_fails_all_that_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    faults = [
        Kill("worker"),
        Mood("cuts", 0.5),
        Kill("indexer"),
        Hang("chroma", 2.0),
        Kill("web"),
        Mood("stalls", 0.5),
        Kill("chroma"),
        Hang("valkey", 2.0),
        FullDisk(1.0),
        Mood("500", 0.5),
        Kill("model"),
        Kill("valkey"),
    ]
    form = Form(warm_up=1.0, pause=0.2, jumps=(-2.0, 0.0), jump=1.0, own_disk=False, thorough=False)
    jumps = [f"clock at {hours:+.0f} h" for hours in form.jumps] if clock.library(tmp_path) else []
    havoc = Havoc(tmp_path, seed=7, people=4, say=print)
    outcome = havoc.run(faults, form)
    assert outcome.wrong == []
    assert [struck.name for struck in outcome.struck] == [*(fault.name for fault in faults), *jumps]
    assert outcome.acknowledged["exchanges"] > 10
    assert outcome.acknowledged["documents"] > 3
