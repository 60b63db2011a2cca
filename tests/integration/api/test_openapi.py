"""The OpenAPI document: it is one, it names every route, and each answer of these tests is held against it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis

from backend.app.api.openapi.operations import OPERATIONS
from tests.integration.api import promised
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

pytestmark = pytest.mark.usefixtures("held_to_document")


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found = world.app.test_client().get("/api/v1/openapi.json").get_json()
    assert isinstance(found, dict)
    return found


def test_every_route_is_described_and_nothing_else(world: World, document: dict[str, Any]) -> None:
    rules = [rule for rule in world.app.url_map.iter_rules() if not rule.endpoint.startswith("page.")]
    assert {rule.endpoint for rule in rules} == set(OPERATIONS), "a route belongs into openapi/operations.py"
    routes = {(method.lower(), rule.endpoint) for rule in rules for method in rule.methods or ()}
    described = {
        (method, operation["operationId"]) for path in document["paths"].values() for method, operation in path.items()
    }
    assert described == {(method, endpoint) for method, endpoint in routes if method not in ("head", "options")}


def test_a_tool_reads_all_of_it(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    schema = schemathesis.openapi.from_dict(document)
    results = list(schema.get_all_operations())
    assert len(results) == sum(len(path) for path in document["paths"].values())
    schema.validate()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(item) for item in value.values()))
        return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()

    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert names
    assert names <= set(document["components"]["schemas"])


def test_it_is_answered_by_its_tag_and_without_a_sign_in(nobody: Caller) -> None:
    first = nobody.flask.get("/api/v1/openapi.json")
    assert first.status_code == 200
    again = nobody.flask.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_a_body_must_hold_is_what_checks_it(ann: Caller, document: dict[str, Any]) -> None:
    body = document["paths"]["/api/v1/feedback"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    rating = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    value = rating["properties"]["value"]
    assert (value["minimum"], value["maximum"]) == (-1, 1)
    refused = ann.post("/feedback", {"message_id": "x", "value": value["maximum"] + 1})
    assert set(refused.json["details"]["fields"]) == {"value"}


def test_who_may_is_told(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert paths["/api/v1/auth/me"]["get"]["security"] == [{"session": []}, {"key": []}]
    assert paths["/api/v1/search"]["get"]["security"] == [{"session": []}, {"key": ["read"]}]
    assert paths["/api/v1/health/live"]["get"]["security"] == [{}]


@pytest.mark.parametrize(
    ("status", "body"),
    [(418, b"{}"), (200, b'{"success":true,"message":null}'), (200, b'{"success":true,"message":null,"data":{"x":1}}')],
)
def test_an_answer_that_is_not_as_described_would_be_found(world: World, status: int, body: bytes) -> None:
    with pytest.raises(AssertionError):
        promised.check(world.app, "GET", "/api/v1/auth/me", status, "application/json", body)
