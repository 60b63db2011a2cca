"""A person who uses the API of a running server."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

EMAIL, PASSWORD = "person@example.org", "a long password"
_ENDED = ("ready", "failed", "cancelled")


@dataclass
class Answer:
    text: str = ""
    sources: list[dict[str, Any]] = field(default_factory=list)
    citations: list[dict[str, Any]] = field(default_factory=list)
    conversation_id: str = ""
    events: list[str] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)


class Client:
    def __init__(self, url: str, cookie: str = "") -> None:
        self.url = url
        self._cookie = cookie
        self._http = urllib3.PoolManager()

    def close(self) -> None:
        self._http.clear()

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON envelope."""
        sent = {"Cookie": self._cookie, **(headers or {})}
        answer = self._http.request(method, f"{self.url}/api/v1{path}", headers=sent, retries=False, **options)
        if "Set-Cookie" in answer.headers:
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer.status, answer.json() if answer.data else {}

    def data(self, method: str, path: str, **options: Any) -> Any:
        """Return the `data` of an answer that must be a success."""
        status, envelope = self.call(method, path, **options)
        assert 200 <= status < 300, (status, envelope)
        return envelope.get("data")

    def register(self, email: str = EMAIL) -> dict[str, Any]:
        body = {"email": email, "password": PASSWORD, "name": "Person"}
        user: dict[str, Any] = self.data("POST", "/auth/register", json=body)
        return user

    def sign_in(self, email: str = EMAIL) -> None:
        self.data("POST", "/auth/login", json={"email": email, "password": PASSWORD})

    def upload(self, *files: Path) -> list[dict[str, Any]]:
        parts = [("files", (file.name, file.read_bytes())) for file in files]
        found: list[dict[str, Any]] = self.data("POST", "/documents", fields=parts)
        return found

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the documents by file name."""
        return {document["filename"]: document for document in self.data("GET", "/documents?limit=200")}

    def indexed(self, seconds: float = 90.0) -> dict[str, dict[str, Any]]:
        """Wait until every document has come to an end, and return them by file name."""
        deadline = time.monotonic() + seconds
        while True:
            documents = self.documents()
            if all(document["status"] in _ENDED for document in documents.values()):
                return documents
            assert time.monotonic() < deadline, documents
            time.sleep(0.1)

    def search(self, query: str, **fields: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data("GET", "/search", fields={"q": query, **fields})
        return found

    def ask(self, message: str, conversation_id: str | None = None) -> Answer:
        answer = Answer()
        response = self._http.request(
            "POST",
            f"{self.url}/api/v1/chat",
            headers={"Cookie": self._cookie},
            json={"message": message, "conversation_id": conversation_id},
            retries=False,
        )
        assert response.status == 200, response.data
        for block in response.data.decode().split("\n\n"):
            name, _, data = block.partition("\n")
            if not name.startswith("event: "):
                continue
            answer.events.append(name.removeprefix("event: "))
            self._take(answer, answer.events[-1], json.loads(data.removeprefix("data: ")))
        return answer

    @staticmethod
    def _take(answer: Answer, event: str, data: dict[str, Any]) -> None:
        answer.last = data
        if event == "meta":
            answer.conversation_id = data["conversation_id"]
        elif event == "sources":
            answer.sources = data["sources"]
        elif event == "token":
            answer.text += data["text"]
        elif event == "done":
            answer.citations = data["citations"]
