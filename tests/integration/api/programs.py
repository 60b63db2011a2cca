"""Programs: callers that have a key in place of a cookie."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.integration.api.calls import Answer, Caller


class Program(Caller):
    def __init__(self, app: Flask, secret: str) -> None:
        super().__init__(app)
        self.secret = secret

    def whole(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.secret}", **dict(options.pop("headers", {}))}
        return super().whole(method, path, headers=headers, **options)


def made_key(owner: Caller, *scopes: str, **fields: Any) -> dict[str, Any]:
    answer = owner.post("/keys", {"name": "a program", "scopes": scopes or ("read", "ask"), **fields})
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.data
    return found


def program(app: Flask, owner: Caller, *scopes: str, **fields: Any) -> Program:
    """Return a program with a new key of the owner's."""
    found = Program(app, made_key(owner, *scopes, **fields)["key"])
    found.user, found.collection_id = owner.user, owner.collection_id
    return found
