"""HTTP/1.1 to one server that is asked again and again: small requests over connections that are kept.

urllib3 on http.client reads an answer's few headers as those of an e-mail, and took four times the processor
time of this. It speaks what our servers speak, not all that HTTP allows: no redirects, proxies or encodings.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import weakref
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from backend.app.concurrency import is_readable
from backend.app.errors import ConfigError

_RECEIVE = 64 * 1024
_MOST_HEAD = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)
_EMPTY = (204, 304)


class NotReached(OSError):
    """Nobody takes connections at the address."""


class Broken(OSError):
    """The connection ended before the answer did, or what came is no answer."""


class Answer(NamedTuple):
    status: int
    body: bytes


class KeepAlive:
    """Keeps at most so many idle ``connections``; where more ask at once, more are opened, and closed again."""

    def __init__(self, url: str, *, connections: int = 32, connect_seconds: float = 2.0) -> None:
        address = urlsplit(url if "://" in url else f"http://{url}")
        self._secure = address.scheme == "https"
        try:
            self._address = (address.hostname or "", address.port or (443 if self._secure else 80))
        except ValueError as error:
            raise ConfigError(f"{url} is not the address of a server. Give one such as http://chroma:8000.") from error
        self._path = address.path.rstrip("/")
        self._host = address.netloc.rpartition("@")[2]
        self._connections = connections
        self._connect_seconds = connect_seconds
        self._idle: deque[socket.socket] = deque()
        self._pid = os.getpid()
        weakref.finalize(self, _close, self._idle)

    def ask(self, method: str, path: str, body: bytes | None, *, seconds: float) -> Answer:
        """Send a request that may be repeated, and return the answer; each wait for more of it takes ``seconds`` at most.

        Raises:
            NotReached, Broken, TimeoutError
        """
        sent = body or b""
        head = (
            f"{method} {self._path}{path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        request = head.encode("ascii") + sent
        kept = self._kept()
        if kept is not None:
            try:
                return self._exchange(kept, request, seconds)
            except Broken:
                pass  # the server closed an idle connection in this very moment
        return self._exchange(self._connected(), request, seconds)

    def _kept(self) -> socket.socket | None:
        if self._pid != os.getpid():  # a connection must not be shared by two processes
            _close(self._idle)
            self._pid = os.getpid()
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if not is_readable(connection):
                return connection
            connection.close()  # the server ended it
        return None

    def _connected(self) -> socket.socket:
        try:
            connection = socket.create_connection(self._address, self._connect_seconds)
        except TimeoutError:
            raise
        except OSError as error:
            raise NotReached(str(error)) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._secured(connection) if self._secure else connection

    def _secured(self, connection: socket.socket) -> socket.socket:
        try:
            return ssl.create_default_context().wrap_socket(connection, server_hostname=self._address[0])
        except OSError as error:  # a certificate that is not trusted, too
            connection.close()
            raise NotReached(str(error)) from error

    def _exchange(self, connection: socket.socket, request: bytes, seconds: float) -> Answer:
        lasts = False
        try:
            connection.settimeout(seconds)
            connection.sendall(request)
            answer, lasts = _answer(connection)
            return answer
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise Broken(str(error)) from error
        finally:  # also when the asking greenlet is killed: what is still to come is nobody's answer
            if lasts and len(self._idle) < self._connections:
                self._idle.append(connection)
            else:
                connection.close()


def _close(connections: deque[socket.socket]) -> None:
    while connections:
        connections.pop().close()


def _answer(connection: socket.socket) -> tuple[Answer, bool]:
    """Return the answer, and whether the connection takes another request.

    Raises:
        ValueError: this is no answer.
    """
    data = bytearray()
    while (end := data.find(_END_OF_HEAD)) < 0:
        if len(data) > _MOST_HEAD:
            raise ValueError("a head without an end")
        _more(connection, data)
    head, body = bytes(data[: end + 2]), data[end + 4 :]
    begins = _STATUS.match(head)
    if begins is None:
        raise ValueError("no status")
    status, lasts = int(begins[1]), _CLOSES.search(head) is None
    length = _LENGTH.search(head)
    if length is not None:
        size = int(length[1])
        while len(body) < size:
            _more(connection, body)
        return Answer(status, bytes(body[:size])), lasts and len(body) == size
    if _CHUNKED.search(head):
        return Answer(status, _dechunked(connection, body)), lasts and not body
    if status in _EMPTY:
        return Answer(status, b""), lasts and not body
    while data := bytearray(connection.recv(_RECEIVE)):  # it ends with the connection
        body += data
    return Answer(status, bytes(body)), False


def _dechunked(connection: socket.socket, data: bytearray) -> bytes:
    """Take the chunks off the beginning of ``data``, receiving what is missing."""
    body = bytearray()
    while True:
        size = int(_line(connection, data).partition(b";")[0], 16)
        if not size:
            break
        while len(data) < size + 2:
            _more(connection, data)
        body += data[:size]
        del data[: size + 2]
    while _line(connection, data):  # headers after the last chunk
        pass
    return bytes(body)


def _line(connection: socket.socket, data: bytearray) -> bytes:
    while (end := data.find(b"\r\n")) < 0:
        if len(data) > _MOST_HEAD:
            raise ValueError("a line without an end")
        _more(connection, data)
    line = bytes(data[:end])
    del data[: end + 2]
    return line


def _more(connection: socket.socket, data: bytearray) -> None:
    received = connection.recv(_RECEIVE)
    if not received:
        raise ValueError("the connection ended in the middle")
    data += received
