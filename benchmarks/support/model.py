"""A language model that is cheap to run: an OpenAI-compatible server that always says the same.

One asyncio process holds ten thousand streams at once. Every chunk is encoded before the first
request, prompts are not parsed, and what is due at the same moment leaves in one write, so that
the processors are left to what is measured.

    python -m benchmarks.support.model --port 0 --tokens 60 --pause 0.001 --delay 0

It prints ``ready http://127.0.0.1:PORT/v1``. ``GET /v1/times`` tells of the latest answers when the
request had come and when the first token was sent, in seconds of the machine's monotonic clock,
which all processes share.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence

MODEL = "scripted"
KEPT_TIMES = 10_000
_SENTENCE = (
    "The passage says that this depends on the place and on the year in which it was measured by those who asked"
)
_WORDS = tuple(_SENTENCE.split())
_CITE_EVERY = 15  # a citation marker after so many tokens
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def words(count: int) -> list[str]:
    """Return the tokens of an answer: words, and a citation marker now and then."""
    return [
        f" [{1 + number // _CITE_EVERY % 3}]" if number % _CITE_EVERY == _CITE_EVERY - 1 else " " + _word(number)
        for number in range(count)
    ]


def _word(number: int) -> str:
    return _WORDS[number % len(_WORDS)]


def pieces(count: int) -> list[bytes]:
    """Return what is sent: one HTTP chunk a token, and one for the end."""
    usage = {"prompt_tokens": 500, "completion_tokens": count, "total_tokens": 500 + count}
    end = _event({}, finish="stop") + _data({"id": MODEL, "choices": [], "usage": usage}) + b"data: [DONE]\n\n"
    return [*(_chunk(_event({"content": token})) for token in words(count)), _chunk(end) + b"0\r\n\r\n"]


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({"id": MODEL, "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]})


def _data(payload: object) -> bytes:
    return b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _json(payload: object) -> bytes:
    body = json.dumps(payload).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Script:
    """What every connection plays: the pieces, when each is due, and a record of when it was so."""

    def __init__(self, tokens: int, pause: float, delay: float) -> None:
        self.pieces: Sequence[bytes] = pieces(tokens)
        self.pause = pause
        self.delay = delay
        self.times: deque[tuple[float, float]] = deque(maxlen=KEPT_TIMES)
        self.open = 0  # streams at this moment
        self.most = 0  # streams at the same moment, at most

    def state(self) -> dict[str, object]:
        return {"open": self.open, "most": self.most, "times": list(self.times)}


class Connection(asyncio.Protocol):
    """One kept-alive connection: a request, its stream, the next request."""

    def __init__(self, script: Script, loop: asyncio.AbstractEventLoop) -> None:
        self._script = script
        self._loop = loop
        self._buffer = b""
        self._next = -1  # the piece that is due next; -1: no stream is open
        self._begin = 0.0
        self._received = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._end()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _content_length(head) or self._next >= 0:
            return
        self._buffer = rest[_content_length(head) :]
        self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if path == b"/v1/chat/completions":
            self._start()
        elif path == b"/v1/models":
            self._transport.write(_json({"object": "list", "data": [{"id": MODEL, "object": "model"}]}))
        elif path == b"/v1/times":
            self._transport.write(_json(self._script.state()))
        else:
            self._transport.write(_NOT_FOUND)

    def _start(self) -> None:
        script = self._script
        script.open += 1
        script.most = max(script.most, script.open)
        self._next, self._received = 0, time.monotonic()
        self._begin = self._loop.time() + script.delay
        if script.delay:
            self._timer = self._loop.call_at(self._begin, self._send)
        else:
            self._send()

    def _send(self) -> None:
        """Send every piece that is due by now, and come back for the next."""
        script = self._script
        due, last = self._due(), len(script.pieces)
        data = b"".join(script.pieces[self._next : due])
        if self._next == 0:
            script.times.append((self._received, time.monotonic()))
            data = _HEAD + data
        self._transport.write(data)
        self._next = due
        if due < last:
            self._timer = self._loop.call_at(self._begin + due * script.pause, self._send)
        else:
            self._end()

    def _due(self) -> int:
        """Count from the stream's beginning, so that late timers do not make a stream longer."""
        script, last = self._script, len(self._script.pieces)
        if not script.pause:
            return last
        return min(last, max(self._next, int((self._loop.time() - self._begin) / script.pause)) + 1)

    def _end(self) -> None:
        if self._next >= 0:
            self._next = -1
            self._timer = None
            self._script.open -= 1


def _content_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    return int(lower[start + 17 :].partition(b"\r\n")[0]) if start >= 0 else 0


async def serve(port: int, script: Script) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Connection(script, loop), "127.0.0.1", port, backlog=4096)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--pause", type=float, default=0.001, help="seconds between two tokens")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to the first token")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.setswitchinterval(1.0)
    asyncio.run(serve(options.port, Script(options.tokens, options.pause, options.delay)))


if __name__ == "__main__":
    main()
