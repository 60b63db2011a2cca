"""Connections that are slow, silent or idle: they end in time, and the others notice nothing."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from tests.fakes.scripted_model import Endless, Script, ScriptedModel, delta
from tests.integration.api.sockets import Browser
from tests.services.likeopt import Server, eventually, likeopt_server

IDLE = 2000


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(Script([Endless(delta({"content": "seven in the morning " * 400}), pause=0.05)])) as running:
        yield running


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    settings = {
        "LIKEOPT_BODY_SECONDS": "1",
        "LIKEOPT_SEND_SECONDS": "2",
        "LIKEOPT_KEEPALIVE": "3",
        "LIKEOPT_LLM_MAX_TOKENS": "3000000",
        "LIKEOPT_LLM_CONTEXT_TOKENS": "4000000",
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
    }
    with likeopt_server(tmp_path_factory.mktemp("impatient"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def ann(impatient: Server) -> Browser:
    return Browser(impatient.url).register("ann")


def trickled(connection: socket.socket, data: bytes, pause: float) -> bytes:
    """Send a byte at a time until the other side has had enough; return what it says."""
    connection.settimeout(pause)
    for place in range(len(data)):
        with contextlib.suppress(TimeoutError, ConnectionResetError, BrokenPipeError):
            connection.sendall(data[place : place + 1])
            said = connection.recv(65536)
            connection.settimeout(60)
            with contextlib.suppress(ConnectionResetError):  # what we sent meanwhile was not read
                while more := connection.recv(65536):
                    said += more
            return said
    raise AssertionError("it was all taken")


def others_are_answered(ann: Browser) -> None:
    assert ann.get("/auth/me").status == 200


def test_a_body_that_comes_a_byte_at_a_time_is_refused_in_words(ann: Browser) -> None:
    body = json.dumps({"name": "x" * 2000}).encode()
    head = ann.head("POST", "/collections", "Content-Type: application/json", f"Content-Length: {len(body)}")
    with socket.create_connection(ann.address, 60) as connection:
        connection.sendall(head)
        others_are_answered(ann)
        answer = trickled(connection, body, 0.1)
    head_of_it, _, envelope = answer.partition(b"\r\n\r\n")
    assert head_of_it.startswith(b"HTTP/1.1 408 ")
    assert json.loads(envelope)["error_code"] == "REQUEST_TIMEOUT"


def test_an_upload_that_comes_a_byte_at_a_time_leaves_nothing(ann: Browser, impatient: Server) -> None:
    head = ann.head("POST", "/documents", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 100000")
    begun = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    with socket.create_connection(ann.address, 60) as connection:
        connection.sendall(head + begun)
        assert trickled(connection, b"x" * 2000, 0.1).startswith(b"HTTP/1.1 408 ")
    eventually(lambda: not list((impatient.data_dir / "files" / "incoming").iterdir()), "nothing of it is left")
    assert ann.get("/documents").data == []


def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for(ann: Browser) -> None:
    with socket.create_connection(ann.address, 60) as connection:
        assert trickled(connection, ann.head("GET", "/auth/me", "X-Filler: " + "x" * 2000), 0.1) == b""
    others_are_answered(ann)


def test_a_reader_who_stops_is_left_and_the_model_with_it(ann: Browser, model: ScriptedModel) -> None:
    model.disconnected.clear()
    body = json.dumps({"message": "When does the ferry leave?"}).encode()
    head = ann.head("POST", "/chat", "Content-Type: application/json", f"Content-Length: {len(body)}")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(ann.address)
        connection.sendall(head + body)
        assert connection.recv(12) == b"HTTP/1.1 200"
        others_are_answered(ann)
        assert model.disconnected.wait(60), "an answer that nobody reads is not written on"
        rest = b""
        with contextlib.suppress(ConnectionResetError):
            while block := connection.recv(65536):
                rest += block
    assert not rest.endswith(b"0\r\n\r\n"), "it was cut, not read to its end"
    others_are_answered(ann)


def test_thousands_of_idle_connections_keep_nobody_waiting(ann: Browser) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with contextlib.ExitStack() as open_ones:
            idle = [open_ones.enter_context(socket.create_connection(ann.address, 60)) for _ in range(IDLE)]
            for connection in idle[: IDLE // 2]:
                connection.sendall(b"GET /api/v1/about HT")
            for _ in range(20):
                others_are_answered(ann)
            closed = 0
            deadline = time.monotonic() + 60
            for connection in idle:
                connection.settimeout(max(1.0, deadline - time.monotonic()))
                closed += connection.recv(1) == b""
            assert closed == IDLE, "none is kept for longer than an idle connection may be"
            others_are_answered(ann)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
