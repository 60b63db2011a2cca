"""The network between a browser and a server, which a test can break."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self
from urllib.parse import urlsplit

_BLOCK = 65536


class Network:
    """Hands bytes on. While it is ``down``, whoever connects is turned away at once."""

    def __init__(self, url: str) -> None:
        self._server = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._readers: set[socket.socket] = set()
        self._links: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.down = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def cut(self, *, server_notices: bool = True) -> None:
        """Break every connection. A server that does not notice goes on writing to nobody."""
        self.down = True
        with self._lock:
            for reader in self._readers:
                _reset(reader)
            if server_notices:
                for link in self._links:
                    _reset(link)

    def mend(self) -> None:
        self.down = False

    def _run(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                reader, _ = self._listening.accept()
            except OSError:
                return
            if self.down:
                _reset(reader)
                reader.close()
                continue
            link = socket.create_connection(self._server)
            with self._lock:
                self._readers.add(reader)
                self._links.add(link)
            self._run(self._upwards, reader, link)
            self._run(self._downwards, link, reader)

    def _upwards(self, reader: socket.socket, link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := reader.recv(_BLOCK):
                link.sendall(data)
        if not self.down:
            _end(link)

    def _downwards(self, link: socket.socket, reader: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := link.recv(_BLOCK):
                with contextlib.suppress(OSError):
                    reader.sendall(data)
        with self._lock:
            self._links.discard(link)
            self._readers.discard(reader)
        _end(reader)
        reader.close()
        link.close()


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
