"""The scripted model that the benchmarks run against, without its socket."""

from __future__ import annotations

import asyncio
import json

from benchmarks.support.model import Connection, Script, pieces, words

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))


class Loop:
    """A loop whose time the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, object]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: object) -> object:
        self.due.append((when, call))
        return self

    def cancel(self) -> None:
        self.due.clear()

    def move_to(self, now: float) -> None:
        self.now = now
        ready, self.due = [c for w, c in self.due if w <= now], [(w, c) for w, c in self.due if w > now]
        for call in ready:
            call()  # type: ignore[operator]


def connected(script: Script) -> tuple[Connection, Wire, Loop]:
    loop, wire = Loop(), Wire()
    connection = Connection(script, loop)  # type: ignore[arg-type]
    connection.connection_made(wire)
    return connection, wire, loop


def tokens_in(data: bytes) -> list[str]:
    lines = [line for line in data.split(b"\n") if line.startswith(b"data: {")]
    deltas = [choice["delta"] for line in lines for choice in json.loads(line[6:])["choices"]]
    return [delta["content"] for delta in deltas if "content" in delta]


def test_an_answer_has_the_tokens_asked_for_and_cites_now_and_then() -> None:
    assert len(words(60)) == 60
    assert [token for token in words(60) if "[" in token] == [" [1]", " [2]", " [3]", " [1]"]
    assert tokens_in(b"".join(pieces(60))) == words(60)
    assert pieces(3)[-1].endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


def test_without_a_pause_an_answer_is_one_write() -> None:
    script = Script(tokens=5, pause=0.0, delay=0.0)
    connection, wire, _ = connected(script)
    connection.data_received(REQUEST)
    assert len(wire.writes) == 1
    assert wire.writes[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert tokens_in(wire.writes[0]) == words(5)
    assert script.open == 0


def test_tokens_leave_a_pause_apart_and_late_ones_together() -> None:
    script = Script(tokens=5, pause=1.0, delay=0.0)
    connection, wire, loop = connected(script)
    connection.data_received(REQUEST)
    assert tokens_in(wire.writes[0]) == words(5)[:1]
    assert script.open == 1
    loop.move_to(1.0)
    assert tokens_in(wire.writes[1]) == words(5)[1:2]
    loop.move_to(3.5)
    assert tokens_in(wire.writes[2]) == words(5)[2:4]
    loop.move_to(9.0)
    assert tokens_in(wire.writes[3]) == words(5)[4:]
    assert script.open == 0
    assert script.most == 1


def test_the_first_token_waits_for_the_delay_and_its_time_is_kept() -> None:
    script = Script(tokens=1, pause=0.0, delay=2.0)
    connection, wire, loop = connected(script)
    connection.data_received(REQUEST)
    assert wire.writes == []
    assert not script.times
    loop.move_to(2.0)
    assert tokens_in(wire.writes[0]) == words(1)
    [(received, sent)] = script.times
    assert sent >= received


def test_a_connection_takes_a_request_in_pieces_and_then_another() -> None:
    connection, wire, _ = connected(Script(tokens=2, pause=0.0, delay=0.0))
    for part in (REQUEST[:30], REQUEST[30:-1], REQUEST[-1:]):
        assert wire.writes == []
        connection.data_received(part)
    connection.data_received(REQUEST)
    assert len(wire.writes) == 2


def test_a_client_that_leaves_ends_its_stream() -> None:
    script = Script(tokens=5, pause=1.0, delay=0.0)
    connection, _, loop = connected(script)
    connection.data_received(REQUEST)
    connection.connection_lost(None)
    assert loop.due == []
    assert script.open == 0


def test_it_lists_its_model_and_tells_its_times() -> None:
    connection, wire, _ = connected(Script(tokens=2, pause=0.0, delay=0.0))
    connection.data_received(b"GET /v1/models HTTP/1.1\r\n\r\n")
    connection.data_received(b"GET /v1/times HTTP/1.1\r\n\r\n")
    connection.data_received(b"GET /other HTTP/1.1\r\n\r\n")
    assert json.loads(wire.writes[0].partition(b"\r\n\r\n")[2])["data"][0]["id"] == "scripted"
    assert json.loads(wire.writes[1].partition(b"\r\n\r\n")[2]) == {"open": 0, "most": 0, "times": []}
    assert wire.writes[2].startswith(b"HTTP/1.1 404 ")
