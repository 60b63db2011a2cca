"""Event streams: what is sent, when a ping is, and what stops the source."""

from __future__ import annotations

import fcntl
import itertools
import json
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask

from backend.app.api import sse
from backend.app.processes.departure import MUST_END


@pytest.fixture
def app() -> Flask:
    return Flask(__name__, static_folder=None)


def encoded(items: Sequence[int]) -> Iterator[bytes]:
    for item in items:
        yield sse.encode("number", {"n": item})


def said_last(last: int | None) -> bytes:
    return sse.encode("farewell", {"after": last})


def parts(
    app: Flask, source: Iterator[int], *, ping: float = 60, look: float = 60, **environ: object
) -> Iterator[bytes]:
    with app.test_request_context(environ_overrides=environ):
        response = sse.stream(
            source, lambda items: encoded(items), farewell=said_last, ping_seconds=ping, look_seconds=look
        )
    assert response.mimetype == "text/event-stream"
    body = response.response
    assert isinstance(body, Iterator)
    return body


class Source:
    """Yields numbers; waits before the last until it is told to go on, and notes its closing."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.go_on = threading.Event()
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[int]:
        try:
            yield from self.numbers[:-1]
            assert self.go_on.wait(30)
            yield from self.numbers[-1:]
        finally:
            self.closed.set()


def test_an_event_is_one_line_of_json_whatever_it_holds() -> None:
    raw = sse.encode("token", {"text": "a\r\n\nevent: done\u2028🌊"})
    assert raw.count(b"\n") == 3
    head, data, *rest = raw.decode().split("\n")
    assert (head, rest) == ("event: token", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"text": "a\r\n\nevent: done\u2028🌊"}


def test_everything_is_sent_in_order_and_the_stream_ends(app: Flask) -> None:
    sent = b"".join(parts(app, iter(range(2500))))
    assert sent == b"".join(encoded(range(2500)))


def test_an_idle_stream_is_kept_open_by_pings(app: Flask) -> None:
    source = Source(1, 2)
    stream = parts(app, iter(source), ping=0.0, look=0.01)
    first = next(stream)
    assert first == sse.encode("number", {"n": 1})
    assert [next(stream) for _ in range(3)] == [b": ping\n\n"] * 3
    source.go_on.set()
    rest = [part for part in stream if part != b": ping\n\n"]
    assert rest == [sse.encode("number", {"n": 2})]
    assert source.closed.wait(30)


def test_no_ping_before_its_time(app: Flask) -> None:
    source = Source(1, 2)
    stream = parts(app, iter(source), ping=3600, look=0.01)
    next(stream)
    threading.Timer(0.2, source.go_on.set).start()  # some looks later
    assert list(stream) == [sse.encode("number", {"n": 2})]


def test_the_stream_flows_before_the_source_has_ended(app: Flask) -> None:
    source = Source(1, 2)
    stream = parts(app, iter(source))
    assert next(stream) == sse.encode("number", {"n": 1})
    assert not source.closed.is_set()
    source.go_on.set()
    assert list(stream) == [sse.encode("number", {"n": 2})]


def test_closing_the_stream_closes_the_source(app: Flask) -> None:
    source = Source(1, 2, 3)
    stream = parts(app, iter(source))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    source.go_on.set()
    assert source.closed.wait(30)


def test_a_reader_who_has_gone_is_noticed_on_an_idle_stream(app: Flask) -> None:
    ours, theirs = socket.socketpair()
    source = Source(1, 2)
    with ours:
        stream = parts(app, iter(source), look=0.01, **{"gunicorn.socket": ours})
        with theirs:
            next(stream)
        assert list(stream) == [], "it ends without waiting for the source"
        source.go_on.set()
        assert source.closed.wait(30)


@pytest.mark.parametrize("least", [0, 1100], ids=["", "beyond what select() knows"])
def test_a_reader_who_is_still_there_is_not_taken_for_gone(app: Flask, least: int) -> None:
    low, theirs = socket.socketpair()
    with low:
        ours = socket.socket(fileno=fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, least))
    source = Source(1, 2)
    with ours, theirs:
        stream = parts(app, iter(source), ping=0.0, look=0.01, **{"gunicorn.socket": ours})
        next(stream)
        assert next(stream) == b": ping\n\n"
        theirs.sendall(b"GET /next HTTP/1.1\r\n")  # a next request may already be on its way
        assert next(stream) == b": ping\n\n"
        source.go_on.set()
        assert sse.encode("number", {"n": 2}) in list(stream)


def test_a_connection_that_was_closed_on_this_side_is_gone(app: Flask) -> None:
    ours, theirs = socket.socketpair()
    source = Source(1, 2)
    with theirs:
        stream = parts(app, iter(source), look=0.01, **{"gunicorn.socket": ours})
        next(stream)
        ours.close()
        assert list(stream) == []
    source.go_on.set()
    assert source.closed.wait(30)


def test_a_server_that_must_end_closes_the_source_and_says_farewell(app: Flask) -> None:
    must_end, source = threading.Event(), Source(1, 2)
    stream = parts(app, iter(source), look=0.01, **{MUST_END: must_end.is_set})
    assert next(stream) == sse.encode("number", {"n": 1})
    must_end.set()
    assert list(stream) == [said_last(1)]
    source.go_on.set()
    assert source.closed.wait(30)


def test_a_server_that_must_end_says_farewell_to_streams_that_never_fall_silent(app: Flask) -> None:
    stream = parts(app, itertools.count(), **{MUST_END: lambda: True})
    said = b"".join(stream)
    numbers = [json.loads(line[6:])["n"] for line in said.decode().splitlines() if line.startswith('data: {"n"')]
    assert numbers == list(range(len(numbers)))
    assert said.endswith(said_last(numbers[-1]))


def test_a_stream_that_has_said_nothing_yet_ends_by_the_farewell_alone(app: Flask) -> None:
    source = Source(1)
    assert list(parts(app, iter(source), look=0.01, **{MUST_END: lambda: True})) == [said_last(None)]
    source.go_on.set()
    assert source.closed.wait(30)


def test_a_watched_stream_looks_around_at_events_that_say_nothing(app: Flask) -> None:
    def quiet(items: Sequence[int]) -> Iterator[bytes]:
        return encoded([item for item in items if item])

    ours, theirs = socket.socketpair()
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield 1
            yield 0
            theirs.close()
            yield 0
            yield 2
        finally:
            closed.set()

    with ours, app.test_request_context(environ_overrides={"gunicorn.socket": ours}):
        response = sse.stream(source(), quiet, watched=lambda number: number == 1, ping_seconds=0.0)
        assert list(response.response) == [sse.encode("number", {"n": 1}), b": ping\n\n"]
    assert closed.is_set(), "the reader had gone"
