from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs

from backend.app.api.scopes import NEEDS, OPEN
from backend.app.config import Secret
from backend.app.domain.audit import AuditFilter
from backend.app.storage.interfaces import Page
from backend.app.storage.key_models import ApiKeyRow
from backend.app.storage.models import UserRow
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, World
from tests.integration.api.programs import Program, made_key, program

WRONG = "lo_" + "a" * 43
INVALID = (401, "INVALID_API_KEY")
MAY_NOT = (403, "KEY_MAY_NOT")


@pytest.fixture(scope="module")
def owner(world: World) -> Caller:
    return world.person("owner")


@pytest.fixture(scope="module")
def document(world: World, owner: Caller) -> str:
    return world.document(owner)


def test_a_key_is_shown_once_and_kept_as_a_digest(world: World, ann: Caller) -> None:
    answer = ann.post("/keys", {"name": " nightly  search ", "scopes": ["read"]})
    made = answer.data
    assert re.fullmatch(r"lo_[A-Za-z0-9]{43}", made["key"])
    assert (made["name"], made["scopes"], made["collection_ids"]) == ("nightly search", ["read"], None)
    assert (made["expires_at"], made["last_used_at"]) == (None, None)
    assert answer.headers["Cache-Control"] == "no-store"
    listed = ann.get("/keys")
    assert [one["prefix"] for one in listed.data] == [made["key"][:9]]
    assert made["key"] not in listed.body.decode()
    stored = world.parts.database.read(lambda session: str(session.execute(text("select * from api_keys")).all()))
    assert made["key"] not in stored
    assert made["prefix"] in stored


def test_a_program_searches_and_reads_what_its_owner_may(world: World, owner: Caller, document: str) -> None:
    reading = program(world.app, owner, "read")
    assert reading.get("/auth/me").data["email"] == owner.user["email"]
    assert document in {hit["document_id"] for hit in reading.get("/search?q=ferry").data}
    assert document in reading.get("/documents").ids
    assert reading.get(f"/documents/{document}/passages").data


def test_a_program_leaves_no_session_and_gets_no_cookie(world: World, owner: Caller) -> None:
    asking = program(world.app, owner, "read", "ask")
    redis = world.parts.redis
    assert redis is not None
    before = set(redis.scan_iter("likeopt:session:*"))
    for answer in (asking.get("/auth/me"), asking.post("/chat", {"message": "When does the ferry leave?"})):
        assert (answer.status, answer.cookie()) == (200, None)
    assert set(redis.scan_iter("likeopt:session:*")) == before


@pytest.mark.parametrize("given", [WRONG, "", "lo_", "x", "lo_" + "a" * 5000, "ä" * 20, "lo_' or 1=1 --"])
def test_a_wrong_key_is_refused_whatever_cookie_comes_with_it(ann: Caller, given: str) -> None:
    header = {"Authorization": f"Bearer {given}".encode().decode("latin-1")}
    for method, path in (("GET", "/documents"), ("GET", "/auth/me"), ("GET", "/about"), ("POST", "/auth/logout")):
        answer = ann.call(method, path, headers=header)
        assert answer.error == INVALID
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Like-Opt", error="invalid_token"'
        assert answer.cookie() is None
    forged = ann.post("/collections", {"name": "Forged"}, headers={"Sec-Fetch-Site": "cross-site", **header})
    assert forged.error == INVALID
    assert ann.get("/auth/me").status == 200, "the session is still there"


def test_who_comes_without_anything_is_told_how_to_come(nobody: Caller) -> None:
    assert nobody.get("/documents").headers["WWW-Authenticate"] == 'Bearer realm="Like-Opt"'


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_known_in_any_case(world: World, owner: Caller, scheme: str) -> None:
    secret = made_key(owner, "read")["key"]
    assert world.nobody().get("/auth/me", headers={"Authorization": f"{scheme} {secret}"}).status == 200


def test_a_wrong_key_counts_against_its_address_and_a_right_one_against_its_account(
    made_world: Callable[..., World],
) -> None:
    world = made_world(rate_read="2/h", redis_url=Secret("none"))  # counts of its own
    ann = world.person("ann")
    reading = program(world.app, ann, "read")
    assert (reading.get("/documents").status, ann.get("/documents").status) == (200, 200)
    assert reading.get("/documents").error == (429, "RATE_LIMITED")
    assert ann.get("/documents").error == (429, "RATE_LIMITED")
    stranger = Program(world.app, WRONG)
    assert [stranger.get("/documents").status for _ in range(3)] == [401, 401, 429]


def test_a_program_is_no_browser_so_where_it_runs_does_not_matter(world: World, ann: Caller) -> None:
    writing, site = program(world.app, ann, "write"), {"Sec-Fetch-Site": "cross-site", "Origin": "https://else.example"}
    assert writing.post("/collections", {"name": "From elsewhere"}, headers=site).status == 201
    assert ann.post("/collections", {"name": "Forged"}, headers=site).error == (403, "CROSS_SITE_REQUEST")


def filled(rule: str) -> str:
    return re.sub(r"<[^>]*>", "0" * 32, rule)


