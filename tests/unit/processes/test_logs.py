from __future__ import annotations

import io
import json
from pathlib import Path

from backend.app.processes.logs import Journal, bound, last_lines, open_log


def test_a_long_log_is_kept_once_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    with open_log(path) as log:
        log.write(b"x" * 100)
        bound(path, limit=50)
        log.write(b"next")
    assert path.read_text() == "next"
    assert (tmp_path / "web.log.1").read_text() == "x" * 100


def test_a_short_log_stays(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("short")
    bound(path, limit=50)
    assert path.read_text() == "short"
    bound(tmp_path / "missing.log")


def test_the_end_of_a_log_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("".join(f"line {number}\n" for number in range(5000)))
    assert last_lines(path, 2) == "line 4998\nline 4999"
    assert last_lines(tmp_path / "missing.log") == ""


def test_a_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    with open_log(tmp_path / "web.log"):
        pass
    assert (tmp_path / "web.log").stat().st_mode & 0o777 == 0o600


def test_events_have_the_shape_of_the_applications_log() -> None:
    stream = io.StringIO()
    journal = Journal(form="json", stream=stream)
    journal.write("error", "process_ended", name="web", exit_code=3)
    journal.write("debug", "unseen")
    journal.quote("no line of its own in a log that programs read")
    entry = json.loads(stream.getvalue())
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "process_ended", "level": "error", "name": "web", "exit_code": 3}


def test_a_person_reads_lines() -> None:
    stream = io.StringIO()
    journal = Journal(form="console", stream=stream)
    journal.write("error", "process_ended", name="web")
    journal.quote("Traceback\nValueError")
    assert stream.getvalue().endswith("process_ended name=web\n    Traceback\n    ValueError\n")
