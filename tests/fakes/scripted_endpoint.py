"""An HTTP endpoint that answers JSON as a test tells it to, over a real socket.

Without a script it embeds: texts that share words lie near each other::

    with ScriptedEndpoint() as server:
        server.url                      # http://127.0.0.1:PORT/v1
        server.replies = [Reply(429)]   # played first, one a request
        server.requests                 # path and body of what was asked
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np

from backend.app.services.retrieval.analyzer import Analyzer

DIMENSIONS = 64


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a direction made of the text's words; not of length one, as servers' often are not."""
    point = np.full(dimensions, 0.01)
    for term in Analyzer().terms(text):
        point[int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big") % dimensions] += 1
    return [float(value) for value in 3 * point]


def embeddings(request: Mapping[str, Any], dimensions: int = DIMENSIONS) -> Reply:
    data = [{"index": n, "embedding": vector_of(text, dimensions)} for n, text in enumerate(request["input"])]
    return Reply(body={"object": "list", "model": request["model"], "data": data[::-1]})  # in no order that is promised


class ScriptedEndpoint:
    def __init__(self, answer: Callable[[Mapping[str, Any]], Reply] = embeddings) -> None:
        self.answer = answer
        self.replies: list[Reply] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str | None] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply_to(self, path: str, request: dict[str, Any], key: str | None) -> Reply:
        with self._lock:
            self.requests.append((path, request))
            self.keys.append(key)
            if self.replies:
                return self.replies.pop(0)
        return self.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for the handlers: no thread outlives its test
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients may leave in the middle."""


def _handler(endpoint: ScriptedEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 0.5  # of an idle kept connection, so that stopping does not wait for clients
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._send(Reply(body={"object": "list", "data": [{"id": "scripted"}]}))

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(endpoint.reply_to(self.path, request, self.headers["Authorization"]))

        def _send(self, reply: Reply) -> None:
            data = reply.encoded()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