def every_route(world: World) -> list[tuple[str, str, str]]:
    return [
        (rule.endpoint, method, filled(rule.rule))
        for rule in world.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if not rule.endpoint.startswith("page.") and rule.endpoint not in OPEN
    ]


def test_every_route_that_is_named_is_one(world: World) -> None:
    assert set(NEEDS) | OPEN <= {rule.endpoint for rule in world.app.url_map.iter_rules()}


def test_a_key_without_the_scope_of_a_route_is_refused_there_and_so_is_every_key_where_none_is_named(
    world: World, owner: Caller
) -> None:
    keys = {scope: program(world.app, owner, scope) for scope in ("read", "ask", "write")}
    refused = 0
    with world.nothing_left():
        for endpoint, method, path in every_route(world):
            needs = NEEDS.get(endpoint)
            for scope, caller in keys.items():
                if needs is None or needs.scope not in (None, scope):
                    answer = caller.flask.open(
                        path, method=method, headers={"Authorization": f"Bearer {caller.secret}"}
                    )
                    assert answer.status_code == 403, (endpoint, scope)
                    refused += 1
    assert refused > 100


def test_a_key_for_some_collections_is_refused_where_others_may_be_answered(world: World, owner: Caller) -> None:
    caller = program(world.app, owner, "read", "ask", "write", collection_ids=[owner.collection_id])
    for endpoint, method, path in every_route(world):
        needs = NEEDS.get(endpoint)
        if needs is None or not needs.bounded:
            answer = caller.flask.open(path, method=method, headers={"Authorization": f"Bearer {caller.secret}"})
            assert answer.status_code == 403, endpoint


class Divided:
    """A person with two collections of one document each, and a key for the first alone."""

    def __init__(self, world: World, owner: Caller) -> None:
        self.owner = owner
        self.inner = owner.collection_id
        self.outer = owner.post("/collections", {"name": "Beyond"}).data["id"]
        self.near = world.document(owner, "near.txt", "The near lighthouse is white.")
        (beyond,) = world.index(owner.upload(("far.txt", b"The far lighthouse is red."), collection_id=self.outer))
        self.far = beyond["id"]
        self.far_job = owner.get(f"/documents/{self.far}").data["job_id"]
        self.bound = program(world.app, owner, "read", "ask", "write", collection_ids=[self.inner])


@pytest.fixture(scope="module")
def divided(world: World) -> Divided:
    return Divided(world, world.person("divided"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/documents/{far}", None),
        ("DELETE", "/documents/{far}", None),
        ("GET", "/documents/{far}/content", None),
        ("GET", "/documents/{far}/content?format=text", None),
        ("GET", "/documents/{far}/passages", None),
        ("GET", "/documents/{far}/images", None),
        ("GET", "/documents/{far}/images/1", None),
        ("POST", "/documents/{far}/retry", None),
        ("GET", "/jobs/{far_job}", None),
        ("GET", "/jobs/{far_job}/events", None),
        ("POST", "/jobs/{far_job}/cancel", None),
        ("GET", "/search?q=lighthouse&collection_id={outer}", None),
        ("POST", "/chat", {"message": "lighthouse", "collection_ids": ["{outer}"]}),
        ("POST", "/documents", {"url": "http://127.0.0.1:9/", "collection_id": "{outer}"}),
    ],
)
def test_what_lies_beyond_a_key_is_not_there_for_it(
    world: World, divided: Divided, method: str, path: str, body: Any
) -> None:
    places = vars(divided)
    if body is not None:
        body = {
            name: [value[0].format(**places)] if isinstance(value, list) else value.format(**places)
            for name, value in body.items()
        }
    options = {"json": body} if body else {}
    with world.nothing_left():
        assert divided.bound.call(method, path.format(**places), **options).status == 404
    assert divided.owner.get(f"/documents/{divided.far}").status == 200


def test_a_key_for_some_collections_lists_and_finds_and_cites_those_alone(divided: Divided) -> None:
    bound, owner = divided.bound, divided.owner
    assert {hit["document_id"] for hit in owner.get("/search?q=lighthouse").data} == {divided.near, divided.far}
    assert {hit["document_id"] for hit in bound.get("/search?q=lighthouse").data} == {divided.near}
    assert bound.get("/collections").ids == [divided.inner]
    for listed in ("/documents", "/documents?sort=name", "/documents?q=lighthouse", "/documents?sort=oldest"):
        assert divided.far not in bound.get(listed).ids
    assert bound.get("/documents").ids == [divided.near]
    assert bound.get(f"/documents?collection_id={divided.outer}").ids == []
    sources = dict(bound.ask("Which lighthouse is red?"))["sources"]["sources"]
    assert {source["document_id"] for source in sources} == {divided.near}
    taken = bound.upload(("more.txt", b"Another text."), collection_id=divided.outer)
    assert taken.error == (404, "COLLECTION_NOT_FOUND")
    assert bound.upload(("more.txt", b"Another text.")).data[0]["document"]["collection_id"] == divided.inner


