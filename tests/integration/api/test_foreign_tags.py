"""An ETag is no key: whoever sends somebody else's is answered as without it, or told that the same bytes are the same."""

from __future__ import annotations

import pytest

from tests.fakes import pictures as made
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import World
from tests.integration.api.role_library import RoleLibrary, code_of
from tests.integration.api.route_expectations import ROLES, TABLE, Row

SECRET = "The vault of Oakhaven opens with the number 74205."
NOT_FOUND = 404


@pytest.fixture(scope="module")
def library(world: World) -> RoleLibrary:
    return RoleLibrary(world)


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "GET"], ids=str)
def test_everybody_else_gets_with_a_tag_what_they_get_without_it(library: RoleLibrary, row: Row) -> None:
    for _ in range(2):  # what is kept has a tag from the second time on
        plain = {role: library.ask(role, row) for role in ROLES}
    for holder, held in plain.items():
        tag = held.headers.get("ETag")
        for role in ROLES if tag else ():
            answer = library.ask(role, row, {"If-None-Match": tag or ""})
            if answer.status == 304:
                assert answer.body == b""
                assert told(held) == told(plain[role]), f"{role} was not given what {holder} was"
            else:
                assert (answer.status, code_of(answer)) == (plain[role].status, code_of(plain[role])), role


def told(answer: Answer) -> object:
    """Return what an answer says, without how long that took."""
    if answer.headers.get("Content-Type") != "application/json":
        return answer.body
    return {name: value for name, value in answer.json.items() if name != "timings"}


def conditional(caller: Caller, path: str, held: Answer) -> Answer:
    headers = {"If-None-Match": held.headers["ETag"]}
    if "Last-Modified" in held.headers:
        headers["If-Modified-Since"] = held.headers["Last-Modified"]
    return caller.get(path, headers=headers)


def test_two_people_with_each_others_tags_get_what_is_their_own(world: World, ann: Caller, ben: Caller) -> None:
    world.document(ann, "second.txt", "A second text, so that even the numbers differ.")
    for caller, text in ((ann, SECRET), (ben, "The vault of Oakhaven holds only old rope.")):
        world.document(caller, "vault.txt", text)
        caller.asked("How does the vault open?")
        caller.get("/search?q=vault")  # what is found again has a tag
    for path in ("/auth/me", "/auth/sessions", "/collections", "/documents", "/conversations", "/indexing/status"):
        assert_each_gets_their_own(path, ann, ben)
    for path in ("/documents?q=vault", "/conversations?q=vault", "/search?q=vault"):
        assert_each_gets_their_own(path, ann, ben)


def assert_each_gets_their_own(path: str, ann: Caller, ben: Caller) -> None:
    anns, bens = ann.get(path), ben.get(path)
    assert anns.headers["ETag"] != bens.headers["ETag"], path
    for caller, own, other in ((ann, anns, bens), (ben, bens, anns)):
        assert conditional(caller, path, own).status == 304, path
        answer = conditional(caller, path, other)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (200, own.body, own.headers["ETag"]), path


def test_a_tag_of_what_is_somebody_elses_is_a_404_like_no_tag(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "vault.txt", SECRET)
    pictured = world.document(ann, "a.docx", made.docx(a_png=made.plain()))
    conversation, _ = ann.asked("How does the vault open?")
    for path in (
        f"/documents/{document}",
        f"/documents/{document}/content",
        f"/documents/{document}/content?format=text",
        f"/documents/{document}/passages",
        f"/documents/{pictured}/images",
        f"/documents/{pictured}/images/1?width=320",
        f"/conversations/{conversation}",
        f"/conversations/{conversation}/messages",
        f"/collections/{ann.collection_id}/members",
    ):
        held = ann.get(path)
        assert (held.status, conditional(ann, path, held).status) == (200, 304), path
        refused = conditional(ben, path, held)
        assert refused.status == NOT_FOUND, path
        assert "74205" not in refused.body.decode()
        assert "ETag" not in refused.headers


def test_who_may_see_it_no_more_is_not_told_that_it_is_unchanged(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "vault.txt", SECRET)
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    ben.get("/search?q=vault")
    paths = (f"/documents/{document}", f"/documents/{document}/content", "/documents", "/search?q=vault")
    seen = {path: ben.get(path) for path in paths}
    assert {conditional(ben, path, held).status for path, held in seen.items()} == {304}
    ann.delete(f"{members}/{ben.user['id']}")
    after = {path: conditional(ben, path, held) for path, held in seen.items()}
    assert [answer.status for answer in after.values()] == [NOT_FOUND, NOT_FOUND, 200, 200]
    assert after["/documents"].data == after["/search?q=vault"].data == []


def test_the_same_bytes_are_the_same_whoever_has_got_them(ann: Caller, ben: Caller, nobody: Caller) -> None:
    held = ann.get("/about")
    assert ben.get("/about").body == held.body
    assert conditional(ben, "/about", held).status == 304
    assert conditional(nobody, "/about", held).status == 200, "who is not signed in is told less"
