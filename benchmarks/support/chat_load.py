"""People who ask questions, as a process of its own: many event streams, little work for each.

    python -m benchmarks.support.chat_load URL --cookie COOKIE --questions FILE --people 100 --answers 400
    python -m benchmarks.support.chat_load URL --cookie COOKIE --questions FILE --streams 10000 --per-second 300

With ``--people``, so many ask, wait for the whole answer, and ask again. With ``--streams``, new
streams begin at an even pace whatever becomes of the earlier ones. Prints one JSON object; times are
in milliseconds and begin with the connecting.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS = 30.0
# A line's beginning: the sources' texts, whose line ends are escaped, may well speak of events.
SOURCES, TOKEN, DONE, ERROR = b"\nevent: sources", b"\nevent: token", b"\nevent: done", b"\nevent: error"
_TAIL_BYTES = 200  # kept of what was seen: an event's name may be cut in two


@dataclass
class Tally:
    """What became of the streams."""

    started: int = 0
    done: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    degraded: int = 0
    cached: int = 0
    events: int = 0
    open: int = 0
    most_open: int = 0
    first_ms: list[float] = field(default_factory=list)
    sources_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)


class Stream(asyncio.Protocol):
    """One question over one connection, from the first to the last event."""

    def __init__(self, request: bytes, tally: Tally, ended: asyncio.Future[None], began: float) -> None:
        self._request = request
        self._tally = tally
        self._ended = ended
        self._tail = b""
        self._first = self._sources = False
        self._outcome = ""
        self._began = began

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._tally.open += 1
        self._tally.most_open = max(self._tally.most_open, self._tally.open)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        seen = self._tail + data
        tally.events += seen.count(TOKEN) - self._tail.count(TOKEN)
        if not self._first:
            self._look_at_beginning(seen)
        if DONE in seen:
            self._outcome = "done"
        elif ERROR in seen:
            self._outcome = "error event " + _between(seen, b'"error_code":"', b'"')
        self._tail = seen[-_TAIL_BYTES:] if not self._outcome else self._tail + data
        if self._outcome and self._tail.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def _look_at_beginning(self, seen: bytes) -> None:
        now = (time.monotonic() - self._began) * 1000
        if seen.startswith(b"HTTP/1.1 ") and len(seen) >= 12 and not seen.startswith(b"HTTP/1.1 200"):
            self._outcome = "status " + seen[9:12].decode()
            self._transport.close()
        if not self._sources and SOURCES in seen:
            self._sources = True
            self._tally.sources_ms.append(now)
            self._tally.cached += b'"cached":true' in seen
        if TOKEN in seen:
            self._first = True
            self._tally.first_ms.append(now)

    def give_up(self) -> None:
        self._outcome = "no end"

    def connection_lost(self, exc: Exception | None) -> None:
        tally = self._tally
        tally.open -= 1
        if self._outcome == "done":
            tally.done += 1
            tally.degraded += b'"degraded":[]' not in self._tail
            tally.total_ms.append((time.monotonic() - self._began) * 1000)
        else:
            tally.failures[self._outcome or f"connection lost{': ' + type(exc).__name__ if exc else ''}"] += 1
        if not self._ended.done():
            self._ended.set_result(None)


class Load:
    def __init__(self, url: str, cookies: list[str], questions: list[str], use_cache: bool, patience: float) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._cookies = itertools.cycle(cookies)
        self._questions: Iterator[str] = itertools.cycle(questions)
        self._use_cache = use_cache
        self._patience = patience
        self.tally = Tally()

    async def people(self, number: int, answers: int, seconds: float) -> None:
        """Have so many people ask until ``answers`` were asked for, or the time is over."""
        deadline = time.monotonic() + seconds

        async def person() -> None:
            while self.tally.started < answers and time.monotonic() < deadline:
                await self._ask()

        await asyncio.gather(*(person() for _ in range(number)))

    async def streams(self, number: int, per_second: float) -> None:
        begun, tasks = time.monotonic(), []
        for count in range(number):
            await asyncio.sleep(max(0.0, begun + count / per_second - time.monotonic()))
            tasks.append(asyncio.create_task(self._ask()))
        await asyncio.gather(*tasks)

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        self.tally.started += 1
        request, began = self._request(), time.monotonic()
        try:
            connecting = loop.create_connection(
                lambda: Stream(request, self.tally, ended, began), self._host, self._port
            )
            transport, protocol = await asyncio.wait_for(connecting, CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            self.tally.failures[f"no connection: {type(error).__name__}"] += 1
            return
        try:
            await asyncio.wait_for(ended, self._patience)
        except TimeoutError:
            protocol.give_up()
            transport.abort()

    def _request(self) -> bytes:
        body = json.dumps({"message": next(self._questions), "use_cache": self._use_cache}).encode()
        head = (
            f"POST /api/v1/chat HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nCookie: {next(self._cookies)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def _between(data: bytes, before: bytes, after: bytes) -> str:
    return data.partition(before)[2].partition(after)[0].decode("utf-8", "replace")


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    questions = json.loads(Path(options.questions).read_text("utf-8"))
    load = Load(options.url, options.cookie, questions, options.use_cache, options.patience)
    begun = time.monotonic()
    if options.streams:
        await load.streams(options.streams, options.per_second)
    else:
        await load.people(options.people, options.answers, options.seconds)
    tally = load.tally
    return {
        "seconds": time.monotonic() - begun,
        "processor_seconds": time.process_time(),
        "started": tally.started,
        "done": tally.done,
        "failures": dict(tally.failures),
        "degraded": tally.degraded,
        "cached": tally.cached,
        "token_events": tally.events,
        "most_open": tally.most_open,
        "first_ms": tally.first_ms,
        "sources_ms": tally.sources_ms,
        "total_ms": tally.total_ms,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--cookie", action="append", required=True, help="of a session; several take turns")
    parser.add_argument("--questions", required=True, help="a JSON list of texts")
    parser.add_argument("--use-cache", action="store_true")
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--streams", type=int, default=0)
    parser.add_argument("--per-second", type=float, default=300.0)
    parser.add_argument("--patience", type=float, default=120.0, help="seconds after which a stream counts as failed")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    json.dump(asyncio.run(measure(options)), sys.stdout)


if __name__ == "__main__":
    main()
