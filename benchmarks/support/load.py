"""A load generator: keep-alive connections that each send a request, await its answer and send the next.

It runs in a process of its own and speaks HTTP over bare sockets, because a client library would take more
processor time than the server under test.

    found = load("http://127.0.0.1:5000", [get("/api/v1/health/live")], seconds=5)
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlsplit

from backend.app.processes.parent_death import die_with_parent
from benchmarks.support.corpus import ROOT
from benchmarks.support.measures import percentile

CONNECTIONS = 64
_RECEIVE = 256 * 1024
_SILENCE_SECONDS = 30.0
_SHOWN_BYTES = 300


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; times in milliseconds. ``failed`` answers were no 200, or none at all."""

    rate: float
    p50: float
    p95: float
    mean: float
    answers: int
    failed: int
    why: str  # the first failure: its status and the answer's beginning


@dataclass(frozen=True, slots=True)
class Order:
    """What the generator's process is told; ``most`` requests, without end where it is 0."""

    host: str
    port: int
    requests: list[str]
    connections: int
    seconds: float
    most: int = 0


def get(path: str) -> str:
    """Return a request without its common headers."""
    return f"GET {path} HTTP/1.1\r\n\r\n"


def post(path: str, body: Mapping[str, Any]) -> str:
    text = json.dumps(body)  # ASCII: characters are bytes
    return f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"


class Answers:
    """Finds the end of one answer after the other in what a connection receives."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> tuple[int, str] | None:
        """Return status and beginning once an answer is whole, else None."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._data[:end])
        length = _length(head)
        whole = self._data.endswith(b"\r\n0\r\n\r\n") if length is None else len(self._data) >= end + 4 + length
        if not whole:
            return None
        begin = head[9:12] + b" " + bytes(self._data[end + 4 : end + 4 + _SHOWN_BYTES])
        self._data.clear()  # nothing follows: the next request is not sent yet
        return int(head[9:12]), begin.decode("utf-8", "replace")


def load(
    url: str,
    requests: Sequence[str],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    headers: Mapping[str, str] | None = None,
    most: int = 0,
) -> Load:
    """Send the requests in turn for so many seconds, or until ``most`` are answered.

    Raises:
        subprocess.CalledProcessError: the generator failed.
    """
    address = urlsplit(url)
    common = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address.netloc, **(headers or {})}.items())
    order = Order(
        host=address.hostname or "",
        port=address.port or 80,
        requests=[request.replace("\r\n", f"\r\n{common}", 1) for request in requests],
        connections=min(connections, most or connections),
        seconds=seconds,
        most=most,
    )
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.support.load"],
        cwd=ROOT,
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGKILL),
    )
    return Load(**json.loads(done.stdout))


@dataclass(slots=True)
class _Open:
    """A connection's state: when its request was sent, and whether it ever was answered."""

    answers: Answers
    sent: float
    used: bool = False


class Generator:
    """The work of the generator's process."""

    def __init__(self, order: Order) -> None:
        encoded = cycle([request.encode() for request in order.requests])
        self._requests: Iterator[bytes] = islice(encoded, order.most) if order.most else encoded
        self._order = order
        self._selector = selectors.DefaultSelector()
        self._times: list[float] = []  # of good answers, in seconds
        self._failed = 0
        self._why = ""

    def run(self) -> Load:
        began = time.perf_counter()
        for request in islice(self._requests, self._order.connections):
            self._connect(request)
        end = began + self._order.seconds
        while self._selector.get_map() and time.perf_counter() < end:
            ready = self._selector.select(_SILENCE_SECONDS)
            if not ready:
                self._fail("no answer within 30 s", len(self._selector.get_map()))
                break
            for key, _ in ready:
                self._receive(key)
        took = time.perf_counter() - began
        for key in list(self._selector.get_map().values()):
            self._leave(key)
        self._selector.close()
        return self._summary(took)

    def _summary(self, took: float) -> Load:
        times = sorted(self._times) or [0.0]
        return Load(
            rate=len(self._times) / took,
            p50=percentile(times, 0.5) * 1000,
            p95=percentile(times, 0.95) * 1000,
            mean=sum(times) / len(times) * 1000,
            answers=len(self._times),
            failed=self._failed,
            why=self._why,
        )

    def _connect(self, request: bytes) -> None:
        connection = socket.create_connection((self._order.host, self._order.port), timeout=_SILENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        self._selector.register(connection, selectors.EVENT_READ, _Open(Answers(), time.perf_counter()))

    def _receive(self, key: selectors.SelectorKey) -> None:
        """Read; when an answer is whole, count it and send the next request."""
        connection, state = key.fileobj, key.data
        assert isinstance(connection, socket.socket)
        assert isinstance(state, _Open)
        try:
            data = connection.recv(_RECEIVE)
        except ConnectionResetError:
            data = b""
        if data:
            answer = state.answers.feed(data)
            if answer is None:
                return
            if answer[0] == 200:
                self._times.append(time.perf_counter() - state.sent)
            else:
                self._fail(answer[1])
        elif not state.used:  # one that it has answered on, a server may close
            self._fail("closed without an answer")
        request = next(self._requests, None)
        if not data or request is None:
            self._leave(key)
            if request is not None:
                self._connect(request)
            return
        state.sent, state.used = time.perf_counter(), True
        connection.sendall(request)

    def _fail(self, why: str, count: int = 1) -> None:
        self._failed += count
        self._why = self._why or why

    def _leave(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fileobj)
        assert isinstance(key.fileobj, socket.socket)
        key.fileobj.close()


def _length(head: bytes) -> int | None:
    """Return the body's length; None where it comes in chunks."""
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    if start >= 0:
        return int(lower[start + 17 :].partition(b"\r\n")[0])
    if b"\r\ntransfer-encoding: chunked" in lower:
        return None
    raise ValueError("an answer whose end cannot be told")


if __name__ == "__main__":
    print(json.dumps(asdict(Generator(Order(**json.load(sys.stdin))).run())))
