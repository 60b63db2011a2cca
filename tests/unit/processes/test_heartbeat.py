"""Indexers show that they live, and are forgotten when they do not."""

from __future__ import annotations

import os
import time
from pathlib import Path

from backend.app.processes.heartbeat import Heartbeats


def test_nobody_is_there_before_the_first_beat_and_after_the_end(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    assert not beats.anybody()
    beats.beat()
    assert beats.anybody()
    beats.end()
    assert not beats.anybody()
    beats.end()


def test_who_is_silent_for_long_is_not_there_and_is_forgotten(tmp_path: Path) -> None:
    beats = Heartbeats(tmp_path)
    silent = tmp_path / "indexers" / "1"
    silent.parent.mkdir()
    silent.touch()
    os.utime(silent, (time.time() - 3600,) * 2)
    assert not beats.anybody()
    beats.beat()
    assert beats.anybody()
    assert not silent.exists()
