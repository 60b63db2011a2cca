"""How long a connection may keep the server waiting.

gevent's worker bounds the time to a request's head (``keepalive``) and nothing else: a body that
comes a byte a second, or a reader who has stopped, would hold its request, what that has opened
and the model behind it for as long as the connection lasts.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import RequestTimeout

from backend.app.concurrency import TooLate, within

_UNSENT_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a body and the bytes a second that give it more, and seconds for a reader who takes nothing."""

    body_seconds: float
    body_bytes_per_second: float
    send_seconds: float

    def bound_sending(self, client: socket.socket) -> None:
        """Let a write, and the silence of a network that has lost the other side, last so long and no longer.

        Of what nobody takes, the system keeps little: by itself it grows to megabytes a connection.
        """
        client.settimeout(self.send_seconds)
        if client.family in (socket.AF_INET, socket.AF_INET6):
            for name, value in (
                ("TCP_USER_TIMEOUT", int(self.send_seconds * 1000)),
                ("TCP_NOTSENT_LOWAT", _UNSENT_BYTES),
            ):
                with contextlib.suppress(OSError, AttributeError):  # not every system has them
                    client.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class DueBody:
    """A request's body that has to come in time.

    Only waiting for it counts, not what is done with it meanwhile. It is as the web server's own in
    all else; where it came too late, where the next request begins is unknown: ``failed`` says so.
    """

    def __init__(self, body: Any, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        self._body = body
        self._patience = patience
        self._clock = clock
        self._waited = 0.0
        self._received = 0
        self._late = False

    @property
    def failed(self) -> bool:
        return self._late or bool(getattr(self._body, "failed", False))

    def read(self, size: int | None = None) -> bytes:
        return self._due(lambda: self._body.read(size))

    def readline(self, size: int | None = None) -> bytes:
        return self._due(lambda: self._body.readline(size))

    def readlines(self, size: int | None = None) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _due(self, read: Callable[[], bytes]) -> bytes:
        if self._late:
            raise RequestTimeout
        allowed = self._patience.body_seconds + self._received / self._patience.body_bytes_per_second
        begun = self._clock()
        try:
            block = within(allowed - self._waited, read)
        except TooLate:
            self._late = True
            raise RequestTimeout from None
        self._waited += self._clock() - begun
        self._received += len(block)
        return block
