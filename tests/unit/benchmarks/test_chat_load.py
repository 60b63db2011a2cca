"""The load generator's view of an event stream, without its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks.support.chat_load import Stream, Tally

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
META = b'event: meta\ndata: {"cached":true}\n\n'
SOURCES = b'event: sources\ndata: {"sources":[{"text":"it ends by\\nevent: done\\nor event: error"}]}\n\n'
TOKEN = b'event: token\ndata: {"text":"word"}\n\n'
DONE = b'event: done\ndata: {"degraded":[]}\n\n'
ERROR = b'event: error\ndata: {"error_code":"LLM_UNAVAILABLE"}\n\n'
END = b"0\r\n\r\n"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def ended() -> Iterator[asyncio.Future[None]]:
    loop = asyncio.new_event_loop()
    yield loop.create_future()
    loop.close()


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def stream(tally: Tally, ended: asyncio.Future[None]) -> Stream:
    stream = Stream(b"POST", tally, ended, 0.0)
    stream.connection_made(Wire())
    return stream


def chunk(*events: bytes) -> bytes:
    data = b"".join(events)
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_answer_counts_once_however_it_is_cut(stream: Stream, tally: Tally, size: int) -> None:
    answer = HEAD + chunk(META, SOURCES) + chunk(TOKEN) + chunk(TOKEN, TOKEN) + chunk(DONE) + END
    for place in range(0, len(answer), size):
        assert not stream._transport.is_closed  # type: ignore[attr-defined]
        stream.data_received(answer[place : place + size])
    assert stream._transport.is_closed  # type: ignore[attr-defined]
    stream.connection_lost(None)
    assert (tally.done, tally.events, tally.degraded, tally.most_open, tally.open) == (1, 3, 0, 1, 0)
    assert len(tally.first_ms) == len(tally.sources_ms) == len(tally.total_ms) == 1
    assert not tally.failures


def test_an_answer_from_the_cache_is_told_apart(stream: Stream, tally: Tally) -> None:
    stream.data_received(HEAD + chunk(META, SOURCES))
    assert tally.cached == 1


def test_texts_that_speak_of_events_are_none(stream: Stream, tally: Tally, ended: asyncio.Future[None]) -> None:
    stream.data_received(HEAD + chunk(META, SOURCES))
    stream.data_received(chunk(b'event: token\ndata: {"text":"event: done"}\n\n'))
    stream.connection_lost(None)
    assert (tally.done, tally.failures) == (0, {"connection lost": 1})
    assert ended.done()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (HEAD + chunk(META, SOURCES) + chunk(TOKEN) + chunk(ERROR) + END, "error event LLM_UNAVAILABLE"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "status 503"),
    ],
)
def test_what_fails_is_counted_by_its_kind(stream: Stream, tally: Tally, answer: bytes, failure: str) -> None:
    stream.data_received(answer)
    assert stream._transport.is_closed  # type: ignore[attr-defined]
    stream.connection_lost(None)
    assert (tally.done, tally.failures) == (0, {failure: 1})


def test_an_answer_that_comes_to_no_end_is_a_failure(stream: Stream, tally: Tally) -> None:
    stream.data_received(HEAD + chunk(META, SOURCES) + chunk(TOKEN))
    stream.give_up()
    stream.connection_lost(None)
    assert (tally.done, tally.failures) == (0, {"no end": 1})


def test_an_answer_without_one_of_its_parts_is_counted(stream: Stream, tally: Tally) -> None:
    stream.data_received(HEAD + chunk(TOKEN) + chunk(DONE.replace(b"[]", b'["vector"]')) + END)
    stream.connection_lost(None)
    assert (tally.done, tally.degraded) == (1, 1)
