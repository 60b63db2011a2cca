"""Slow clients of every kind, all at once: idle ones, bodies that hardly come, readers who have stopped."""

from __future__ import annotations

import contextlib
import json
import resource
import select
import socket
from collections.abc import Iterator

from tests.integration.api.sockets import Browser

IDLE, TRICKLING, UNREAD = 2000, 50, 10


@contextlib.contextmanager
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Siege:
    """Connections of every slow kind, held open together."""

    def __init__(self, slow: Browser, stack: contextlib.ExitStack) -> None:
        self.idle = [stack.enter_context(socket.create_connection(slow.address, 60)) for _ in range(IDLE)]
        for connection in self.idle[: IDLE // 2]:
            connection.sendall(b"GET /api/v1/about HT")
        body = json.dumps({"message": "When does the ferry leave?"}).encode()
        heads = {
            "trickling": slow.head("POST", "/collections", "Content-Type: application/json", "Content-Length: 5000"),
            "unread": slow.head("POST", "/chat", "Content-Type: application/json", f"Content-Length: {len(body)}")
            + body,
        }
        self.trickling = [self._begun(slow, stack, heads["trickling"]) for _ in range(TRICKLING)]
        self.unread = [self._begun(slow, stack, heads["unread"]) for _ in range(UNREAD)]
        for connection in self.unread:
            assert connection.recv(12) == b"HTTP/1.1 200"

    def send_a_byte(self) -> None:
        for connection in self.trickling:
            connection.sendall(b" ")

    def hangs(self) -> bool:
        """Tell whether every one of them still waits: none was answered, and none was thrown out."""
        silent = [*self.idle, *self.trickling]
        poll = select.poll()
        for connection in silent:
            poll.register(connection, select.POLLIN | select.POLLHUP | select.POLLRDHUP)
        gone = select.poll()
        for connection in self.unread:
            gone.register(connection, select.POLLHUP | select.POLLRDHUP)
        return poll.poll(0) == [] and gone.poll(0) == []

    @staticmethod
    def _begun(slow: Browser, stack: contextlib.ExitStack, data: bytes) -> socket.socket:
        connection = stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(slow.address)
        connection.sendall(data)
        return connection
