"""Accounts, sessions, and which other sites' requests are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from redis import Redis
from sqlalchemy import delete, select, update

from backend.app.cache.sessions import SessionsAway
from backend.app.config import Secret, Settings
from backend.app.domain.audit import AuditFilter
from backend.app.storage.account_models import SessionRow
from backend.app.storage.interfaces import Page
from backend.app.storage.models import UserRow
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, World


def session_key(caller: Caller) -> str:
    cookie = caller.flask.get_cookie("likeopt_session")
    assert cookie is not None
    return f"likeopt:session:{cookie.value}"


def redis_of(world: World) -> Redis:
    assert world.parts.redis is not None
    return world.parts.redis


def test_the_first_person_administers_and_the_next_is_refused_where_registration_is_closed(
    made_world: Callable[..., World],
) -> None:
    world = made_world(open_registration=False)
    before = world.nobody().get("/about").data
    assert (before["setup_required"], before["registration_open"]) == (True, True)
    first = world.person("first")
    assert first.user["role"] == "administrator"
    assert [item["access"] for item in first.get("/collections").data] == ["owner"]
    after = world.nobody().get("/about").data
    assert (after["setup_required"], after["registration_open"]) == (False, False)
    with world.nothing_left():
        second = world.nobody().post("/auth/register", {"email": "b@c.de", "password": PASSWORD, "name": "B"})
    assert second.error == (403, "REGISTRATION_CLOSED")
    assert second.cookie() is None


def test_registering_signs_in_and_answers_the_user(world: World, nobody: Caller) -> None:
    body = {"email": " New.Person@Example.com ", "password": PASSWORD, "name": " 새 사람 ", "role": "administrator"}
    answer = nobody.post("/auth/register", body)
    assert answer.status == 201
    assert set(answer.data) == {"id", "email", "name", "role", "created_at"}
    assert (answer.data["email"], answer.data["name"]) == ("New.Person@Example.com", "새 사람")
    assert answer.data["role"] == "member", "nobody makes himself administrator"
    assert nobody.get("/auth/me").data == answer.data
    with world.nothing_left():
        taken = world.nobody().post("/auth/register", {**body, "email": "new.person@EXAMPLE.com"})
    assert taken.error == (409, "EMAIL_TAKEN")


def test_without_a_name_the_address_gives_one(nobody: Caller) -> None:
    answer = nobody.post("/auth/register", {"email": "only.address@example.com", "password": PASSWORD})
    assert answer.data["name"] == "only.address"


def test_signing_in_and_out(world: World, ann: Caller) -> None:
    other = world.nobody()
    answer = other.post("/auth/login", {"email": ann.user["email"].upper(), "password": PASSWORD})
    assert (answer.status, answer.data) == (200, ann.user)
    assert other.get("/auth/me").data == ann.user
    out = other.post("/auth/logout")
    assert (out.status, out.data) == (200, None)
    assert out.cookie().value == ""
    assert other.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    assert ann.get("/auth/me").status == 200, "another browser stays signed in"


@pytest.mark.parametrize("password", ["wrong horse", "", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000])
def test_a_wrong_password_is_refused_as_an_unknown_address_is(world: World, ann: Caller, password: str) -> None:
    other = world.nobody()
    wrong = other.post("/auth/login", {"email": ann.user["email"], "password": password})
    unknown = other.post("/auth/login", {"email": "nobody@example.com", "password": password})
    assert wrong.error == unknown.error == (401, "WRONG_CREDENTIALS")
    assert wrong.json["message"] == unknown.json["message"]
    assert wrong.cookie() is None


def test_signing_out_ends_the_session_in_the_store(world: World, ann: Caller) -> None:
    thief = world.nobody()
    ann.give_cookie(thief)
    assert thief.get("/auth/me").status == 200
    key = session_key(ann)
    assert redis_of(world).exists(key)
    ann.post("/auth/logout")
    assert not redis_of(world).exists(key)
    assert thief.get("/auth/me").error == (401, "NOT_SIGNED_IN")


def test_signing_out_without_a_session_is_fine(nobody: Caller) -> None:
    assert nobody.post("/auth/logout").status == 200


def test_signing_in_begins_a_new_session_and_ends_the_one_before(world: World, ann: Caller) -> None:
    planted = session_key(ann)
    ann.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    assert session_key(ann) != planted
    assert not redis_of(world).exists(planted)


def test_a_session_id_that_somebody_chose_is_not_taken_over(world: World, ann: Caller) -> None:
    victim = world.nobody()
    victim.flask.set_cookie("likeopt_session", "chosen-by-somebody-else")
    victim.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    assert "chosen" not in session_key(victim)
    thief = world.nobody()
    thief.flask.set_cookie("likeopt_session", "chosen-by-somebody-else")
    assert thief.get("/auth/me").error == (401, "NOT_SIGNED_IN")


def test_the_cookie_keeps_scripts_and_other_sites_out(world: World, made_world: Callable[..., World]) -> None:
    body = {"email": "cookie@example.com", "password": PASSWORD, "name": ""}
    cookie = world.nobody().post("/auth/register", body).cookie()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/", "")
    assert cookie["domain"] == ""
    assert cookie["expires"]
    secure = made_world(cookie_secure=True).nobody().post("/auth/register", body).cookie("__Host-likeopt_session")
    assert secure["secure"] is True


def test_who_is_not_signed_in_gets_no_cookie(nobody: Caller) -> None:
    for path in ("/about", "/auth/me", "/health/live"):
        assert nobody.get(path).cookie() is None


def test_a_session_costs_no_write_at_each_request(ann: Caller) -> None:
    assert ann.get("/auth/me").cookie() is None


@pytest.mark.parametrize(
    "value", ["", "x", "a" * 4000, "../../etc/passwd", "%00", '"quoted"', "a\\073b", "ÿþý", "*", "{}", "\\u0000"]
)
def test_a_garbage_cookie_is_nobody(nobody: Caller, value: str) -> None:
    answer = nobody.get("/auth/me", headers={"Cookie": f"likeopt_session={value}"})
    assert answer.error == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize(
    "stored", [b"", b"\x80\x04N.", b"\xc1", b"\x01", b"[]", b"\x81\xa5login\x07", b"\x81\xa5login\xa1x"]
)
def test_a_session_that_cannot_be_read_is_nobody(world: World, ann: Caller, stored: bytes) -> None:
    redis_of(world).set(session_key(ann), stored, ex=60)
    assert ann.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    again = ann.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    assert again.cookie()["expires"]
    assert ann.get("/auth/me").status == 200


def test_whoever_redis_has_forgotten_is_still_signed_in_and_noted_there_again(world: World, ann: Caller) -> None:
    """A Valkey that was killed comes back with what it was a minute before."""
    cookie = ann.flask.get_cookie("likeopt_session")
    redis_of(world).delete(session_key(ann))
    stranger = world.nobody()
    stranger.flask.set_cookie("likeopt_session", "made-up")
    ann.give_cookie(other_worker := world.nobody())
    assert other_worker.get("/auth/me").data == ann.user
    assert redis_of(world).ttl(session_key(ann)) > 3600
    assert ann.flask.get_cookie("likeopt_session") == cookie, "by the same cookie"
    assert stranger.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    assert ann.post("/auth/logout").status == 200
    redis_of(world).delete(session_key(other_worker))
    assert other_worker.get("/auth/me").error == (401, "NOT_SIGNED_IN"), "who has left stays out"


def test_what_redis_holds_of_a_session_is_not_written_over_while_it_is_too_slow_to_tell(
    world: World, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    rows = update(SessionRow).where(SessionRow.user_id == ann.user["id"])
    world.parts.database.write(lambda session: session.execute(rows.values(seen_at=long_ago)))
    held = msgspec.msgpack.encode({"_permanent": True, "more": "than the list knows"})
    redis_of(world).set(session_key(ann), held, ex=60)

    def late(key: str) -> bytes | None:
        raise SessionsAway

    monkeypatch.setattr(world.parts.caches.sessions, "get", late)
    assert ann.get("/auth/me").data == ann.user
    assert redis_of(world).get(session_key(ann)) == held
    assert ann.get("/auth/sessions").data[0]["seen_at"] > long_ago.isoformat(), "and it counts as seen"
    again = ann.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    assert redis_of(world).exists(session_key(ann)), again.body
    monkeypatch.undo()
    assert ann.get("/auth/me").data == ann.user


def test_a_session_that_is_not_listed_is_worth_nothing_whatever_redis_holds(world: World, ann: Caller) -> None:
    ((listed, agent, address),) = world.parts.database.read(
        lambda session: session.execute(
            select(SessionRow.id, SessionRow.agent, SessionRow.address).where(SessionRow.user_id == ann.user["id"])
        ).all()
    )
    assert (agent.partition("/")[0], address) == ("Werkzeug", "127.0.0.1")
    world.parts.database.write(lambda session: session.execute(delete(SessionRow).where(SessionRow.id == listed)))
    assert redis_of(world).exists(session_key(ann))
    assert ann.get("/auth/me").error == (401, "NOT_SIGNED_IN")


def test_a_suspended_person_is_out_at_once(world: World, ann: Caller) -> None:
    row = update(UserRow).where(UserRow.id == ann.user["id"])
    world.parts.database.write(lambda session: session.execute(row.values(suspended_at=datetime.now(UTC))))
    assert ann.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    again = ann.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    wrong = ann.post("/auth/login", {"email": ann.user["email"], "password": "wrong horse"})
    assert again.json["message"] == wrong.json["message"]
    assert again.error == wrong.error == (401, "WRONG_CREDENTIALS")


def test_sign_ins_are_written_down_and_what_was_typed_is_not(world: World, ann: Caller) -> None:
    email = ann.user["email"]
    ann.post("/auth/login", {"email": email, "password": "wrong horse battery"})
    ann.post("/auth/login", {"email": "p@ssword-in-the-wrong-field", "password": "wrong horse battery"})
    ann.post("/auth/login", {"email": email, "password": PASSWORD})
    ann.post("/auth/logout")
    found, _ = world.services.audit.page(AuditFilter(), Page(5))
    assert [(event.action, event.actor, event.target.name) for event in found] == [
        ("session.signed_out", email, ""),
        ("session.signed_in", email, ""),
        ("session.sign_in_failed", email, ""),
        ("session.sign_in_failed", email, email),
        ("account.registered", email, email),
    ]
    assert {event.address for event in found} == {"127.0.0.1"}
    for secret in ("horse", "p@ssword"):
        assert secret not in repr(found)


def test_the_session_of_a_deleted_user_is_nobody(world: World, ann: Caller) -> None:
    world.parts.database.write(lambda session: session.execute(delete(UserRow).where(UserRow.id == ann.user["id"])))
    assert ann.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    assert ann.post("/collections", {"name": "x"}).error == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:8080"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://[broken"}, False),
        ({"Origin": "http://evil.example", "Authorization": "Basic YTpi"}, False),
    ],
)
def test_an_unsafe_request_of_another_site_is_refused(
    world: World, ann: Caller, headers: dict[str, str], let_in: bool
) -> None:
    for method, path, body in (
        ("POST", "/collections", {"name": "From afar"}),
        ("PATCH", f"/collections/{ann.collection_id}", {"name": "Renamed"}),
        ("DELETE", "/documents/nothing", None),
        ("POST", "/auth/logout", None),
    ):
        if let_in:
            assert ann.call(method, path, json=body, headers=headers).status != 403
            continue
        with world.nothing_left():
            answer = ann.call(method, path, json=body, headers=headers)
        assert answer.error == (403, "CROSS_SITE_REQUEST")
    assert ann.get("/auth/me", headers=headers).status == (401 if let_in else 200), "reading is not refused"


def test_sessions_are_kept_in_files_where_there_is_no_redis(made_world: Callable[..., World]) -> None:
    world = made_world(redis_url=Secret("none"))
    ann = world.person("ann")
    assert ann.get("/auth/me").data == ann.user
    (kept,) = [path for path in sessions(world.settings) if b"login" in path.read_bytes()]
    assert kept.stat().st_mode & 0o077 == 0, "nobody else on this machine reads it"
    kept.write_bytes(kept.read_bytes()[:-9])
    assert ann.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    ann.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    thief = world.nobody()
    ann.give_cookie(thief)
    ann.post("/auth/logout")
    assert thief.get("/auth/me").error == (401, "NOT_SIGNED_IN")


def sessions(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "sessions").iterdir() if path.is_file()]
