"""Listening sockets before they are closed."""

from __future__ import annotations

import socket
import threading

import pytest

from backend.app.processes.last_call import last_call


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
