"""What people change of their own account, and where they are signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.app.config import Secret
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, World

NEW = "another horse"


def another_browser(world: World, person: Caller, password: str = PASSWORD) -> Caller:
    browser = world.nobody()
    signed_in = browser.post(
        "/auth/login",
        {"email": person.user["email"], "password": password},
        headers={"User-Agent": "Mozilla/5.0 (Android 15; Mobile) Firefox/140.0"},
    )
    assert signed_in.status == 200, signed_in.body
    return browser


def is_out(caller: Caller) -> bool:
    return caller.get("/auth/me").status == 401


def test_a_name_is_changed_and_cleaned(ann: Caller) -> None:
    changed = ann.patch("/auth/me", {"name": "  안나\u202e  Lind "})
    assert changed.data["name"] == "안나 Lind"
    assert ann.get("/auth/me").data == changed.data
    assert ann.patch("/auth/me", {"name": " "}).error == (400, "INVALID_REQUEST")
    assert ann.patch("/auth/me", {"name": "x", "role": "administrator"}).data["role"] == "member"


def test_sessions_are_listed_with_where_and_when(world: World, ann: Caller) -> None:
    phone = another_browser(world, ann)
    listed = ann.get("/auth/sessions").data
    assert [item["current"] for item in listed] == [False, True], "the last seen first"
    assert listed[0]["agent"] == "Mozilla/5.0 (Android 15; Mobile) Firefox/140.0"
    assert listed[0]["address"] == "127.0.0.1"
    assert set(listed[0]) == {"id", "agent", "address", "begun_at", "seen_at", "current"}
    assert [item["current"] for item in phone.get("/auth/sessions").data] == [True, False]


def test_one_session_is_ended_from_another(world: World, ann: Caller) -> None:
    phone, tablet = another_browser(world, ann), another_browser(world, ann)
    (ended,) = [item["id"] for item in phone.get("/auth/sessions").data if item["current"]]
    assert ann.delete(f"/auth/sessions/{ended}").status == 200
    assert is_out(phone)
    assert not is_out(tablet)
    assert ann.delete(f"/auth/sessions/{ended}").error == (404, "SESSION_NOT_FOUND")
    assert len(ann.get("/auth/sessions").data) == 2


def test_ending_this_session_signs_out(ann: Caller) -> None:
    (own,) = ann.get("/auth/sessions").ids
    assert ann.delete(f"/auth/sessions/{own}").status == 200
    assert is_out(ann)


def test_all_others_end_and_this_one_stays(world: World, ann: Caller) -> None:
    others = [another_browser(world, ann) for _ in range(2)]
    assert ann.post("/auth/sessions/end-others").data == {"ended": 2}
    assert [is_out(other) for other in others] == [True, True]
    assert not is_out(ann)


def test_a_changed_password_ends_the_other_sessions_and_begins_this_one_anew(world: World, ann: Caller) -> None:
    phone, thief = another_browser(world, ann), world.nobody()
    ann.give_cookie(thief)
    assert ann.post("/auth/password", {"current": PASSWORD, "new": NEW}).data == ann.user
    assert not is_out(ann)
    assert is_out(phone)
    assert is_out(thief), "this session has another id now"
    assert len(ann.get("/auth/sessions").data) == 1
    old = world.nobody().post("/auth/login", {"email": ann.user["email"], "password": PASSWORD})
    assert old.error == (401, "WRONG_CREDENTIALS")
    another_browser(world, ann, NEW)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"current": "wrong horse", "new": NEW}, (403, "WRONG_PASSWORD")),
        ({"current": PASSWORD, "new": "short"}, (400, "INVALID_REQUEST")),
        ({"current": PASSWORD, "new": "x" * 1025}, (400, "INVALID_REQUEST")),
        ({"current": PASSWORD}, (400, "INVALID_REQUEST")),
    ],
)
def test_a_refused_change_of_password_changes_nothing(
    world: World, ann: Caller, body: dict[str, str], error: tuple[int, str]
) -> None:
    phone = another_browser(world, ann)
    assert ann.post("/auth/password", body).error == error
    assert not is_out(ann)
    assert not is_out(phone)
    another_browser(world, ann)


def test_a_reset_link_gives_a_new_password_once(world: World, ann: Caller) -> None:
    phone = another_browser(world, ann)
    token, _ = world.services.people.reset_link(ann.user["id"])
    guest = world.nobody()
    assert guest.get(f"/auth/reset/{token}").data == {"email": ann.user["email"], "name": ann.user["name"]}
    assert guest.post("/auth/reset", {"token": token, "password": "short"}).error == (400, "INVALID_REQUEST")
    assert guest.post("/auth/reset", {"token": token, "password": NEW}).data == ann.user
    assert guest.get("/auth/me").data == ann.user
    assert is_out(ann)
    assert is_out(phone)
    again = world.nobody().post("/auth/reset", {"token": token, "password": NEW})
    assert again.error == (404, "RESET_LINK_NOT_FOUND")


def test_all_of_it_works_without_redis(made_world: Callable[..., World]) -> None:
    world = made_world(redis_url=Secret("none"))
    ann = world.person("ann")
    phone = another_browser(world, ann)
    assert len(ann.get("/auth/sessions").data) == 2
    assert ann.post("/auth/password", {"current": PASSWORD, "new": NEW}).status == 200
    assert (is_out(ann), is_out(phone)) == (False, True)


def test_sessions_that_redis_has_lost_are_listed_and_go_on_until_they_are_ended(world: World, ann: Caller) -> None:
    lost = another_browser(world, ann)
    cookie = lost.flask.get_cookie("likeopt_session")
    assert cookie is not None
    assert world.parts.redis is not None
    for _ in range(2):
        world.parts.redis.delete(f"likeopt:session:{cookie.value}")
        assert len(ann.get("/auth/sessions").data) == 2
        assert not is_out(lost)
    assert ann.post("/auth/sessions/end-others").data == {"ended": 1}
    world.parts.redis.delete(f"likeopt:session:{cookie.value}")
    assert is_out(lost)
