"""The body of a streamed response, read as it arrives."""

from __future__ import annotations

import http.client
import io
import socket
from types import TracebackType

from urllib3 import BaseHTTPResponse, HTTPResponse

READ_BYTES = 64 * 1024
_MAX_FRAME_LINE = 4096


class BodyBroken(Exception):
    """The body ended before its end, or is not framed as HTTP asks."""


class ResponseBody:
    """Reads all that the socket holds at once, with a time limit for each read.

    urllib3's own ``stream`` and ``read1`` return one HTTP chunk a call and keep one time limit
    for all of them. A model's server sends a chunk for each token, so under load, when many
    tokens wait in the socket, that is many turns of the whole pipeline instead of one. Here the
    chunks' framing is removed from whatever one ``recv`` gave.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self._inner = response._fp if isinstance(response, HTTPResponse) else None
        inner = self._inner
        self._chunks = ChunkDecoder() if inner is not None and inner.chunked else None
        self._left = inner.length if inner is not None else None
        self._socket = _socket_of(inner)
        self.complete = inner is None or inner.isclosed()
        self.is_json = response.headers.get("Content-Type", "").lower().startswith("application/json")
        self._buffered = True
        self._finished = False

    def __enter__(self) -> ResponseBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connection back when the body was read to its end; else close it, undrained.

        A model goes on working, and being paid for, until its connection closes.
        """
        if kind is None and self._finished:
            if self._inner is not None:
                self._inner.close()  # for http.client, this response is read
            self._response.release_conn()
        else:
            self._response.close()

    def read(self, seconds: float) -> bytes:
        """Return what arrives within ``seconds``, or nothing at the body's end.

        Raises:
            TimeoutError: nothing arrived.
            BodyBroken: the body broke off.
            OSError: the connection broke.
        """
        while not self.complete:
            if self._socket is None or self._inner is None or self._inner.fp is None:
                raise BodyBroken("the connection is closed")
            self._socket.settimeout(seconds)
            if self._buffered:
                # What came with the headers, else what comes. Never again afterwards: this reader
                # refuses to go on after a time limit, and has nothing left in its buffer.
                self._buffered = False
                data = self._inner.fp.read1(READ_BYTES)
                self._drop_buffer(self._inner)
            else:
                data = self._socket.recv(READ_BYTES)
            if not data:
                self._at_end()
                return b""
            data = self._unframe(data)
            if data:
                return data
        self._finished = True
        return b""

    def _drop_buffer(self, inner: http.client.HTTPResponse) -> None:
        """Give back the reader's 8 KB, which it would hold for as long as the answer streams."""
        if isinstance(inner.fp, io.BufferedReader) and not inner.isclosed():
            inner.fp = inner.fp.detach()  # type: ignore[assignment]  # closes as well as what was around it

    def finish(self, seconds: float) -> None:
        """Wait shortly for the last bytes of the framing, so that the connection can be kept."""
        try:
            while not self.complete and self.read(seconds):
                pass
        except (OSError, BodyBroken):
            return
        self._finished = self.complete

    def _unframe(self, data: bytes) -> bytes:
        if self._chunks is not None:
            data = self._chunks.feed(data)
            self.complete = self._chunks.complete
        elif self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
            self.complete = self._left == 0
        return data

    def _at_end(self) -> None:
        if self._chunks is not None or self._left:
            raise BodyBroken("the connection closed in the middle of the body")
        # Without framing the end of the connection is the end of the body: nothing says
        # whether it is all, so it does not count as complete.


class ChunkDecoder:
    """Removes HTTP's chunked framing (RFC 9112, section 7.1) from bytes, however split."""

    def __init__(self) -> None:
        self.complete = False
        self._left = 0  # bytes that the current chunk still has
        self._line = b""  # a size line, or the blank one after a chunk, not complete yet
        self._in_trailer = False

    def feed(self, data: bytes) -> bytes:
        """Return the content in ``data``.

        Raises:
            BodyBroken: the framing is wrong.
        """
        content: list[bytes] = []
        while data and not self.complete:
            if self._left:
                piece, data = data[: self._left], data[self._left :]
                self._left -= len(piece)
                content.append(piece)
                continue
            line, newline, rest = data.partition(b"\n")
            self._line += line
            if len(self._line) > _MAX_FRAME_LINE:
                raise BodyBroken("not a chunked body")
            if not newline:
                break
            data = rest
            self._take_line()
        return b"".join(content)

    def _take_line(self) -> None:
        line, self._line = self._line.strip(), b""
        if self._in_trailer:
            self.complete = not line
            return
        size = line.partition(b";")[0].strip()
        if not size:
            return  # the line end that closes a chunk
        try:
            self._left = int(size, 16)
        except ValueError:
            raise BodyBroken("not a chunked body") from None
        if self._left < 0:
            raise BodyBroken("not a chunked body")
        self._in_trailer = self._left == 0


def _socket_of(inner: http.client.HTTPResponse | None) -> socket.socket | None:
    """Return the socket below: a response that will close its connection keeps it only here."""
    raw = getattr(getattr(inner, "fp", None), "raw", None)
    return getattr(raw, "_sock", None) if isinstance(raw, io.RawIOBase) else None
