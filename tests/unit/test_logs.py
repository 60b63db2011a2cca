"""Lines as they leave the process."""

from __future__ import annotations

import json
from typing import Any

import pytest
import structlog

from backend.app.config import Settings
from backend.app.errors import ConfigError
from backend.app.logs import sampled
from tests.fakes.child import run_python

PROGRAM = """
import logging, sys
import structlog
from backend.app.config import Settings
from backend.app.logs import configure_logging

configure_logging(Settings(log_level="debug", log_format=sys.argv[1]))
log = structlog.get_logger("here")
structlog.contextvars.bind_contextvars(request_id="0123456789abcdef")
log.info("signed_in", password="hunter2", query="where is it", user="u1", n=3)
try:
    raise RuntimeError("redis://:hunter2@cache:6379 is away")
except RuntimeError:
    log.exception("failed")
    logging.getLogger("library").exception("cannot reach %s", "redis://:hunter2@cache:6379")
logging.getLogger("library").info("of no interest")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_and_no_text_leaves_the_process(form: str) -> None:
    done = run_python(PROGRAM, form)
    assert (done.returncode, done.stdout) == (0, "")
    assert "hunter2" not in done.stderr
    assert "where is it" not in done.stderr
    assert "of no interest" not in done.stderr
    assert done.stderr.count("redis://:***@cache:6379") == 3
    assert done.stderr.count("0123456789abcdef") == 3


def test_a_line_is_json_with_the_requests_id() -> None:
    first, second, third = map(json.loads, run_python(PROGRAM, "json").stderr.splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "signed_in", "level": "info", "request_id": "0123456789abcdef",
        "password": "***", "query": "[11 characters]", "user": "u1", "n": 3,
    }  # fmt: skip
    assert "Traceback" in second["exception"]
    assert (third["event"], third["logger"]) == ("cannot reach redis://:***@cache:6379", "library")


def kept(share: float, level: str = "debug", **fields: Any) -> bool:
    try:
        sampled(share)(None, level, {"event": "x", "level": level, **fields})
    except structlog.DropEvent:
        return False
    return True


def test_of_debug_lines_that_share_of_the_requests_is_kept() -> None:
    ids = [f"{number:016x}" for number in range(2000)]
    found = sum(kept(0.25, request_id=one) for one in ids)
    assert 400 < found < 600


def test_of_a_request_all_debug_lines_are_kept_or_none() -> None:
    for number in range(50):
        assert len({kept(0.5, request_id=f"{number:016x}") for _ in range(5)}) == 1


DEBUG_PROGRAM = """
import structlog
from backend.app.config import Settings
from backend.app.logs import configure_logging

configure_logging(Settings(log_level="debug", log_format="json", log_debug_share=0.25))
for number in range(400):
    with structlog.contextvars.bound_contextvars(request_id=f"{number:016x}"):
        structlog.get_logger("here").debug("searched")
        structlog.get_logger("there").debug("request")
structlog.get_logger("here").info("done")
"""


def test_a_process_writes_that_share_of_its_requests_debug_lines() -> None:
    *lines, last = map(json.loads, run_python(DEBUG_PROGRAM).stderr.splitlines())
    searched, requests = (
        [line["request_id"] for line in lines if line["event"] == one] for one in ("searched", "request")
    )
    assert searched == requests
    assert 60 < len(requests) < 140
    assert last["event"] == "done"


@pytest.mark.parametrize("fields", [{}, {"request_id": "0123456789abcdef"}])
def test_all_or_none_means_what_it_says(fields: dict[str, str]) -> None:
    assert all(kept(1.0, **fields) for _ in range(50))
    assert not any(kept(0.0, **fields) for _ in range(50))


@pytest.mark.parametrize("share", ["-0.1", "1.1", "some", "nan"])
def test_a_share_that_is_none_is_refused_at_start(share: str) -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_LOG_DEBUG_SHARE"):
        Settings.load({"LIKEOPT_LOG_DEBUG_SHARE": share})


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_other_lines_are_always_kept(level: str) -> None:
    assert kept(0.0, level)
