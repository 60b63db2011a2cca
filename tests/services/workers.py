"""Which of a server's web workers has answered, as its access log tells."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from tests.services.likeopt import Server, eventually

T = TypeVar("T")

_ACCESS_LOG = "access.log"
_AT_ONCE = 12  # requests, before is looked who has answered them
_SECONDS = 60.0


def telling_workers_apart(data_dir: Path) -> dict[str, str]:
    """Return the settings of a server that the functions below are used with."""
    return {
        "LIKEOPT_ACCESS_LOG": str(data_dir / _ACCESS_LOG),
        "LIKEOPT_ACCESS_LOG_FORMAT": "%(p)s %({x-request-id}i)s",
    }


def workers(server: Server) -> set[int]:
    """Return the process ids of the workers that run now."""
    return {child.pid for child in psutil.Process(server.services()["pids"]["web"]).children()}


def until_all_have_answered(server: Server, ask: Callable[[str], T]) -> list[T]:
    """Ask until each worker has answered at least once, and return all answers.

    ``ask`` makes one request, on a connection of its own and with the X-Request-ID that it is given.
    """
    answers: dict[str, T] = {}
    deadline = time.monotonic() + _SECONDS
    while True:
        for _ in range(_AT_ONCE):
            request_id = secrets.token_hex(8)
            answers[request_id] = ask(request_id)
        silent = workers(server) - _who_answered(server, set(answers))
        if not silent:
            return list(answers.values())
        assert time.monotonic() < deadline, f"of {len(answers)} requests {sorted(silent)} have answered none"


def _who_answered(server: Server, request_ids: set[str]) -> set[int]:
    """Return the ids of the workers that answered these requests; a line is written when its answer has been sent."""
    found: dict[str, int] = {}

    def are_there() -> bool:
        for line in (server.data_dir / _ACCESS_LOG).read_text("utf-8").splitlines():
            pid, _, request_id = line.partition(" ")
            if request_id in request_ids:
                found[request_id] = int(pid.strip("<>"))
        return found.keys() == request_ids

    eventually(are_there, "every request is in the access log")
    return set(found.values())
