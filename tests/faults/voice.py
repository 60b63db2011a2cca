"""What a person says to the server and hears from it: requests, their answers, and what broke off."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from tests.integration.api.calls import Answer, events
from tests.integration.api.sockets import Browser

API = "/api/v1"
Said = list[tuple[str, dict[str, Any]]]


class Refused(Exception):
    """The server said no, in its own words."""


class Broken(Exception):
    """An answer did not come to its end."""


class Voice:
    """Each request takes a connection of its own, so that any worker may answer it."""

    def __init__(self, url: str) -> None:
        self.requests = 0
        self.slowest = 0.0
        self._browser = Browser(url)

    @property
    def cookie(self) -> str:
        """Return the session's secret."""
        return self._browser.cookie.partition("=")[2]

    def moved(self, url: str) -> None:
        """Speak to another address with the same cookie."""
        self._browser, cookie = Browser(url), self._browser.cookie
        self._browser.cookie = cookie

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the ``data`` of an answer.

        Raises:
            Refused, Broken
        """
        return self.whole(method, path, body, **headers).get("data")

    def delete(self, path: str) -> None:
        """Delete something, which an earlier attempt whose answer never came may have done."""
        try:
            self.call("DELETE", path)
        except Refused as error:
            if not str(error).endswith("_NOT_FOUND"):
                raise

    def upload(self, collection_id: str, name: str, content: bytes) -> dict[str, Any]:
        """Send a file, and return the document that it became."""
        boundary = hashlib.sha256(content).hexdigest()
        fields = (("collection_id", "", collection_id.encode()), ("files", f'; filename="{name}"', content))
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for field, more, value in fields
        ]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        (taken,) = self.call("POST", "/documents", body, Content_Type=f"multipart/form-data; boundary={boundary}")
        document: dict[str, Any] = taken["document"]
        return document

    def whole(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Return the envelope of an answer."""
        answer = self.raw(method, path, body, **headers)
        if answer.status >= 400:
            raise Refused(answer.json["error_code"])
        return answer.json if answer.body else {}

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        begun = self._ask()
        try:
            answer = self._browser.whole(method, API + path, body, **headers)
        except (OSError, http.client.HTTPException) as error:
            raise Broken(f"request: {type(error).__name__}") from error
        finally:
            self.slowest = max(self.slowest, time.monotonic() - begun)
        cookie = answer.cookie()
        if cookie is not None and cookie.value:
            self._browser.cookie = f"likeopt_session={cookie.value}"
        return answer

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Return a whole list, over all its pages."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            envelope = self.whole("GET", f"{path}{'&' if '?' in path else '?'}limit=100&cursor={cursor}".rstrip("="))
            found += envelope["data"]
            cursor = envelope.get("next_cursor")
        return found

    def stream(self, body: dict[str, Any], begun: Callable[[dict[str, Any]], None]) -> Said:
        """Ask, and return the events of an answer that came to its ``done``; ``begun`` is told its ``meta`` at once."""
        self._ask()
        text, is_begun = b"", False
        try:
            with self._browser.opened("POST", API + "/chat", body) as response:
                if response.status >= 400:
                    raise Refused(json.loads(response.read())["error_code"])
                while piece := response.read1():
                    text += piece
                    if not is_begun and (said := _events(text)):
                        is_begun = True
                        begun(said[0][1])
        except (OSError, http.client.HTTPException) as error:
            raise Broken(f"stream: {type(error).__name__}") from error
        said = _events(text)
        if not said or said[-1][0] not in ("done", "error"):
            raise Broken("stream: cut")
        if said[-1][0] == "error":
            raise Refused(f"stream: {said[-1][1]['error_code']}")
        return said

    def _ask(self) -> float:
        self.requests += 1
        return time.monotonic()


def _events(text: bytes) -> Said:
    """Return the events that have come as a whole."""
    head, end, _ = text.rpartition(b"\n\n")
    return list(events((head + end).decode()))
