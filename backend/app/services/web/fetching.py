"""One page fetched within bounds: of time, of bytes, of redirects, and of where it may come from."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from backend.app.errors import FileTooLarge, WebPageRefused, WebPageUnreachable
from backend.app.services.web.addresses import Gate, Target

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BLOCK = 64 * 1024
_CONNECT_SECONDS = 5.0
_ADDRESSES_TRIED = 4
_HEADERS = {
    "User-Agent": "like-opt",
    "Accept": "text/html, application/pdf, text/*;q=0.9, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_BROKEN = (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError)  # the last: cut off while in use


@dataclass(frozen=True, slots=True)
class Head:
    """What a server says of a page before it sends it."""

    url: str  # after redirects
    media_type: str
    charset: str | None


class Fetcher:
    """Fetches pages; each connection goes to the very address that was checked, so that a name
    which changes its mind between the check and the connection gains nothing."""

    def __init__(
        self, gate: Gate, *, max_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gate = gate
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._clock = clock

    def fetch(self, url: str, begin: Callable[[Head], Callable[[bytes], object]]) -> Head:
        """Hand the page's bytes to what ``begin`` returns for its head; return the head.

        Raises:
            WebPageRefused: an address, of a redirect too, is not to be fetched.
            WebPageUnreachable: nothing came, or not all of it in time.
            FileTooLarge
        """
        ends = self._clock() + self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            target = self._gate.check(url)
            with self._asked(target, ends) as response:
                if response.status in _REDIRECTS and (location := response.headers.get("Location")):
                    url = urljoin(target.url, location)
                    continue
                if response.status != 200:
                    raise WebPageUnreachable(f"The server answers {response.status}. Check the address.")
                head = _head(target.url, response)
                self._read(response, begin(head), ends)
                return head
        raise WebPageUnreachable("The address leads from one to the next without an end.")

    def _read(self, response: BaseHTTPResponse, take: Callable[[bytes], object], ends: float) -> None:
        size = 0
        for block in response.stream(_BLOCK, decode_content=True):
            size += len(block)
            if size > self._max_bytes:
                raise FileTooLarge(
                    f"The page is larger than {self._max_bytes / 1024**2:.4g} MB, the most that is fetched."
                )
            take(block)
        if self._clock() >= ends:  # cut off, which may look like a page's end
            raise WebPageUnreachable("The page did not arrive in time. Try again, or save it as a file and add that.")

    @contextlib.contextmanager
    def _asked(self, target: Target, ends: float) -> Iterator[BaseHTTPResponse]:
        """Ask for the page, and close the connection when the block is left or the time is over."""
        try:
            connection = self._connected(target, ends)
        except _BROKEN as error:
            raise WebPageUnreachable from error
        # Each read has a bound of its own, and many short ones last for ever.
        watch = threading.Timer(max(0.0, ends - self._clock()), _cut, (connection,))
        watch.daemon = True
        watch.start()
        try:
            connection.request(
                "GET", target.path, headers={**_HEADERS, "Host": target.host_header}, preload_content=False
            )
            with connection.getresponse() as response:  # it holds the socket too
                yield response
        except _BROKEN as error:
            raise WebPageUnreachable from error
        finally:
            watch.cancel()
            connection.close()

    def _connected(self, target: Target, ends: float) -> HTTPConnection:
        """Connect to the first of its addresses that answers."""
        failed: Exception = WebPageUnreachable()
        for address in target.addresses[:_ADDRESSES_TRIED]:
            left = ends - self._clock()
            if left <= 0:
                break
            connection = _connection(target, address, min(_CONNECT_SECONDS, left))
            try:
                connection.connect()
            except _BROKEN as error:
                connection.close()
                failed = error
            else:
                connection.sock.settimeout(max(0.1, ends - self._clock()))
                return connection
        raise failed


def _connection(target: Target, address: str, seconds: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=seconds)
    name = target.host.strip("[]")
    return HTTPSConnection(
        address,
        target.port,
        timeout=seconds,
        server_hostname=name,
        assert_hostname=name,
        ssl_context=ssl.create_default_context(),
    )


def _cut(connection: HTTPConnection) -> None:
    """Wake whoever reads from a connection: closing alone would not."""
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _head(url: str, response: BaseHTTPResponse) -> Head:
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", "gzip", "x-gzip"):
        raise WebPageRefused(
            "The server packs the page in a way that was not asked for. Save it as a file and add that."
        )
    kind, *parameters = response.headers.get("Content-Type", "").split(";")
    named = (parameter.partition("=") for parameter in parameters)
    charset = next((value.strip(" \"'") for name, _, value in named if name.strip().lower() == "charset"), None)
    return Head(url, kind.strip().lower(), charset or None)
