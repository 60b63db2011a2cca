from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from structlog.testing import capture_logs

from backend.app.refusal import Refusal

ROOT = Path(__file__).parents[2]


def test_it_outlives_the_process_that_was_refused(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from backend.app.refusal import Refusal\n"
        "Refusal(Path(sys.argv[1])).note()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "run" / "refusal"
    next_process = Refusal(path)
    assert not next_process.is_recent()
    assert subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False).returncode == -9
    assert next_process.is_recent()
    assert Refusal(path).is_recent()
    next_process.forget()
    assert not Refusal(path).is_recent()


def test_a_file_of_before_a_reboot_says_nothing(tmp_path: Path) -> None:
    Refusal(tmp_path / "refusal", clock=lambda: 5000.0).note()
    assert not Refusal(tmp_path / "refusal", clock=lambda: 10.0).is_recent()


def test_its_file_has_its_room_before_the_disk_is_full(tmp_path: Path) -> None:
    Refusal(tmp_path / "refusal").is_recent()
    assert (tmp_path / "refusal").stat().st_blocks > 0


def test_without_a_folder_this_process_knows_at_least(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refusal = Refusal(tmp_path / "file" / "refusal")
    with capture_logs() as logs:
        refusal.note()
        assert refusal.is_recent()
    assert [entry["event"] for entry in logs] == ["refusal_unshared"]
