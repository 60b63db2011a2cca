"""What gunicorn refuses before the application sees it."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.services.likeopt import Server


def exchange(server: Server, data: bytes) -> tuple[int, dict[str, str], bytes]:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /api/v1/search?q=" + b"%EA%B0%80" * 600 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "ADDRESS_TOO_LONG"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n", 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, "HEADERS_TOO_LARGE"),
        (b"this is not HTTP at all\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", 400, "INVALID_REQUEST"),
    ],
)
def test_it_has_the_envelope_and_the_next_request_is_answered(
    server: Server, request_bytes: bytes, status: int, code: str
) -> None:
    found, headers, body = exchange(server, request_bytes)
    envelope = json.loads(body)
    assert (found, envelope["error_code"], envelope["success"]) == (status, code, False)
    assert envelope["message"]
    assert headers["x-request-id"] == envelope["request_id"]
    assert headers["content-type"] == "application/json"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["cache-control"] == "no-store"
    assert server.get("/api/v1/health/live")[0] == 200
