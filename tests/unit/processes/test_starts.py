from __future__ import annotations

from pathlib import Path

from backend.app.processes.starts import note_start, took_notice


def test_a_start_is_noticed_once(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    assert not took_notice(run_dir)
    note_start(run_dir)
    note_start(run_dir)
    assert took_notice(run_dir)
    assert not took_notice(run_dir)