def test_a_key_for_some_collections_does_not_go_on_with_a_conversation(divided: Divided) -> None:
    conversation, answer = divided.owner.asked("Which lighthouse is red?")
    for body in ({"message": "And?", "conversation_id": conversation}, {"message": "", "regenerate": answer}):
        assert divided.bound.post("/chat", body).error == MAY_NOT


def test_a_key_ends_with_its_revocation_its_time_and_its_account(world: World, ann: Caller) -> None:
    made = made_key(ann, "read", expires_days=30)
    reading = Program(world.app, made["key"])
    assert reading.get("/documents").status == 200
    until = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < until <= timedelta(days=30)
    past = update(ApiKeyRow).where(ApiKeyRow.id == made["id"]).values(expires_at=datetime.now(UTC))
    world.parts.database.write(lambda session: session.execute(past))
    assert reading.get("/documents").error == INVALID

    second = made_key(ann, "read")
    reading = Program(world.app, second["key"])
    assert reading.get("/documents").status == 200
    assert ann.delete(f"/keys/{second['id']}").status == 200
    assert reading.get("/documents").error == INVALID
    assert ann.delete(f"/keys/{second['id']}").error == (404, "KEY_NOT_FOUND")


def test_a_suspended_persons_keys_stop_at_once_in_every_process(
    world: World, ann: Caller, made_world: Callable[..., World]
) -> None:
    """Another process is another app on the same data folder: what it remembers is its own."""
    other = made_world(data_dir=world.settings.data_dir)
    secret = made_key(ann, "read")["key"]
    programs = [Program(app, secret) for app in (world.app, other.app)]
    for reading in programs:
        assert reading.get("/documents").status == 200

    def suspended_at(moment: datetime | None) -> None:
        change = update(UserRow).where(UserRow.id == ann.user["id"]).values(suspended_at=moment)
        world.parts.database.write(lambda session: session.execute(change))

    suspended_at(datetime.now(UTC))
    for reading in programs:
        assert reading.get("/documents").error == INVALID
    suspended_at(None)
    for reading in programs:
        assert reading.get("/documents").status == 200
    (listed,) = ann.get("/keys").data
    ann.delete(f"/keys/{listed['id']}")
    for reading in programs:
        assert reading.get("/documents").error == INVALID


def test_who_made_and_revoked_a_key_is_written_down(world: World, ann: Caller) -> None:
    made = made_key(ann, "read")
    ann.delete(f"/keys/{made['id']}")
    found, _ = world.services.audit.page(AuditFilter(action="key", actor=ann.user["id"]), Page())
    assert [(event.action, event.target.id) for event in found] == [
        ("key.revoked", made["id"]),
        ("key.made", made["id"]),
    ]
    assert made["key"] not in str(found)


def test_a_key_is_its_owners_alone(ann: Caller, ben: Caller) -> None:
    made = made_key(ann)
    assert ben.delete(f"/keys/{made['id']}").error == (404, "KEY_NOT_FOUND")
    assert made["id"] not in ben.get("/keys").ids
    refused = ben.post("/keys", {"name": "x", "scopes": ["read"], "collection_ids": [ann.collection_id]})
    assert refused.error == (404, "COLLECTION_NOT_FOUND")


def test_only_an_administrators_key_administers_and_only_with_that_scope(world: World, ann: Caller) -> None:
    assert ann.post("/keys", {"name": "x", "scopes": ["admin"]}).error == (403, "FORBIDDEN")
    root = world.nobody()
    root.post("/auth/login", {"email": world.first_email, "password": PASSWORD})
    assert program(world.app, root, "read").get("/auth/me").data["role"] == "member"
    admin = program(world.app, root, "admin")
    assert admin.get("/auth/me").data["role"] == "administrator"
    assert admin.get("/performance").status == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "200"),
        ({"scopes": []}, "read, ask, write, admin"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_days": 0}, "3650"),
        ({"expires_days": 10**9}, "3650"),
        ({"collection_ids": []}, "collections"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(world: World, anyone: Caller, fields: dict[str, Any], says: str) -> None:
    with world.nothing_left():
        refused = anyone.post("/keys", {"name": "x", "scopes": ["read"], **fields})
        assert refused.error == (400, "INVALID_REQUEST")
        assert says in refused.json["message"]


def test_when_a_key_was_last_used_is_told_and_noted_at_most_once_a_minute(world: World, ann: Caller) -> None:
    reading = program(world.app, ann, "read")
    assert ann.get("/keys").data[0]["last_used_at"] is None
    reading.get("/documents")
    noted = ann.get("/keys").data[0]["last_used_at"]
    assert noted
    epoch = world.parts.access.current()
    for _ in range(3):
        reading.get("/documents")
    assert ann.get("/keys").data[0]["last_used_at"] == noted
    assert world.parts.access.current() == epoch, "noting a use makes nobody read accounts anew"


def test_a_key_never_stands_in_the_log(world: World, ann: Caller) -> None:
    secret = made_key(ann, "read")["key"]
    with capture_logs() as logged:
        Program(world.app, secret).get("/documents")
        Program(world.app, WRONG).get("/documents")
        Program(world.app, secret).get("/nowhere")
    assert secret not in str(logged)
    assert WRONG not in str(logged)
