"""Ask a starting process whether it is ready, without ever waiting for the answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Protocol

# A listening port of ours may be open before anybody accepts: the question then simply waits.
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.05


class Probe(Protocol):
    def ready(self) -> bool:
        """Return whether the process answers; never block."""
        ...

    def reset(self) -> None:
        """Forget a question under way: the process that it was put to is gone."""
        ...


class AnswerProbe:
    """Send ``question`` to an address until the answer begins with ``answer``.

    One question at a time, so that a server which is slow to start is not met by a crowd of
    connections that nobody reads from any more.
    """

    def __init__(
        self,
        address: tuple[str, int] | str,
        question: bytes,
        answer: bytes,
        *,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._address = address
        self._question = question
        self._answer = answer
        self._clock = clock
        self._socket: socket.socket | None = None
        self._asked_at = 0.0
        self._not_before = 0.0

    def ready(self) -> bool:
        if self._socket is None and self._clock() < self._not_before:
            return False
        try:
            if self._socket is None:
                self._socket = self._ask()
            answer = self._socket.recv(64)
        except BlockingIOError:
            if self._clock() - self._asked_at > PATIENCE_SECONDS:
                self.reset()
            return False
        except OSError:
            self.reset()
            return False
        self.reset()
        return answer.startswith(self._answer)

    def reset(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._not_before = self._clock() + PAUSE_SECONDS

    def _ask(self) -> socket.socket:
        self._asked_at = self._clock()
        if isinstance(self._address, str):
            connection = socket.socket(socket.AF_UNIX)
        else:
            family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
            connection = socket.socket(family)
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            connection.settimeout(1.0)  # only this machine is asked: it accepts or refuses at once
            connection.connect(self._address)
            connection.sendall(self._question)
            connection.setblocking(False)
            undo.pop_all()
        return connection


def http_probe(host: str, port: int, path: str) -> AnswerProbe:
    """Ready when ``GET path`` is answered by 200."""
    shown = f"[{host}]" if ":" in host else host
    request = f"GET {path} HTTP/1.1\r\nHost: {shown}:{port}\r\nConnection: close\r\nUser-Agent: likeopt-serve\r\n\r\n"
    return AnswerProbe((host, port), request.encode("ascii"), b"HTTP/1.1 200")


def valkey_probe(path: str) -> AnswerProbe:
    """Ready when PING is answered; while a snapshot is read the answer is an error."""
    return AnswerProbe(path, b"PING\r\n", b"+PONG")
