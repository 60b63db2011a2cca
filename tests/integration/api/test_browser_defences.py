"""What keeps other sites' pages, other hosts' cookies and somebody on the way from acting for a person: on every route."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, World

SAFE = {"GET", "HEAD", "OPTIONS"}
REQUIRED = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
}
TOOLS = "https://tools.example.org"


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield each route's methods with a path that leads to it."""
    for rule in app.url_map.iter_rules():
        values = dict.fromkeys(rule.arguments, "0" * 32)
        built = rule.build(values, append_unknown=False)
        assert built is not None, rule
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, built[1]


@pytest.fixture(scope="module")
def owner(world: World) -> Caller:
    return world.person("owner")


# --- requests of other sites ------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_every_unsafe_method_is_refused_to_another_sites_page(
    world: World, owner: Caller, headers: dict[str, str]
) -> None:
    unsafe = [(method, path) for method, path in routes(world.app) if method not in SAFE]
    assert len(unsafe) > 30
    with world.nothing_left():
        for method, path in unsafe:
            for body in ({"json": {"name": "x", "title": "x", "message": "x"}}, {"data": {"name": "x"}}):
                with owner.flask.open(path, method=method, headers=headers, **body) as response:
                    said = json.loads(response.get_data())
                assert response.status_code == 403, f"{method} {path}"
                code = said["error"]["code"] if isinstance(said["error"], dict) else said["error_code"]
                assert str(code).upper() == "CROSS_SITE_REQUEST", f"{method} {path}"
    assert owner.get("/auth/me").status == 200


def test_no_get_changes_anything(world: World, owner: Caller) -> None:
    with world.nothing_left():
        for method, path in routes(world.app):
            if method == "GET":
                owner.flask.get(path, headers={"Sec-Fetch-Site": "cross-site"}).close()
    assert owner.get("/auth/me").status == 200


# --- headers ----------------------------------------------------------------------------------


def test_every_answer_carries_the_headers(world: World, owner: Caller) -> None:
    asked = [*routes(world.app), ("GET", "/api/v1/nothing"), ("PUT", "/api/v1/about"), ("BREW", "/"), ("GET", "/a.b")]
    for method, path in asked:
        if path.endswith("/auth/logout"):
            continue
        with owner.flask.open(path, method=method, json={} if method not in SAFE else None) as response:
            missing = REQUIRED - set(response.headers.keys())
            assert not missing, f"{method} {path}: {missing}"
            assert "unsafe-eval" not in response.headers["Content-Security-Policy"]
            if path.startswith(("/api/", "/v1/")):
                kept = response.headers["Cache-Control"]
                assert kept in ("no-store", "private, no-cache"), f"{method} {path}: {kept}"
            assert "Strict-Transport-Security" not in response.headers, "this was no HTTPS"
            assert not any(name.startswith("Access-Control-") for name in response.headers.keys())  # noqa: SIM118  # Headers


def test_a_defect_carries_them_too(made_world: Callable[..., World]) -> None:
    world = made_world()
    world.app.add_url_rule("/api/v1/defect", view_func=lambda: 1 / 0)
    answer = world.nobody().get("/defect")
    assert answer.status == 500
    assert not REQUIRED - set(answer.headers.keys())


# --- HTTPS, and the proxies that tell of it ---------------------------------------------------

BODY = {"email": "cookie@example.org", "password": PASSWORD, "name": ""}
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "chat.example.org"}


def cookie_line(world: World, name: str, peer: str = "127.0.0.1", **headers: str) -> str:
    client = world.app.test_client(use_cookies=False)
    environ = {"REMOTE_ADDR": peer}
    with client.post("/api/v1/auth/register", json=BODY, headers=headers, environ_base=environ) as response:
        lines = [line for line in response.headers.getlist("Set-Cookie") if line.startswith(f"{name}=")]
    assert len(lines) == 1, response.headers
    return lines[0]


def test_over_https_the_cookie_is_secure_without_being_told(made_world: Callable[..., World]) -> None:
    world = made_world(trusted_proxies=1)
    assert "Secure" in cookie_line(world, "likeopt_session", **FORWARDED)
    assert "Secure" not in cookie_line(made_world(trusted_proxies=1), "likeopt_session")


def test_told_so_it_has_a_name_that_no_other_host_can_set(made_world: Callable[..., World]) -> None:
    world = made_world(cookie_secure=True)
    line = cookie_line(world, "__Host-likeopt_session")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in line.split(";")}
    assert "Domain" not in line
    planted = world.nobody()
    planted.flask.set_cookie("likeopt_session", line.partition("=")[2].partition(";")[0])
    assert planted.get("/auth/me").error == (401, "NOT_SIGNED_IN")


def test_nobody_is_believed_on_who_asks_unless_proxies_are_named(
    world: World, made_world: Callable[..., World]
) -> None:
    assert "Secure" not in cookie_line(made_world(), "likeopt_session", **FORWARDED)
    origin = {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}
    refused = world.nobody().post("/auth/logout", headers=origin)
    assert refused.error == (403, "CROSS_SITE_REQUEST"), "a header that anybody may send makes no other host of it"


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("fd00::7", True),
        ("", True),
        ("10.2.0.1", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("nonsense", False),
    ],
)
def test_only_named_proxies_are_believed(made_world: Callable[..., World], peer: str, believed: bool) -> None:
    world = made_world(trusted_proxies=1, proxy_addresses="10.1.0.0/16, fd00::/8")
    assert ("Secure" in cookie_line(world, "likeopt_session", peer, **FORWARDED)) is believed


def test_https_is_asked_for_again_next_time(made_world: Callable[..., World]) -> None:
    answer = made_world(trusted_proxies=1).nobody().get("/about", headers=FORWARDED)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


# --- other origins ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tools(made_world: Callable[..., World]) -> World:
    return made_world(cors_origins=f"{TOOLS} http://localhost:3000")


def preflight(world: World, origin: str, path: str = "/api/v1/documents") -> Any:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with world.app.test_client().options(path, headers={"Origin": origin, **asked}) as response:
        return response.headers


def test_named_origins_may_ask_with_a_key_and_never_with_cookies(tools: World) -> None:
    headers = preflight(tools, TOOLS)
    assert headers["Access-Control-Allow-Origin"] == TOOLS
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    assert "POST" in headers["Access-Control-Allow-Methods"]
    ann = tools.person("ann")
    key = ann.post("/keys", {"name": "tools", "scopes": ["read", "write"]}).data["key"]
    crossing = {"Origin": TOOLS, "Sec-Fetch-Site": "cross-site"}
    answer = tools.nobody().get("/collections", headers={**crossing, "Authorization": f"Bearer {key}"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, TOOLS)
    assert "Origin" in answer.headers["Vary"]
    by_cookie = ann.post("/collections", {"name": "x"}, headers=crossing)
    assert by_cookie.error == (403, "CROSS_SITE_REQUEST")
    for found in (headers, answer.headers, by_cookie.headers):
        assert "Access-Control-Allow-Credentials" not in found


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "*", "http://tools.example.org", f"{TOOLS}.evil.example", f"{TOOLS}:8443",
     "https://TOOLS.example.org", f"{TOOLS}/", "https://eviltools.example.org"],
)  # fmt: skip
def test_no_other_origin_is_let_in(tools: World, origin: str) -> None:
    headers = preflight(tools, origin)
    assert not any(name.startswith("Access-Control-") for name in headers.keys())  # noqa: SIM118  # Headers
    assert "Origin" in headers["Vary"]
