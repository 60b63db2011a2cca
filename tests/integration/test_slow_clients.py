"""Connections that are slow, silent or idle: they end in time, and the others notice nothing.

No test judges how long anything takes: that the others are answered while the slow ones still hang tells that nobody
waits for them. What it costs is in docs/limits.md.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest

from tests.fakes.scripted_model import Endless, Script, ScriptedModel, delta
from tests.integration.api.sockets import Browser, read_until
from tests.services.likeopt import Server, eventually, likeopt_server
from tests.services.siege import IDLE, TRICKLING, UNREAD, Siege, many_files

TALKATIVE = {"LIKEOPT_LLM_MAX_TOKENS": "3000000", "LIKEOPT_LLM_CONTEXT_TOKENS": "4000000"}


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(Script([Endless(delta({"content": "seven in the morning " * 400}), pause=0.05)])) as running:
        yield running


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    settings = {
        "LIKEOPT_BODY_SECONDS": "1",
        "LIKEOPT_SEND_SECONDS": "2",
        **TALKATIVE,
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
    }
    with likeopt_server(tmp_path_factory.mktemp("impatient"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    """A server that waits for slow clients far longer than by default: nobody is helped by their being thrown out."""
    limits = {f"LIKEOPT_{name}": "600" for name in ("BODY_SECONDS", "SEND_SECONDS", "KEEPALIVE")}
    settings = {**limits, **TALKATIVE, "LLM_BASE_URL": model.url, "LLM_MODEL": "scripted-1"}
    settings["LIKEOPT_OPEN_REGISTRATION"] = "true"
    with likeopt_server(tmp_path_factory.mktemp("patient"), **settings) as running:
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


@dataclass(frozen=True)
class Held:
    """What the processes of a server that have its port hold now."""

    pids: frozenset[int]
    connections: int
    files: int
    requests: int


def held(server: Server) -> Held:
    port = urlsplit(server.url).port
    pids, connections, files = set(), 0, 0
    for process in server.processes():
        with contextlib.suppress(psutil.NoSuchProcess):  # a child that ends meanwhile is none of those
            own = [each for each in process.net_connections("tcp") if each.laddr and each.laddr.port == port]
            if own:
                pids.add(process.pid)
                connections += sum(each.status != psutil.CONN_LISTEN for each in own)
                files += process.num_fds()
    text = server.get("/api/v1/metrics")[1].decode()
    (requests,) = re.findall(r"^http_active_connections (\S+)$", text, re.MULTILINE)
    return Held(frozenset(pids), connections, files, int(float(requests)))


def everything_is_done(ben: Browser, number: int) -> None:
    """Do one of everything that people do."""
    assert ben.get("/auth/me").status == 200
    assert ben.post("/collections", {"name": f"Harbour {number}"}).status == 201
    assert ben.get("/search?q=ferry").status == 200
    assert number + 2 == len(ben.get("/collections").data)
    with ben.opened("POST", "/chat", {"message": "When does the ferry leave?"}) as answer:
        assert "seven in the morning" in read_until(answer, "seven in the morning")


def test_others_are_answered_while_all_the_slow_ones_hang_and_nothing_stays_of_these(patient: Server) -> None:
    ann, ben = (Browser(patient.url).register(f"{name}-{uuid4().hex}") for name in ("ann", "ben"))
    everything_is_done(ben, 0)  # what is opened once is open before it is counted
    eventually(lambda: held(patient).requests <= 1, "nothing is being answered but the question of what is")
    before = held(patient)
    with many_files():
        with contextlib.ExitStack() as stack:
            siege = Siege(ann, stack)
            for number in range(1, 4):
                siege.send_a_byte()
                everything_is_done(ben, number)
                assert siege.hangs(), "they were answered before any of the slow ones came to its end"
            during = held(patient)
            assert during.connections >= IDLE + TRICKLING + UNREAD
            assert during.requests >= TRICKLING, "a stream counts until it begins"
        # The clients are gone.
        eventually(lambda: held(patient).connections <= before.connections, "no connection is kept")
        eventually(lambda: held(patient).requests <= before.requests, "no request is kept")
    after = held(patient)
    assert after.pids == before.pids, "no worker was started anew"
    # A connection more to Redis or the database may have been opened, as pools do; none of two thousand is left.
    eventually(lambda: held(patient).files < before.files + 30, "no descriptor is kept")
    assert len(ann.get("/collections").data) == 1, "nothing was made of what never came"
    everything_is_done(ben, 4)


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


def test_thousands_of_idle_connections_keep_nobody_waiting_and_are_closed(ann: Browser) -> None:
    """By the default limit."""
    with many_files(), contextlib.ExitStack() as open_ones:
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
