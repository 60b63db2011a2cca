"""Connections to a server that answers in every way that HTTP/1.1 allows, and in some that it does not."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from backend.app.errors import ConfigError
from backend.app.storage.indexes.keep_alive import Answer, Broken, KeepAlive, NotReached

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla"


class Scripted:
    """A server that gives each connection these answers, one a request, piece by piece; then it ends the connection.

    After ``HALF`` an answer nothing more comes.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answers: list[list[bytes]] = []
        self.requests: list[bytes] = []
        self.accepted = 0
        self._closing = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.accepted += 1
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection, list(self.answers))))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket, answers: list[list[bytes]]) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as requests:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pieces in answers:
                head = _head(requests)
                if not head:
                    return
                size = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or 0)
                self.requests.append(head + b"\r\n" + requests.read(size))
                for piece in pieces:
                    connection.sendall(piece)
                    if piece == HALF:
                        self._closing.wait()

    def close(self) -> None:
        self._closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


def _head(requests: BinaryIO) -> bytes:
    lines = []
    while (line := requests.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join(lines)


@pytest.fixture
def server() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


def split(text: str, size: int) -> list[bytes]:
    data = text.encode()
    return [data[first : first + size] for first in range(0, len(data), size)]


LENGTH = "HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 5\r\nserver: x\r\n\r\nhello"
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;why=not\r\nhel\r\n2\r\nlo\r\n0\r\nafter: all\r\n\r\n"
NOTHING = "HTTP/1.1 204 No Content\r\n\r\n"
CLOSING = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
ENDLESS = "HTTP/1.0 200 OK\r\n\r\nhello"


@pytest.mark.parametrize("size", [1, 7, 10_000], ids=["bytes", "pieces", "whole"])
@pytest.mark.parametrize("text", [LENGTH, CHUNKED, NOTHING])
def test_an_answer_is_whole_however_it_arrives_and_the_connection_is_kept(
    server: Scripted, text: str, size: int
) -> None:
    server.answers = [split(text, size)] * 3
    http = KeepAlive(server.url)
    expected = Answer(204, b"") if text == NOTHING else Answer(200, b"hello")
    assert [http.ask("GET", "/here", None, seconds=20) for _ in range(3)] == [expected] * 3
    assert server.accepted == 1


@pytest.mark.parametrize("text", [CLOSING, ENDLESS])
def test_a_connection_that_the_server_ends_is_not_used_again(server: Scripted, text: str) -> None:
    server.answers = [split(text, 10_000)]
    http = KeepAlive(server.url)
    assert [http.ask("GET", "/", None, seconds=20) for _ in range(3)] == [Answer(200, b"hello")] * 3
    assert server.accepted == 3


def test_what_is_sent_is_a_request_below_the_servers_path(server: Scripted) -> None:
    server.answers = [split(LENGTH, 10_000)]
    KeepAlive(f"{server.url}/chroma/").ask("POST", "/api", b"{}", seconds=20)
    host = server.url.removeprefix("http://")
    assert server.requests == [
        f"POST /chroma/api HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n".encode()
        + b"\r\n{}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "rubbish\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nx: " + "y" * 200_000,
        "",
    ],
    ids=["no status", "short", "half a head", "no size", "half a chunk", "endless head", "nothing"],
)
def test_what_is_no_answer_is_broken(server: Scripted, text: str) -> None:
    server.answers = [[text.encode()]]
    with pytest.raises(Broken):
        KeepAlive(server.url).ask("GET", "/", None, seconds=20)
    assert server.accepted == 1


def test_a_kept_connection_that_ends_under_a_request_is_replaced(server: Scripted) -> None:
    server.answers = [split(LENGTH, 10_000), []]
    http = KeepAlive(server.url)
    http.ask("GET", "/", None, seconds=20)
    assert http.ask("GET", "/", None, seconds=20) == Answer(200, b"hello")
    assert server.accepted == 2


def test_an_answer_that_is_late_is_nobodys_afterwards(server: Scripted) -> None:
    server.answers = [split(LENGTH, 10_000), [HALF]]
    http = KeepAlive(server.url)
    http.ask("GET", "/", None, seconds=20)
    with pytest.raises(TimeoutError):
        http.ask("GET", "/", None, seconds=0.05)
    assert http.ask("GET", "/", None, seconds=20) == Answer(200, b"hello")
    assert server.accepted == 2


def test_no_more_idle_connections_are_kept_than_were_asked_for(server: Scripted) -> None:
    server.answers = [split(LENGTH, 10_000)] * 2
    http = KeepAlive(server.url, connections=0)
    assert [http.ask("GET", "/", None, seconds=20).body for _ in range(2)] == [b"hello"] * 2
    assert server.accepted == 2


def test_another_process_opens_connections_of_its_own(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers = [split(LENGTH, 10_000)] * 2
    http = KeepAlive(server.url)
    http.ask("GET", "/", None, seconds=20)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    http.ask("GET", "/", None, seconds=20)
    assert server.accepted == 2


def test_nobody_at_the_address_and_one_who_does_not_speak_tls() -> None:
    with pytest.raises(NotReached):
        KeepAlive("http://127.0.0.1:1").ask("GET", "/", None, seconds=20)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak_plainly() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(10_000)

        thread = threading.Thread(target=speak_plainly)
        thread.start()
        with pytest.raises(NotReached):
            KeepAlive(f"https://127.0.0.1:{listening.getsockname()[1]}").ask("GET", "/", None, seconds=20)
        thread.join()


def test_an_address_may_lack_its_scheme_but_not_make_no_sense(server: Scripted) -> None:
    server.answers = [split(LENGTH, 10_000)]
    assert KeepAlive(server.url.removeprefix("http://")).ask("GET", "/", None, seconds=20).body == b"hello"
    with pytest.raises(ConfigError, match="http://chroma:8000"):
        KeepAlive("http://chroma:port")
