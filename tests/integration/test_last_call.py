"""Listening sockets before they are closed."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from pathlib import Path

import psutil
import pytest

from backend.app.config import Settings
from backend.app.processes.last_call import last_call
from backend.app.storage.migration import migrate
from tests.services.instances import Instance, instances
from tests.services.likeopt import eventually


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> socket.socket:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    return socket.create_server((request.param, 0), family=family)


def test_nobody_new_is_promised_a_connection(listener: socket.socket) -> None:
    with listener:
        last_call([listener])
        with pytest.raises(TimeoutError):
            socket.create_connection(listener.getsockname()[:2], timeout=0.3)


def test_it_waits_until_those_who_wait_have_been_let_in(listener: socket.socket) -> None:
    with listener, socket.create_connection(listener.getsockname()[:2], timeout=30) as waiting:
        called = threading.Thread(target=last_call, args=([listener],))
        called.start()
        called.join(0.5)
        assert called.is_alive()
        accepted, _ = listener.accept()
        called.join(30)
        assert not called.is_alive()
        listener.close()
        with accepted:
            waiting.sendall(b"still here")
            assert accepted.recv(100) == b"still here"


def test_other_kinds_of_sockets_are_left_as_they_are() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        last_call([ours])
        theirs.sendall(b"heard")
        assert ours.recv(100) == b"heard"


def is_let_in(instance: Instance) -> bool:
    """Knock; tell whether somebody opens. Being refused is an error."""
    with contextlib.suppress(TimeoutError), socket.create_connection(("127.0.0.1", instance.port), timeout=0.3):
        return True
    return False


def test_a_request_that_waits_at_a_server_that_stops_is_answered(tmp_path: Path) -> None:
    migrate(Settings(data_dir=tmp_path))
    environ = {"REDIS_URL": "none", "CHROMA_URL": "http://127.0.0.1:9", "LIKEOPT_WORKERS": "1"}
    with instances(tmp_path, 1, **environ) as (instance,):
        (worker,) = psutil.Process(instance.pid).children()
        worker.suspend()
        with socket.create_connection(("127.0.0.1", instance.port), timeout=30) as waiting:
            waiting.sendall(b"POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            psutil.Process(instance.pid).send_signal(signal.SIGTERM)
            eventually(lambda: not is_let_in(instance), "nobody new is let in, and nobody refused")
            worker.resume()
            assert waiting.recv(100).startswith(b"HTTP/1.1 200 ")
        assert instance.stop() == 0
