"""What the processes around the app do on a full disk: they go on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

from backend.app.config import Settings
from backend.app.processes.data_lock import DataLock, RunningServices
from backend.app.processes.logs import bound
from backend.app.processes.serve import _Services
from backend.app.processes.supervisor import Supervisor
from tests.fakes.child import run_python


class Lock:
    """Has no room as long as it is told so."""

    def __init__(self) -> None:
        self.is_full = False
        self.told: list[dict[str, int]] = []

    def publish(self, services: RunningServices) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.told.append(services.pids)


class Children:
    def __init__(self) -> None:
        self.running = {"web": 1}

    def pids(self) -> dict[str, int]:
        return dict(self.running)


def test_the_server_outlives_that_it_cannot_tell_where_everything_is() -> None:
    lock, children = Lock(), Children()
    services = _Services(cast(DataLock, lock), Settings(), "http://here", cast(Supervisor, children))
    lock.is_full, children.running = True, {"web": 2}
    services.publish()
    assert lock.told == [{"web": 1}]
    lock.is_full = False
    services.publish()
    services.publish()
    assert lock.told == [{"web": 1}, {"web": 2}], "it tells as soon as there is room, and once"


def test_a_log_that_cannot_be_copied_stays(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("x" * 100)
    (tmp_path / "web.log.1").mkdir()  # nothing can be written there
    bound(log, limit=50)
    assert log.read_text() == "x" * 100


def test_a_line_of_the_log_that_finds_no_room_is_lost_and_nothing_else() -> None:
    program = """
        import structlog
        from backend.app.config import Settings
        from backend.app.logs import configure_logging

        configure_logging(Settings(log_format="json"))
        for _ in range(2000):
            structlog.get_logger("here").warning("upload_refused", why="no room" * 20)
        print("still here")
    """
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", "import textwrap; exec(textwrap.dedent(" + repr(program) + "))"],
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert done.stdout == b"still here\n"


def test_the_room_for_metrics_is_taken_before_there_is_none(tmp_path: Path) -> None:
    """Written into for the first time on a full disk, a hole in a file would end the process."""
    program = """
        import os
        from backend.app.monitoring.room import take_room
        from backend.app.monitoring.prometheus import PrometheusMetrics

        take_room()
        metrics = PrometheusMetrics()
        metrics.observe_request("GET", "/", 200, 0.1)
        assert b'http_requests_total{endpoint="/",method="GET",status="200"} 1.0' in metrics.render()[0]
    """
    done = run_python(program, environ={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    files = list(tmp_path.glob("*.db"))
    assert len(files) == 6, "each file of the metrics is among those whose room was taken"
    assert all(file.stat().st_blocks * 512 >= 2**20 for file in files)


def test_without_files_no_room_is_taken(tmp_path: Path) -> None:
    done = run_python("from backend.app.monitoring.room import take_room\ntake_room()", environ={"PATH": str(tmp_path)})
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "", [])
