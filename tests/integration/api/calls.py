"""Asking the API in a test: each answer is read whole, closed, and held against docs/api.md."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.test import stream_encode_multipart

from tests.integration.api import promised

API = "/api/v1"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_WITHOUT_BODY = (204, 304)


@dataclass(frozen=True)
class Answer:
    method: str
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def data(self) -> Any:
        assert self.json["success"], self.json
        return self.json["data"]

    @property
    def error(self) -> tuple[int, str]:
        """Status and code of a failure."""
        assert self.json["success"] is False, self.json
        return self.status, self.json["error_code"]

    @property
    def ids(self) -> list[Any]:
        return [item["id"] for item in self.data]

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        assert self.headers["Content-Type"].startswith("text/event-stream"), self.body
        return list(events(self.body.decode()))

    def cookie(self, name: str = "likeopt_session") -> Any:
        """Return the cookie that it sets, with its attributes, or None."""
        for line in self.headers.getlist("Set-Cookie"):
            morsel = SimpleCookie(line).get(name)
            if morsel is not None:
                return morsel
        return None

    def check(self, *, enveloped: bool = True) -> Answer:
        """Fail where it breaks what is promised of every answer."""
        assert REQUEST_ID.fullmatch(self.headers["X-Request-ID"])
        assert re.fullmatch(r"\d+\.\d{3}s", self.headers["X-Response-Time"])
        assert re.match(r"app;dur=\d+\.\d(, [a-z0-9_]+;dur=\d+\.\d)*$", self.headers["Server-Timing"])
        assert self.headers["X-Content-Type-Options"] == "nosniff"
        assert self.headers["Content-Security-Policy"]
        is_file = "attachment" in self.headers.get("Content-Disposition", "")
        if enveloped and (
            self.status >= 400 or (self.headers.get("Content-Type") == "application/json" and not is_file)
        ):
            self._check_envelope()
        return self

    def _check_envelope(self) -> None:
        if self.method == "HEAD" or self.status in _WITHOUT_BODY or "Content-Encoding" in self.headers:
            return
        assert self.headers["Content-Type"] == "application/json"
        said = self.json
        if self.status >= 400:
            assert said["success"] is False
            assert {"success", "message", "error", "error_code", "request_id"} <= set(said)
            assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", said["error_code"])
            assert len(said["message"]) > 15, "a sentence"
            assert said["message"].endswith("."), said["message"]
            assert said["request_id"] == self.headers["X-Request-ID"]
        elif isinstance(said["data"], list) and "count" in said:
            assert said["success"] is True
            assert said["count"] == len(said["data"])
            assert {"success", "message", "data", "count", "next_cursor"} <= set(said)
        else:
            assert said["success"] is True
            assert set(said) == {"success", "message", "data"}


class Caller:
    """Somebody with a cookie jar; paths are below /api/v1 unless they are whole."""

    held_to_document = False  # whether each answer is held against the OpenAPI document

    def __init__(self, app: Flask) -> None:
        self.flask = app.test_client()
        self.user: dict[str, Any] = {}
        self.collection_id = ""

    def give_cookie(self, other: Caller) -> None:
        """Let another browser go on with this session."""
        cookie = self.flask.get_cookie("likeopt_session")
        assert cookie is not None
        other.flask.set_cookie("likeopt_session", cookie.value)

    def call(self, method: str, path: str, **options: Any) -> Answer:
        path = path if path.startswith("//") else (API + path if not path.startswith("/api/") else path)
        return self.whole(method, path, **options)

    def whole(self, method: str, path: str, **options: Any) -> Answer:
        with self.flask.open(path, method=method, **options) as response:
            answer = Answer(method, response.status_code, response.headers, response.get_data())
        whole = f"{path}?{urlencode(given)}" if isinstance(given := options.get("query_string"), dict) else path
        if self.held_to_document and "Content-Encoding" not in answer.headers:
            promised.check(
                self.flask.application,
                method,
                whole,
                answer.status,
                answer.headers.get("Content-Type", ""),
                answer.body,
            )
        return answer.check(enveloped=not path.startswith(("/v1/", "/mcp", "/api/v1/openapi.json")))

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, **({"json": body} if body is not None else {}), **options)

    def patch(self, path: str, body: Any, **options: Any) -> Answer:
        return self.call("PATCH", path, json=body, **options)

    def put(self, path: str, body: Any, **options: Any) -> Answer:
        return self.call("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def upload(self, *files: tuple[str, bytes], **fields: str) -> Answer:
        stored = [FileStorage(io.BytesIO(content), name, "files") for name, content in files]
        parts = MultiDict([*fields.items(), *(("files", file) for file in stored)])
        body, _, boundary = stream_encode_multipart(parts, use_tempfile=False)
        content_type = f"multipart/form-data; boundary={boundary}"
        return self.call("POST", "/documents", data=body.read(), content_type=content_type)

    def ask(self, message: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
        return self.post("/chat", {"message": message, **options}).events

    def asked(self, message: str, **options: Any) -> tuple[str, str]:
        """Ask, and return the ids of the conversation and of the answer."""
        meta = self.ask(message, **options)[0][1]
        return meta["conversation_id"], meta["message_id"]


def events(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Decode a whole event stream; comments are left out."""
    assert text == "" or text.endswith("\n\n"), "an event was cut"
    for block in text.split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if lines:
            assert len(lines) == 2, block
            assert lines[0].startswith("event: "), block
            assert lines[1].startswith("data: "), block
            yield lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


def pages(caller: Caller, path: str, limit: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Follow a list's cursors to its end."""
    cursor: str | None = ""
    while cursor is not None:
        joint = "&" if "?" in path else "?"
        answer = caller.get(f"{path}{joint}limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer.body
        assert answer.json["count"] <= limit
        yield answer.data
        cursor = answer.json["next_cursor"]
