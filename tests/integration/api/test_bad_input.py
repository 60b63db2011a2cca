"""Whatever somebody sends: a sentence that says what to do, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

pytestmark = pytest.mark.usefixtures("held_to_document")

# Every address that takes a body, with a good one; {c}, {v}, {m}: ids of the asking person's own.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/auth/register"): {"email": "bad-input@example.com", "password": "correct horse", "name": "N"},
    ("POST", "/auth/login"): {"email": "a@example.com", "password": "correct horse"},
    ("POST", "/collections"): {"name": "A new one"},
    ("PATCH", "/collections/{c}"): {"name": "Renamed"},
    ("PUT", "/collections/{c}/members"): {"email": "{e}", "access": "owner"},
    ("PATCH", "/conversations/{v}"): {"title": "T", "pinned": True},
    ("POST", "/chat"): {
        "message": "ferry?",
        "conversation_id": "{v}",
        "collection_ids": ["{c}"],
        "use_cache": True,
        "regenerate": "{m}",
    },
    ("POST", "/feedback"): {"message_id": "{m}", "value": 1, "comment": "good"},
    ("POST", "/metrics"): {"metrics": [{"name": "lcp", "value": 1.5, "timestamp": 0}], "url": "", "timestamp": 0},
}
NO_JSON = {
    "nothing": b"",
    "spaces": b"   ",
    "cut": b'{"message": "x"',
    "text": b"message=x",
    "array": b"[]",
    "array of objects": b'[{"name": "x"}]',
    "text in quotes": b'"name"',
    "number": b"1",
    "null": b"null",
    "NaN": b"NaN",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800", "message": "\\ud800", "email": "\\ud800", "title": "\\ud800"}',
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "NUL": b"\0",
    "trailing": b"{} {}",
    "BOM": b"\xef\xbb\xbf[]",
}
WRONG: list[Any] = [
    None, "", " ", 7, -1, 0, 1.5, True, [], {}, ["x"], [None], {"a": 1}, 10**400, 2**63, 1e308,
    float("nan"), float("inf"), "x" * 1_000_000, "a\0b", "\0", "\u202e", "🦆" * 500, "x" * 33, "0" * 32,
    "../..", "%", "'; drop table users; --", "\n\r\t", [["x"]], ["x" * 100_000], ["a\0b"],
]  # fmt: skip


@pytest.fixture(scope="module")
def asking(world: World) -> Caller:
    return world.person("asking")


@pytest.fixture(scope="module")
def known(asking: Caller) -> dict[str, str]:
    conversation, message = asking.asked("Is anything there?")
    return {"{c}": asking.collection_id, "{v}": conversation, "{m}": message, "{e}": asking.user["email"]}


def filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        for letter, found in known.items():
            value = value.replace(letter, found)
        return value
    if isinstance(value, dict):
        return {name: filled(item, known) for name, item in value.items()}
    return [filled(item, known) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("address", BODIES, ids=" ".join)
@pytest.mark.parametrize("kind", NO_JSON)
def test_a_body_that_is_no_json_object_is_refused(
    world: World, asking: Caller, known: dict[str, str], address: tuple[str, str], kind: str
) -> None:
    method, path = address
    with world.nothing_left():
        answer = asking.call(method, filled(path, known), data=NO_JSON[kind], content_type="application/json")
    if path == "/metrics" and len(NO_JSON[kind]) > 64 * 1024:  # the one body with a bound of its own
        assert answer.error == (413, "REQUEST_TOO_LARGE")
        return
    assert answer.error == (400, "INVALID_JSON")
    assert "JSON object" in answer.json["message"]


def spoiled() -> Iterator[tuple[str, str, str]]:
    for (method, path), body in BODIES.items():
        for name in body:
            yield method, path, name


@pytest.mark.parametrize(("method", "path", "name"), list(spoiled()))
def test_a_wrong_value_is_refused_in_words_or_taken_for_what_it_is(
    world: World, asking: Caller, known: dict[str, str], method: str, path: str, name: str
) -> None:
    """No value makes a 500, and what is refused leaves nothing."""
    good = filled(BODIES[method, path], known)
    for number, value in enumerate(WRONG):
        body = {**good, name: value}
        if "email" in body and name != "email" and path == "/auth/register":
            body["email"] = f"bad-{name}-{number}@example.com"
        caller = world.nobody() if path.startswith("/auth") else asking
        before = world.traces()
        answer = caller.call(method, filled(path, known), data=json.dumps(body), content_type="application/json")
        assert answer.status < 500, (body, answer.body)
        if answer.status >= 400:
            assert world.traces() == before, str(body)[:300]
            assert len(answer.json["message"]) < 1000, "what was sent is not said back"


@pytest.mark.parametrize(
    ("method", "path", "name"), [(method, path, name) for (method, path), body in BODIES.items() for name in body]
)
def test_a_value_of_the_wrong_type_is_named(
    world: World, asking: Caller, known: dict[str, str], method: str, path: str, name: str
) -> None:
    body = {**filled(BODIES[method, path], known), name: {"an": "object"}}
    with world.nothing_left():
        answer = asking.call(method, filled(path, known), json=body)
    assert answer.error == (400, "INVALID_REQUEST")
    assert f"`{name}" in answer.json["message"]
    assert any(field.startswith(name) for field in answer.json["details"]["fields"])


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/auth/register", "email"),
        ("POST", "/auth/register", "password"),
        ("POST", "/auth/login", "email"),
        ("POST", "/auth/login", "password"),
        ("POST", "/collections", "name"),
        ("PATCH", "/collections/{c}", "name"),
        ("PUT", "/collections/{c}/members", "email"),
        ("PUT", "/collections/{c}/members", "access"),
        ("POST", "/feedback", "message_id"),
        ("POST", "/feedback", "value"),
        ("POST", "/metrics", "metrics"),
    ],
)
def test_a_field_that_is_missing_is_named(
    world: World, asking: Caller, known: dict[str, str], method: str, path: str, name: str
) -> None:
    body = {field: value for field, value in filled(BODIES[method, path], known).items() if field != name}
    with world.nothing_left():
        answer = asking.call(method, filled(path, known), json=body)
    assert answer.error == (400, "INVALID_REQUEST")
    assert f"`{name}`" in answer.json["message"]


def test_a_nul_is_refused_the_same_from_every_database(world: World, asking: Caller) -> None:
    for method, path, body in (
        ("POST", "/collections", {"name": "a\0b"}),
        ("POST", "/chat", {"message": "a\0b"}),
        ("POST", "/auth/register", {"email": "nul@example.com", "password": "correct horse", "name": "a\0b"}),
    ):
        with world.nothing_left():
            answer = asking.call(method, path, json=body)
        assert answer.error == (400, "INVALID_REQUEST")
        assert "NUL" in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"email": "no address", "password": "correct horse"},
        {"email": "", "password": "correct horse"},
        {"email": "a@b@c", "password": "correct horse"},
        {"email": "a b@example.com", "password": "correct horse"},
        {"email": "x" * 65 + "@example.com", "password": "correct horse"},
        {"email": "a@" + "x" * 300, "password": "correct horse"},
        {"email": "short@example.com", "password": "7 chars"},
        {"email": "long@example.com", "password": "x" * 1025},
        {"email": "name@example.com", "password": "correct horse", "name": "x" * 201},
    ],
)
def test_an_account_that_cannot_be_is_not_made(world: World, nobody: Caller, body: dict[str, str]) -> None:
    with world.nothing_left():
        assert nobody.post("/auth/register", body).error == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * 201])
def test_a_name_that_says_nothing_or_too_much_is_refused(world: World, asking: Caller, name: str) -> None:
    with world.nothing_left():
        for method, path in (("POST", "/collections"), ("PATCH", f"/collections/{asking.collection_id}")):
            answer = asking.call(method, path, json={"name": name})
            assert answer.error == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "identity", ["0" * 32, "x", "%00", "🦆", "A" * 32, "a" * 2000, "..%2f..", "%27%20or%201=1", "%ff"]
)
@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/jobs/{}", "JOB_NOT_FOUND"),
        ("GET", "/jobs/{}/events", "JOB_NOT_FOUND"),
        ("POST", "/jobs/{}/cancel", "JOB_NOT_FOUND"),
        ("DELETE", "/collections/{}", "COLLECTION_NOT_FOUND"),
        ("GET", "/collections/{}/members", "COLLECTION_NOT_FOUND"),
        ("GET", "/conversations/{}", "CONVERSATION_NOT_FOUND"),
        ("DELETE", "/conversations/{}", "CONVERSATION_NOT_FOUND"),
        ("GET", "/conversations/{}/messages", "CONVERSATION_NOT_FOUND"),
        ("GET", "/conversations/{}/export", "CONVERSATION_NOT_FOUND"),
        ("DELETE", "/documents/{}", "DOCUMENT_NOT_FOUND"),
    ],
)
def test_an_unknown_id_is_a_404(asking: Caller, method: str, path: str, code: str, identity: str) -> None:
    answer = asking.call(method, path.format(identity))
    assert answer.status == 404
    if "%2f" not in identity:
        assert answer.json["error_code"] == code


def test_an_unknown_field_is_passed_over(asking: Caller) -> None:
    assert asking.post("/collections", {"name": "Newer", "colour": "blue", "id": "x", "version": 9}).status == 201
