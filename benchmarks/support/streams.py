"""One person's questions over a kept connection, with the moment of each answer's first token."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Streamed:
    """Seconds from sending the question to its first token, and what the events told."""

    first_token: float
    cached: bool
    last: str  # the last event's name


class Asker:
    """Use as a context manager; each question begins a conversation of its own."""

    def __init__(self, url: str, cookie: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Cookie": cookie, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, question: str, *, use_cache: bool = True) -> Streamed:
        """Ask, and read to the end.

        Raises:
            RuntimeError: the answer was refused, or had no token.
        """
        body = json.dumps({"message": question, "use_cache": use_cache})
        begun = time.perf_counter()
        self._connection.request("POST", "/api/v1/chat", body, self._headers)
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.read(300)!r}")
        first, cached, name = 0.0, False, ""
        while line := answer.readline():
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
                if name == "token" and not first:
                    first = time.perf_counter()
            elif name == "meta" and line.startswith(b"data: "):
                cached = bool(json.loads(line[6:]).get("cached"))
        if not first:
            raise RuntimeError(f"an answer without a token, ended by {name!r}")
        return Streamed(first - begun, cached, name)
