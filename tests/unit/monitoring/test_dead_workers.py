"""What processes that have ended had counted is kept; what they were is not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.fakes.child import run_python

PROGRAM = """
import json, os, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore", ResourceWarning)  # after a fork prometheus_client drops its parent's files unclosed
from backend.app.monitoring import dead_workers
from backend.app.monitoring.prometheus import PrometheusMetrics

metrics = PrometheusMetrics()
folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])


def worker(requests):
    child = os.fork()
    if child == 0:
        for _ in range(requests):
            metrics.request_began()  # and never ends
            metrics.observe_request("GET", "/", 200, 0.01)
        metrics.breaker_changed("redis", "open")
        metrics.sample_process()
        os._exit(0)
    os.waitpid(child, 0)


def text():
    lines = metrics.render()[0].decode().splitlines()
    return sorted(line for line in lines if line.startswith(("http_requests", "http_request_duration_seconds_")))


found = {}
worker(3)
worker(4)
metrics.observe_request("GET", "/", 200, 0.01)
before = text(), dict(metrics.totals().counts)
found["gauges"] = [metrics.totals().gauges["active"]]
if sys.argv[1] == "while somebody reads":
    with dead_workers.reading(folder):
        metrics.forget_dead()
    found["kept"] = len(list(folder.glob("*.db")))
else:
    metrics.forget_dead()
    found["same"] = (text(), dict(metrics.totals().counts)) == before
    worker(5)  # another one, later
    metrics.forget_dead()
    metrics.forget_dead()
    found["requests"] = metrics.totals().counts["requests"]
    found["gauges"].append(metrics.totals().gauges["active"])
    found["breakers"] = "likeopt_breaker_open{" in metrics.render()[0].decode()
    found["files"] = sorted(path.name.replace(str(os.getpid()), "OWN") for path in folder.glob("*.db"))
print(json.dumps(found))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}


def test_counts_of_the_dead_are_added_up_in_one_file_and_their_gauges_go(environ: dict[str, str]) -> None:
    done = run_python(PROGRAM, "at leisure", environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["same"], "neither a scrape nor a sample notices"
    assert found["requests"] == 3 + 4 + 1 + 5
    assert found["gauges"] == [7, 0]
    assert not found["breakers"]
    own = {"counter_OWN.db", "histogram_OWN.db", "gauge_livesum_OWN.db"}
    assert set(found["files"]) == {"counter_gone.db", "histogram_gone.db"} | own


def test_nothing_is_moved_while_somebody_reads(environ: dict[str, str]) -> None:
    done = run_python(PROGRAM, "while somebody reads", environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["kept"] == 2 * 4 + 3
