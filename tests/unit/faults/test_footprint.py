from __future__ import annotations

from pathlib import Path

from tests.faults.footprint import told


def test_a_secret_in_any_log_is_found(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web.log").write_bytes(b"signed in\n\xff by swordfish\n")
    (tmp_path / "stderr.txt").write_text("nothing here")
    assert told(tmp_path, ["swordfish", "horse"]) == ["web.log tells «swordfish»"]
    (tmp_path / "stderr.txt").write_text("a horse")
    assert told(tmp_path, ["horse"]) == ["stderr.txt tells «horse»"]
