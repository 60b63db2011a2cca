"""Server-sent events: encoding, pings, and noticing that the reader has gone."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from flask import Response, g, request

from backend.app.concurrency import Pump
from backend.app.processes.departure import MUST_END

T = TypeVar("T")

PING_SECONDS = 15.0
LOOK_SECONDS = 1.0  # how soon a reader who has gone stops a model that is silent
_LAST_WORDS_SECONDS = 3.0
_ENCODER = msgspec.json.Encoder()


def encode(event: str, data: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), _ENCODER.encode(data))


def stream(
    events: Iterator[T],
    encode_all: Callable[[list[T]], Iterator[bytes]],
    *,
    farewell: Callable[[T | None], bytes] = lambda last: b"",
    watched: Callable[[T], bool] | None = None,
    ping_seconds: float = PING_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> Response:
    """Send events as they come; those that arrive together leave together, encoded once.

    Closing the answer, or the reader's going away, closes ``events``. Where the server has to end
    before they do, they are closed, and the ``farewell`` after the last event ends the answer.

    From the first event on of which ``watched`` is true, ``events`` themselves let the stream look
    around at least every ``look_seconds``, by events that encode to nothing. Nobody else has to
    wait for them then, which halves what a stream costs in memory and each event in time. That event
    is also what the stream is for: by when it comes it is judged whether the answer was slow.
    """
    has_gone, must_end = _reader_of(request.environ), request.environ.get(MUST_END, _never)
    has_come = False

    def until(event: T) -> bool:
        nonlocal has_come
        has_come = watched is not None and watched(event)
        return has_come

    if watched is not None:
        g.has_come = lambda: has_come

    def body() -> Iterator[bytes]:
        pump = Pump(events, idle=look_seconds, until=until)
        sent, last = time.monotonic(), None
        try:
            for batch in pump:
                data = b"".join(encode_all(batch))
                if data:
                    yield data
                    sent, last = time.monotonic(), batch[-1]
                if must_end():
                    # The source is done with storing what there is before its reader is told.
                    rest = pump.close(_LAST_WORDS_SECONDS)
                    yield b"".join(encode_all(rest)) + farewell(rest[-1] if rest else last)
                    return
                if data:
                    continue
                if has_gone():
                    return
                if time.monotonic() - sent >= ping_seconds:
                    yield b": ping\n\n"
                    sent = time.monotonic()
        finally:
            pump.close(_LAST_WORDS_SECONDS)  # a worker that leaves waits for its answers, and so for this

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(body(), mimetype="text/event-stream", headers=headers)


def _never() -> bool:
    return False


def _reader_of(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Return a look at the connection: has the other side closed it?

    A write would tell too, but only the second one after the closing, which with pings alone is
    half a minute of a model's work for nobody.
    """
    connection = environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        return lambda: False

    def has_gone() -> bool:
        # Not select(), which knows 1,024 descriptors: a worker holds more than the 500 streams that take so many.
        try:
            waits = connection.gettimeout()
            connection.settimeout(0.0)
            try:
                return connection.recv(1, socket.MSG_PEEK) == b""
            finally:
                connection.settimeout(waits)
        except BlockingIOError:
            return False  # it is open, and says nothing
        except OSError:  # also that it was closed on this side
            return True

    return has_gone
