"""The short form of ``make faults``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kills import kill_indexers


@pytest.mark.timeout(1800)  # it ends by itself where nothing comes any further
def test_killed_indexers_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    outcome = kill_indexers(tmp_path / "data", kills=4, seed=3, largest=40)
    assert outcome.wrong == []
    assert outcome.disagreements == ()
    assert outcome.done["sent"] > 4
    assert outcome.passages > 0
