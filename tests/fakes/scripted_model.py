"""An OpenAI-compatible server that does what a test tells it to, over a real socket.

A script is a list of steps; each request plays the next script, and the last one is played
again for any further request::

    with ScriptedModel(Script.answer("Hello", " world")) as server:
        server.url       # http://127.0.0.1:PORT/v1
        server.requests  # what was asked, decoded
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, in one HTTP chunk."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Stall:
    """Say nothing until the client goes away, or the server stops."""


@dataclass(frozen=True)
class Cut:
    """Close the connection without ending the body."""


@dataclass(frozen=True)
class WaitFor:
    """Go on when the test sets the event: what comes before has then surely been read alone."""

    event: threading.Event


@dataclass(frozen=True)
class Endless:
    """Send a piece again and again until the client goes away."""

    data: bytes
    pause: float = 0.0


Step = Raw | Pause | Stall | Cut | WaitFor | Endless


@dataclass(frozen=True)
class Script:
    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: str = "chunked"  # or "close": the end of the connection ends the body

    @classmethod
    def answer(
        cls, *pieces: str, done: bool = True, finish: str | None = "stop", usage: bool = True, pause: float = 0.0
    ) -> Script:
        steps: list[Step] = [Raw(delta({"role": "assistant", "content": None}))]
        for piece in pieces:
            steps += [Raw(delta({"content": piece}))] + ([Pause(pause)] if pause else [])
        if finish:
            steps.append(Raw(delta({}, finish)))
        if usage:
            steps.append(Raw(event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": len(pieces)}})))
        return cls([*steps, Raw(b"data: [DONE]\n\n")] if done else steps)

    @classmethod
    def error(cls, status: int, message: str = "no", headers: Mapping[str, str] | None = None) -> Script:
        body = json.dumps({"error": {"message": message, "code": status}}).encode()
        return cls([Raw(body)], status, {"Content-Type": "application/json", **(headers or {})})


def event(payload: Any) -> bytes:
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def delta(fields: Mapping[str, Any], finish: str | None = None) -> bytes:
    return event(
        {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}
    )


def spoken(text: str) -> Raw:
    return Raw(delta({"content": text}))


class ScriptedModel:
    """Serves the scripts. ``disconnected`` is set when a client leaves in the middle of one."""

    def __init__(
        self, *scripts: Script, models: Sequence[str] = ("scripted-1",), listing_status: int = 200, port: int = 0
    ) -> None:
        self.scripts = list(scripts) or [Script.answer("Hello")]
        self.models = list(models)
        self.listing_status = listing_status
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.listings = 0
        self.connections: set[tuple[str, int]] = set()
        self.sent = 0  # steps that were sent, over all requests
        self.disconnected = threading.Event()
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next_script(self, request: dict[str, Any], key: str | None) -> Script:
        with self._lock:
            self.requests.append(request)
            self.keys.append(key)
            return self.scripts[min(len(self.requests), len(self.scripts)) - 1]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for the handlers: no thread outlives its test
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients leave in the middle on purpose here."""


def _handler(script_owner: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        owner = script_owner

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ScriptedModel
    timeout = 0.5  # of an idle kept connection, so that stopping does not wait for clients
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.owner.listings += 1
        if self.path == "/api/tags":
            body = {"models": [{"name": name, "details": {"family": "llama"}} for name in self.owner.models]}
        else:
            body = {"object": "list", "data": [{"id": name} for name in self.owner.models]}
        data = json.dumps(body).encode()
        self.send_response(self.owner.listing_status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.owner.connections.add(self.client_address)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        script = self.owner.next_script(request, self.headers["Authorization"])
        try:
            self._play(script)
        except OSError:
            self._leave()
            self.owner.disconnected.set()

    def _play(self, script: Script) -> None:
        self.send_response(script.status)
        for name, value in {"Content-Type": "text/event-stream", **script.headers}.items():
            self.send_header(name, value)
        self.send_header(
            *(("Transfer-Encoding", "chunked") if script.framing == "chunked" else ("Connection", "close"))
        )
        self.end_headers()
        for step in script.steps:
            if isinstance(step, Cut):
                self._leave()
                return
            for data in self._pieces(step):
                self._send(data, script.framing)
            self.owner.sent += 1
        if script.framing == "chunked":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._leave()

    def _pieces(self, step: Step) -> Iterator[bytes]:
        """Yield what a step sends; raise ``OSError`` when the client goes away meanwhile."""
        if isinstance(step, Raw):
            yield step.data
        elif isinstance(step, Pause):
            self._wait(step.seconds)
        elif isinstance(step, WaitFor):
            step.event.wait(10)
        elif isinstance(step, Stall):
            self._wait(float("inf"))
        elif isinstance(step, Endless):
            while not self.owner.stopping.is_set():
                yield step.data
                self._wait(step.pause)

    def _wait(self, seconds: float) -> None:
        """Pause, but notice at once when the client closes the connection."""
        while seconds >= 0 and not self.owner.stopping.is_set():
            slice_ = min(seconds, 0.02)
            readable, _, _ = select.select([self.connection], [], [], slice_)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError("the client went away")
            seconds -= max(slice_, 0.001)

    def _send(self, data: bytes, framing: str) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if framing == "chunked" else data)

    def _leave(self) -> None:
        self.close_connection = True
