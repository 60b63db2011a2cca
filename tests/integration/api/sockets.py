"""Talking to a running server over sockets: streams that are read as they come, and bodies that break off."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from tests.integration.api.calls import API, Answer, events

SECONDS = 60.0  # long: the machine may be busy with other things


class Browser:
    """Keeps a cookie, and opens a connection for each request: any worker may answer."""

    def __init__(self, url: str) -> None:
        self.address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self.cookie = ""

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = self.whole(method, API + path, body, **headers).check()
        cookie = answer.cookie()
        if cookie is not None:
            self.cookie = f"likeopt_session={cookie.value}"
        return answer

    def whole(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask for something by its whole path."""
        with self.opened(method, path, body, **headers) as response:
            return Answer(method, response.status, Headers(response.getheaders()), response.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, body, **headers)

    @contextlib.contextmanager
    def opened(self, method: str, path: str, body: Any = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """Yield the answer while it still comes; leaving the block closes the connection."""
        connection = http.client.HTTPConnection(*self.address, timeout=SECONDS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            raw = body if body is None or isinstance(body, bytes) else json.dumps(body)
            path = path if path.startswith((API, "/static/")) or path == "/" else API + path
            connection.request(method, path, raw, {"Cookie": self.cookie, **named})
            response = connection.getresponse()
            with response:
                yield response
        finally:
            connection.close()

    def register(self, name: str) -> Browser:
        body = {"email": f"{name}@example.com", "password": "correct horse", "name": name}
        answer = self.post("/auth/register", body)
        assert answer.status == 201, answer.body
        return self

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """Return the head of a request, for a socket."""
        first = [f"{method} {path if path.startswith('/api') else API + path} HTTP/1.1", "Host: like.opt"]
        return "\r\n".join([*first, f"Cookie: {self.cookie}", *lines, "", ""]).encode("latin-1")

    def said(self, *pieces: bytes, half_closed: bool = False) -> Answer:
        """Send bytes as they are; return what comes back."""
        with socket.create_connection(self.address, SECONDS) as connection:
            for piece in pieces:
                connection.sendall(piece)
            if half_closed:
                connection.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(connection)
            response.begin()
            with response:
                return Answer("POST", response.status, Headers(response.getheaders()), response.read())

    def sent_and_left(self, *pieces: bytes) -> None:
        """Send bytes as they are and go, without waiting for an answer."""
        with socket.create_connection(self.address, SECONDS) as connection:
            for piece in pieces:
                connection.sendall(piece)


def read_until(response: http.client.HTTPResponse, text: str) -> str:
    """Read a stream until it has said something; the whole of what it has said so far."""
    said = b""
    while text.encode() not in said:
        piece = response.read1()
        assert piece, f"it ended before it said {text!r}: {said.decode()}"
        said += piece
    return said.decode()


def streamed(text: str) -> list[tuple[str, dict[str, Any]]]:
    return list(events(text))
