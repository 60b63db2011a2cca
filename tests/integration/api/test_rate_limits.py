"""Beyond a limit: 429, when to come back, and nobody else notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.app.config import Secret, Settings
from backend.app.middleware.route_limits import FREE, LIMITS
from backend.app.wiring.limiting import rates
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import PASSWORD, World

NEAR: dict[str, Any] = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.7"}}
FAR: dict[str, Any] = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.8"}}
LONE, FURTHER, FURTHEST = ({"environ_overrides": {"REMOTE_ADDR": f"203.0.113.{n}"}} for n in range(3))


@pytest.fixture(scope="module")
def limited(made_world: Callable[..., World], valkey_url: str) -> World:
    return made_world(
        redis_url=Secret(f"{valkey_url}?db=11&socket_timeout=20&socket_connect_timeout=20"),
        rate_chat="2/h",
        rate_search="3/h",
        rate_upload="2/h",
        rate_write="4/h",
        rate_report="5/h",
        rate_guesses="3/h",
        rate_sign_in="3/h",
        rate_key="3/h",
        rate_invite="3/h",
        rate_address="200/h",
        rate_read="none",
    )


def credentials(person: Caller) -> dict[str, str]:
    return {"email": person.user["email"], "password": PASSWORD}


def from_another(number: int) -> dict[str, Any]:
    """Ask from an address that nobody else asks from."""
    return {"environ_overrides": {"REMOTE_ADDR": f"192.0.2.{number}"}}


def refused(world: World, limit: str) -> float:
    text = world.nobody().get("/metrics", environ_overrides={"REMOTE_ADDR": "127.0.0.1"}).body.decode()
    for line in text.splitlines():
        if line.startswith(f'likeopt_refused_total{{limit="{limit}"}}'):
            return float(line.rpartition(" ")[2])
    return 0.0


@pytest.mark.parametrize(
    ("limit", "allowed", "ask"),
    [
        ("search", 3, lambda caller: caller.get("/search?q=ferry")),
        ("chat", 2, lambda caller: caller.post("/chat", {"message": "When does the ferry leave?"})),
        ("upload", 2, lambda caller: caller.upload(("a.txt", b"The ferry leaves at seven."))),
        ("write", 4, lambda caller: caller.post("/collections", {"name": "Harbour"})),
    ],
)
def test_each_user_has_a_limit_of_its_own(
    limited: World, limit: str, allowed: int, ask: Callable[[Caller], Any]
) -> None:
    ann, ben = limited.person("ann"), limited.person("ben")
    before = refused(limited, limit)
    answers = [ask(ann) for _ in range(allowed + 2)]
    assert [answer.status == 429 for answer in answers] == [False] * allowed + [True] * 2
    last = answers[-1]
    assert last.error == (429, "RATE_LIMITED")
    seconds = int(last.headers["Retry-After"])
    assert 0 < seconds <= 3600
    assert f"{seconds} s" in last.json["message"]
    assert last.headers["RateLimit"].startswith(f'"{limit}";r=0;t=')
    assert refused(limited, limit) == before + 2
    assert ask(ben).status != 429, "another one of the same address"


def test_each_route_has_a_limit_and_each_limit_a_setting(limited: World) -> None:
    routes = {rule.endpoint for rule in limited.app.url_map.iter_rules() if not rule.endpoint.startswith("page.")}
    assert routes == {*LIMITS, *FREE}, "a route belongs into the table of middleware/route_limits.py"
    known = rates(limited.settings)
    assert set(LIMITS.values()) <= set(known)
    assert set(known) - set(LIMITS.values()) == {"address", "reports", "guesses", "guesses_address"}


def test_reads_and_changes_are_counted_for_each_route(limited: World) -> None:
    ann = limited.person("ann")
    assert [ann.post("/collections", {"name": f"{n}"}).status for n in range(5)] == [201] * 4 + [429]
    assert ann.patch("/auth/me", {"name": "Ann"}).status == 200
    assert ann.patch(f"/collections/{ann.collection_id}", {"name": "Mine"}).status == 200


def test_work_of_one_kind_is_counted_together_by_whichever_route(limited: World) -> None:
    ann = limited.person("ann")
    assert [ann.post("/chat", {"message": "When?"}).status for _ in range(2)] == [200, 200]
    asked = {"model": "like-opt", "messages": [{"role": "user", "content": "When?"}]}
    assert ann.whole("POST", "/v1/chat/completions", json=asked).status == 429


@pytest.mark.parametrize(
    ("limit", "ask"),
    [
        ("sign_in", lambda world, ann, n: world.nobody().post("/auth/login", credentials(ann), **LONE)),
        ("sign_in", lambda world, ann, n: world.nobody().get(f"/auth/reset/guess{n}", **FURTHER)),
        ("sign_in", lambda world, ann, n: world.nobody().get(f"/invitations/guess{n}", **FURTHEST)),
        ("key", lambda world, ann, n: ann.post("/keys", {"name": f"{n}", "scopes": ["read"]})),
        ("invite", lambda world, ann, n: ann.post("/invitations", {})),
    ],
)
def test_what_could_be_guessed_or_hoarded_is_limited_tightly(
    limited: World, limit: str, ask: Callable[[World, Caller, int], Answer]
) -> None:
    ann = limited.person("ann")
    answers = [ask(limited, ann, n) for n in range(5)]
    assert [answer.status == 429 for answer in answers] == [False] * 3 + [True] * 2
    assert answers[-1].headers["RateLimit"].startswith(f'"{limit}";r=0;t=')


@pytest.mark.parametrize(
    ("limit", "at_once", "a_second"),
    [
        ("chat", 10_000, 400),
        ("search", 10_000, 5_000),
        ("upload", 5_000, 100),
        ("read", 5_000, 2_000),
        ("write", 5_000, 300),
        ("address", 10_000, 10_000),
    ],
)
def test_the_defaults_leave_room_for_programs_that_measure(limit: str, at_once: int, a_second: int) -> None:
    rate = rates(Settings())[limit]
    assert rate is not None
    assert rate.count >= at_once
    assert rate.count / rate.seconds >= a_second


def test_the_settings_for_strangers_in_the_docs_are_settings() -> None:
    page = (Path(__file__).parents[3] / "docs" / "security.md").read_text("utf-8")
    named = dict(re.findall(r"^    LIKEOPT_(\w+)=(\S+)$", page, re.MULTILINE))
    settings = Settings.load({f"LIKEOPT_{name}": value for name, value in named.items()})
    assert len(named) > 8
    for name, value in named.items():
        assert str(getattr(settings, name.lower())) == value, name


def test_what_is_left_is_told_with_each_answer(limited: World) -> None:
    ann = limited.person("ann")
    answers = [ann.get("/search?q=ferry") for _ in range(3)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"search";q=3;w=3600'}
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0"]


def test_a_stream_is_refused_before_it_begins(limited: World) -> None:
    ann = limited.person("ann")
    answers = [ann.post("/chat", {"message": "When?"}) for _ in range(3)]
    assert [answer.headers["Content-Type"].partition(";")[0] for answer in answers] == [
        "text/event-stream",
        "text/event-stream",
        "application/json",
    ]


def test_reports_of_one_address_are_limited_and_of_no_other(limited: World) -> None:
    report = {"metrics": [{"name": "lcp", "value": 812.4}]}
    answers = [limited.nobody().post("/metrics", report, **NEAR).status for _ in range(7)]
    assert answers == [204] * 5 + [429] * 2
    assert limited.nobody().post("/metrics", report, **FAR).status == 204


def test_wrong_passwords_are_limited_and_the_right_one_then_too(limited: World) -> None:
    ann = limited.person("ann")
    email = ann.user["email"]
    nobody = limited.nobody()
    guess = {"email": email, "password": "wrong wrong"}
    wrong = [nobody.post("/auth/login", guess, **from_another(n)) for n in range(4)]
    assert [answer.error[1] for answer in wrong] == ["WRONG_CREDENTIALS"] * 3 + ["RATE_LIMITED"]
    assert int(wrong[-1].headers["Retry-After"]) > 0
    right = nobody.post("/auth/login", {"email": email, "password": PASSWORD}, **FAR)
    assert right.error == (429, "RATE_LIMITED"), "or a guess would show that it is right"
    assert ann.get("/auth/me").status == 200, "who is signed in stays so"


def test_all_of_an_address_together_are_limited(limited: World) -> None:
    nobody = limited.nobody()
    address = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.99"}}
    answers = [nobody.get("/about", **address).status for _ in range(205)]
    assert 0 < answers.count(429) <= 5
    assert nobody.get("/health/live", **address).status == 200, "who watches the server is not kept away"
    assert nobody.whole("GET", "/", **address).status == 200, "nor is the page"


def test_limits_hold_without_redis(made_world: Callable[..., World]) -> None:
    world = made_world(redis_url=Secret("none"), rate_search="3/h")
    ann = world.person("ann")
    assert [ann.get("/search?q=ferry").status for _ in range(5)] == [200] * 3 + [429] * 2
