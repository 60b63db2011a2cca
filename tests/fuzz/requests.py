"""Targets that come with a request: addresses of web pages, parameters, forms with their files' names."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder

from backend.app.api.openapi.operations import OPERATIONS
from backend.app.api.query import Query, read
from backend.app.api.uploads import UploadRequest, received_files
from backend.app.errors import AppError, InvalidRequest, WebPageRefused, WebPageUnreachable
from backend.app.services.file_names import safe_name
from backend.app.services.web.addresses import Gate, is_public
from backend.app.storage import cursors

MODELS: list[type[Query]] = list(dict.fromkeys(model for each in OPERATIONS.values() for model in each.query))
BOUNDARY = "b"
ADDRESSES = (
    b"https://example.com/a?b=c#d",
    b"http://0x7f.1/",
    b"http://2130706433/",
    b"http://[::ffff:127.0.0.1]:80/",
    b"http://a@b@127.0.0.1\\@example.com/",
    b"example.com:443/..;/%2e%2e",
    "http://１２７.0.0.1/가".encode(),
    b"http://[fe80::1%25eth0]/",
)
QUERIES = (
    b"q=ferry&limit=20&collection_id=0&marks=true&mode=bm25&k=8",
    b"cursor=eyJ4IjoxfQ&status=ready,failed&sort=title&around=1&width=64",
    b"limit=%EF%BC%91&limit=1_0&range=1h&since=2026-01-01&format=md",
)
FORMS = (
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nA note.\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="collection_id"\r\n\r\nx\r\n'
    b"--b\r\nContent-Disposition: form-data; name=files; filename*=utf-8''..%2f%ea%b0%80.txt\r\n\r\nA\r\n--b--\r\n",
)


def addresses(data: bytes) -> None:
    """What is let through is public, is what was looked up, and is read the same by another parser."""
    url = data.decode("utf-8", "surrogateescape")
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        with contextlib.suppress(OSError, UnicodeError, ValueError):
            # Numbers alone, in all forms that the system knows; nothing is asked of a network.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            return [str(entry[4][0]) for entry in found]
        return ["93.184.215.14"]

    try:
        target = Gate(ports=(80, 443), resolve=resolve).check(url)
    except (WebPageRefused, WebPageUnreachable):
        return
    assert target.port in (80, 443)
    assert target.addresses
    assert all(is_public(ip_address(address)) for address in target.addresses)
    assert asked == [(target.host.strip("[]").rstrip("."), target.port)]
    sent = f"GET {target.path} HTTP/1.1\r\nHost: {target.host_header}\r\n\r\n"
    assert sent.count("\r\n") == 3
    assert len(sent.split(" ")) == 4
    other = urlsplit(target.url)
    assert (other.hostname or "").lower() == target.host.strip("[]").lower(), (other.hostname, target)
    assert other.username is None
    assert (other.port or target.port) == target.port


def queries(data: bytes) -> None:
    """Every model of parameters takes a query, or says of its fields what is wrong with them."""
    request = UploadRequest(EnvironBuilder(query_string=data.decode("latin-1")).get_environ())
    given = request.args.to_dict(flat=False)
    for model in MODELS:
        with contextlib.suppress(InvalidRequest):
            read(model, given).model_dump_json()
    for cursor in given.get("cursor", ()):
        for kinds in ((str,), (int,), (datetime, str), (bool, datetime, str)):
            with contextlib.suppress(InvalidRequest):
                cursors.decode(cursor, *kinds)


def forms(data: bytes) -> None:
    """A body with files is taken or refused, and each name is one that may be shown and kept."""
    builder = EnvironBuilder(
        method="POST", input_stream=io.BytesIO(data), content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )
    request = UploadRequest(builder.get_environ())
    opened: list[Kept] = []

    def open_file() -> Kept:
        opened.append(Kept())
        return opened[-1]

    try:
        with received_files(request, "files", open_file, 1_000_000) as files:  # type: ignore[arg-type]
            texts = list(request.form.values())
            names = [safe_name(name) for name, _ in files]
    except AppError:
        names, texts = [], []
    assert all(kept.discarded for kept in opened)
    for name in names:
        assert 0 < len(name.encode()) <= 255
        assert not set(name) & set("/\\\0\r\n"), name
        assert name.strip("."), name
    json.dumps(texts).encode()


class Kept:
    """A received file of which the size alone is kept."""

    def __init__(self) -> None:
        self.size = 0
        self.discarded = False

    def write(self, block: bytes) -> int:
        self.size += len(block)
        return len(block)

    def discard(self) -> None:
        self.discarded = True
