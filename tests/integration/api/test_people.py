"""What administrators do with everybody's accounts: roles, suspension, deletion, links, invitations, the audit log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from backend.app.domain.accounts import Role
from backend.app.storage.repositories.users import SqlUsers
from tests.integration.api.calls import Caller, pages
from tests.integration.api.conftest import PASSWORD, World


@pytest.fixture(scope="module")
def closed(made_world: Callable[..., World]) -> World:
    """A world where nobody registers without an invitation."""
    return made_world(open_registration=False)


@pytest.fixture(scope="module")
def admin(closed: World) -> Caller:
    return closed.person("admin")


def colleague(world: World, admin: Caller, name: str = "colleague", **invitation: str) -> Caller:
    """Invite somebody, who comes."""
    made = admin.post("/invitations", invitation).data
    caller = world.nobody()
    email = invitation.get("email") or f"{name}-{made['id']}@example.com"
    body = {"email": email, "password": PASSWORD, "name": name, "invitation": made["token"]}
    answer = caller.post("/auth/register", body)
    assert answer.status == 201, answer.body
    caller.user = answer.data
    caller.collection_id = caller.get("/collections").data[0]["id"]
    return caller


# --- invitations --------------------------------------------------------------------------


def test_whoever_is_invited_may_register_and_nobody_else(closed: World, admin: Caller) -> None:
    made = admin.post("/invitations", {"email": "Bob@Example.com", "role": "administrator"})
    assert made.status == 201
    assert made.data["path"] == f"/invite/{made.data['token']}"
    guest = closed.nobody()
    assert guest.get(f"/invitations/{made.data['token']}").data == {
        "email": "Bob@Example.com",
        "role": "administrator",
        "expires_at": made.data["expires_at"],
    }
    body = {"password": PASSWORD, "name": "", "invitation": made.data["token"]}
    with closed.nothing_left():
        assert guest.post("/auth/register", {**body, "email": "eve@example.com"}).error == (403, "WRONG_INVITATION")
    come = guest.post("/auth/register", {**body, "email": "bob@example.com"})
    assert come.data["role"] == "administrator"
    assert guest.get("/auth/me").data == come.data
    again = closed.nobody().post("/auth/register", {**body, "email": "bob2@example.com"})
    assert again.error == (404, "INVITATION_NOT_FOUND")
    assert admin.get("/invitations").data[0]["status"] == "used"


def test_a_token_is_told_once_and_kept_nowhere(closed: World, admin: Caller) -> None:
    made = admin.post("/invitations", {}).data
    token = made["token"]
    assert len(token) >= 32
    for path in ("/invitations", "/audit"):
        assert token not in admin.get(path).body.decode()
    assert token.encode() not in (closed.settings.data_dir / "likeopt.db").read_bytes()
    assert token.encode() not in (closed.settings.data_dir / "likeopt.db-wal").read_bytes()


def test_a_withdrawn_invitation_opens_nothing(closed: World, admin: Caller) -> None:
    made = admin.post("/invitations", {}).data
    assert made["status"] == "open"
    assert admin.delete(f"/invitations/{made['id']}").status == 200
    assert made["id"] not in admin.get("/invitations").ids
    guest = closed.nobody()
    assert guest.get(f"/invitations/{made['token']}").error == (404, "INVITATION_NOT_FOUND")
    body = {"email": "late@example.com", "password": PASSWORD, "invitation": made["token"]}
    assert guest.post("/auth/register", body).error == (404, "INVITATION_NOT_FOUND")


@pytest.mark.parametrize("body", [{"email": "no address"}, {"role": "owner"}, {"email": 7}])
def test_a_wrong_invitation_is_refused_in_words(admin: Caller, body: dict[str, object]) -> None:
    assert admin.post("/invitations", body).error == (400, "INVALID_REQUEST")


# --- accounts -----------------------------------------------------------------------------


def test_a_suspended_person_is_out_at_once_and_back_when_resumed(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin)
    path = f"/users/{bob.user['id']}"
    suspended = admin.patch(path, {"suspended": True}).data
    assert suspended["suspended_at"]
    assert suspended["sessions"] == 0
    assert bob.get("/auth/me").error == (401, "NOT_SIGNED_IN")
    credentials = {"email": bob.user["email"], "password": PASSWORD}
    assert bob.post("/auth/login", credentials).error == (401, "WRONG_CREDENTIALS")
    assert admin.patch(path, {"suspended": False}).data["suspended_at"] is None
    assert bob.get("/auth/me").error == (401, "NOT_SIGNED_IN"), "the old session stays ended"
    assert bob.post("/auth/login", credentials).status == 200


def test_a_role_holds_from_the_next_request_on(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin)
    assert bob.get("/users").error == (403, "FORBIDDEN")
    admin.patch(f"/users/{bob.user['id']}", {"role": "administrator"})
    assert bob.get("/users").status == 200
    admin.patch(f"/users/{bob.user['id']}", {"role": "member"})
    assert bob.get("/users").error == (403, "FORBIDDEN")


def test_nobody_locks_himself_or_everybody_out(made_world: Callable[..., World]) -> None:
    world = made_world(open_registration=True)
    only, other = world.person("only"), world.person("other")
    own = f"/users/{only.user['id']}"
    for refused in (
        only.patch(own, {"role": "member"}),
        only.patch(own, {"suspended": True}),
        only.delete(own),
    ):
        assert refused.error == (409, "OWN_ACCOUNT")
    SqlUsers(world.parts.database).set_role(other.user["id"], Role.ADMINISTRATOR)
    assert other.patch(own, {"role": "member"}).status == 200
    assert only.get("/users").error == (403, "FORBIDDEN")
    assert only.patch(own, {"role": "administrator"}).error == (403, "FORBIDDEN")


def test_people_are_found_and_paged(closed: World, admin: Caller) -> None:
    made = sorted(colleague(closed, admin, "paged").user["email"] for _ in range(3))
    found = [item["email"] for part in pages(admin, "/users?q=PAGED", 2) for item in part]
    assert found == made
    person = admin.get("/users?q=paged&limit=1").data[0]
    assert set(person) == {
        *("id", "email", "name", "role", "created_at", "suspended_at"),
        *("seen_at", "sessions", "only_owned", "documents"),
    }
    assert admin.get(f"/users/{person['id']}").data == person


def test_a_deleted_account_leaves_nothing_but_what_is_handed_over(closed: World, admin: Caller) -> None:
    bob, eve = colleague(closed, admin, "bob"), colleague(closed, admin, "eve")
    document, lost = closed.document(bob), closed.document(eve)
    bob.asked("When does the ferry leave?")
    handed = admin.delete(f"/users/{bob.user['id']}?hand_over_to={admin.user['id']}")
    assert handed.status == 200
    assert admin.get(f"/documents/{document}").status == 200
    assert admin.delete(f"/users/{eve.user['id']}").status == 200
    assert not closed.parts.files.path(lost).exists()
    for gone in (bob, eve):
        assert gone.get("/auth/me").error == (401, "NOT_SIGNED_IN")
        assert admin.get(f"/users/{gone.user['id']}").error == (404, "USER_NOT_FOUND")
    assert admin.delete(f"/users/{bob.user['id']}").error == (404, "USER_NOT_FOUND")


def test_a_reset_link_is_made_by_administrators_and_told_once(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin)
    made = admin.post(f"/users/{bob.user['id']}/password-reset")
    assert made.status == 201
    assert made.data["path"] == f"/reset/{made.data['token']}"
    assert made.data["token"] not in admin.get("/audit").body.decode()
    assert closed.nobody().get(made.data["path"].replace("/reset", "/auth/reset")).data["email"] == bob.user["email"]
    assert admin.post("/users/nobody/password-reset").error == (404, "USER_NOT_FOUND")


# --- the audit log ------------------------------------------------------------------------


def test_what_administrators_do_is_written_down_without_a_secret(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin, email="written@example.com")
    path = f"/users/{bob.user['id']}"
    secrets = [PASSWORD, admin.post(f"{path}/password-reset").data["token"]]
    admin.patch(path, {"role": "administrator", "suspended": True, "name": "Robert"})
    admin.patch(path, {"suspended": False})
    gone = admin.post("/invitations", {}).data
    secrets.append(gone["token"])
    admin.delete(f"/invitations/{gone['id']}")
    admin.delete(path)
    found = admin.get("/audit?limit=10")
    assert [event["action"] for event in found.data] == [
        "account.deleted",
        "invitation.withdrawn",
        "invitation.made",
        "account.resumed",
        "account.renamed",
        "account.suspended",
        "account.role_changed",
        "account.reset_link_made",
        "account.registered",
        "invitation.made",
    ]
    role = found.data[6]
    assert (role["actor"], role["address"]) == (admin.user["email"], "127.0.0.1")
    assert role["target"] == {"kind": "user", "id": bob.user["id"], "name": "written@example.com"}
    assert role["details"] == {"before": "member", "after": "administrator"}
    assert found.data[8]["actor"] == "written@example.com"
    kept = (closed.settings.data_dir / "likeopt.db").read_bytes() + found.body
    for secret in secrets:
        assert secret.encode() not in kept


def test_the_log_is_filtered_and_paged(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin, "filtered")
    for _ in range(3):
        bob.post("/auth/login", {"email": bob.user["email"], "password": "wrong horse"})
    failed = f"/audit?action=session.sign_in_failed&actor={bob.user['id']}"
    assert [len(part) for part in pages(admin, failed, 2)] == [2, 1]
    assert len(admin.get(f"/audit?action=session&actor={bob.user['email'].upper()}").data) == 3
    at = admin.get(failed).data[0]["at"]
    assert admin.get(f"{failed}&since={at}&until={at}").data == []
    assert admin.get("/audit?since=2999-01-01").data == []
    assert "account.suspended" in admin.get("/audit?limit=1").json["actions"]
    for query in ("since=yesterday", "until=9999-99-99", "since=0001-01-01T00:00:00%2B14:00", "cursor=x"):
        assert admin.get(f"/audit?{query}").error == (400, "INVALID_REQUEST")


def test_the_log_is_exported_whole(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin, "exported")
    bob.patch("/auth/me", {"name": '=HYPERLINK("http://evil.example")'})
    bob.patch("/auth/me", {"name": "Bob"})
    query = f"action=account.renamed&actor={bob.user['id']}"
    lines = admin.get(f"/audit/export?format=jsonl&{query}")
    assert lines.headers["Content-Disposition"] == "attachment; filename=audit.jsonl"
    exported = [json.loads(line) for line in lines.body.splitlines()]
    assert exported == admin.get(f"/audit?{query}").data
    table = admin.get(f"/audit/export?{query}")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.body.decode("utf-8-sig"))))
    assert [row["at"] for row in rows] == [event["at"] for event in exported]
    assert json.loads(rows[0]["details"]) == exported[0]["details"]
    assert admin.get("/audit/export?format=xml").error == (400, "INVALID_REQUEST")
    assert admin.get("/audit?limit=1").data[0]["action"] == "audit.exported"


def test_no_cell_of_the_table_is_a_formula(closed: World, admin: Caller) -> None:
    bob = colleague(closed, admin, "formula", email="=1+1@example.com")
    table = admin.get(f"/audit/export?actor={bob.user['id']}").body.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert "'=1+1@example.com" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_what_is_done_elsewhere_is_written_down(closed: World, admin: Caller) -> None:
    collection = admin.post("/collections", {"name": "Going"}).data["id"]
    watched = admin.post(f"/collections/{collection}/folders", {"path": str(closed.settings.data_dir)}).data["id"]
    admin.delete(f"/collections/{collection}/folders/{watched}")
    conversation, _ = admin.asked("When does the ferry leave?")
    assert admin.get(f"/conversations/{conversation}/export").status == 200
    assert admin.delete(f"/collections/{collection}").status == 200
    found = admin.get(f"/audit?actor={admin.user['id']}&limit=4").data
    assert [(event["action"], event["target"]["id"]) for event in found] == [
        ("collection.deleted", collection),
        ("conversation.exported", conversation),
        ("folder.left", collection),
        ("folder.watched", collection),
    ]
    assert found[0]["details"]["members"] == 1
    refused = admin.delete("/collections/nothing")
    assert refused.status == 404
    assert admin.get("/audit?limit=1").data == found[:1], "what was refused has not happened"
