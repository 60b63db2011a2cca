"""The framing of a streamed chat completion: server-sent events out of bytes."""

from __future__ import annotations

MAX_LINE_BYTES = 1024 * 1024


class LineTooLong(ValueError):
    """A line without an end: whatever this is, it is not a stream of tokens."""


class EventDecoder:
    """Cuts bytes, however they were split on the way, into the payloads of ``data:`` lines.

    One line is one payload. The standard joins neighbouring ``data:`` lines up to a blank one,
    but every chat server sends one JSON object a line, and some forget the blank line: joining
    would lose both neighbours.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max = max_line_bytes
        self._pieces: list[bytes] = []
        self._pending = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads completed by ``data``.

        Raises:
            LineTooLong: a line outgrew the bound.
        """
        lines = data.split(b"\n")
        self._pieces.append(lines[0])
        self._pending += len(lines[0])
        if self._pending > self._max:
            raise LineTooLong(f"a line of more than {self._max} bytes")
        if len(lines) == 1:
            return []
        lines[0] = b"".join(self._pieces)
        rest = lines.pop()
        self._pieces, self._pending = [rest], len(rest)
        return [payload for payload in map(_payload, lines) if payload]

    def close(self) -> list[bytes]:
        """Return the last payload where the stream ended without a line's end."""
        payload = _payload(b"".join(self._pieces))
        self._pieces, self._pending = [], 0
        return [payload] if payload else []


class WholeBody:
    """Stands in for ``EventDecoder`` where a server answers with one JSON object instead."""

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._body = bytearray()
        self._max = max_bytes

    def feed(self, data: bytes) -> list[bytes]:
        if len(self._body) + len(data) > self._max:
            raise LineTooLong(f"a body of more than {self._max} bytes")
        self._body += data
        return []

    def close(self) -> list[bytes]:
        return [bytes(self._body)] if self._body else []


def _payload(line: bytes) -> bytes:
    name, colon, value = line.strip().partition(b":")
    # llama.cpp used to send a failure as a field named "error"; a comment has an empty name.
    return value.strip() if colon and name in (b"data", b"error") else b""
