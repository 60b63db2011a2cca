"""Signing in by a provider that really runs, through every way in which it, or somebody between, may lie."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update
from werkzeug.test import TestResponse

from backend.app.api.v1.single_sign_on import own_path
from backend.app.config import Secret
from backend.app.storage.models import UserRow
from tests.fakes.identity_provider import CLIENT, SECRET, Claims, IdentityProvider
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, World

_numbers = itertools.count(1)
_BEGIN, _CALLBACK = "/api/v1/auth/oidc", "/api/v1/auth/oidc/callback"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[IdentityProvider]:
    with IdentityProvider() as running:
        yield running


@pytest.fixture
def provider(running_provider: IdentityProvider) -> IdentityProvider:
    running_provider.forget()
    return running_provider


@pytest.fixture(autouse=True)
def mina(provider: IdentityProvider) -> Claims:
    """Whom the provider lets in: somebody new for each test."""
    number = next(_numbers)
    person = {"sub": f"mina-{number}", "email": f"mina{number}@example.org", "email_verified": True, "name": "Mina"}
    provider.person = dict(person)
    return person


@pytest.fixture(scope="module")
def office(made_world: Callable[..., World], running_provider: IdentityProvider) -> World:
    """A world whose people come by the provider; its first person, an administrator, does not."""
    running_provider.forget()
    world = office_of(made_world, running_provider)
    world.person("first")
    return world


def office_of(made_world: Callable[..., World], provider: IdentityProvider, **settings: Any) -> World:
    secret = Secret(SECRET)
    return made_world(oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=secret, **settings)


def redirected(response: TestResponse) -> str:
    with response:
        assert response.status_code == 303, response.get_data()
        assert response.headers["Cache-Control"] == "no-store"
        return str(response.headers["Location"])


def begun(caller: Caller, next: str = "") -> str:
    """Press the button; return where the browser is sent."""
    return redirected(caller.flask.get(_BEGIN, query_string={"next": next} if next else None))


def approved(address: str) -> str:
    """Be at the provider; return the address that it sends the browser back to."""
    parts = urlsplit(address)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    response = connection.getresponse()
    connection.close()
    assert response.status == 302
    return response.headers["Location"]


def returned(caller: Caller, address: str) -> str:
    parts = urlsplit(address)
    assert parts.path == _CALLBACK
    return redirected(caller.flask.get(f"{parts.path}?{parts.query}"))


def come(caller: Caller, next: str = "") -> str:
    """Sign in by the provider; return where the browser ends."""
    return returned(caller, approved(begun(caller, next)))


def refused(where: str) -> str:
    parts = urlsplit(where)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/sign-in")
    return parse_qs(parts.query)["refused"][0]


def nobody_came(caller: Caller) -> bool:
    return caller.get("/auth/me").error == (401, "NOT_SIGNED_IN")


# --- as it should be --------------------------------------------------------------------------


def test_the_first_sign_in_makes_an_account_and_the_next_finds_it(office: World, mina: Claims) -> None:
    caller = office.nobody()
    assert caller.get("/about").data["single_sign_on"] == {"name": "127.0.0.1"}
    assert come(caller, "/documents?q=x#y") == "/documents?q=x#y"
    user = caller.get("/auth/me").data
    assert (user["email"], user["name"], user["role"]) == (mina["email"], "Mina", "member")
    assert [item["access"] for item in caller.get("/collections").data] == ["owner"]
    again = office.nobody()
    assert come(again) == "/"
    assert again.get("/auth/me").data == user


def test_an_identity_stays_its_accounts_when_its_address_changes(
    office: World, provider: IdentityProvider, mina: Claims
) -> None:
    caller = office.nobody()
    come(caller)
    user = caller.get("/auth/me").data
    provider.person = {**mina, "email": f"kim-{mina['sub']}@example.org", "email_verified": False}
    again = office.nobody()
    come(again)
    assert again.get("/auth/me").data == user


def test_who_was_not_given_a_password_cannot_sign_in_with_one(office: World, mina: Claims) -> None:
    come(office.nobody())
    for password in ("!", "", "nobody has this password"):
        answer = office.nobody().post("/auth/login", {"email": mina["email"], "password": password})
        assert answer.error == (401, "WRONG_CREDENTIALS")


def test_an_address_that_comes_from_the_user_info_is_taken_for_the_same_person(
    office: World, provider: IdentityProvider, mina: Claims
) -> None:
    provider.person = {"sub": mina["sub"]}
    provider.user_info = dict(mina)
    caller = office.nobody()
    assert come(caller) == "/"
    assert caller.get("/auth/me").data["email"] == mina["email"]
    provider.person, provider.user_info = {"sub": f"thief of {mina['sub']}"}, mina
    assert refused(come(office.nobody())) == "ADDRESS_NOT_VERIFIED"


def test_new_keys_are_fetched_when_a_token_is_signed_with_one(
    made_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, mina: Claims
) -> None:
    monkeypatch.setattr("backend.app.security.oidc.provider._LEAST_SECONDS", 0.0)
    with IdentityProvider() as provider:
        provider.person = mina
        office = office_of(made_world, provider)
        assert [come(office.nobody()), come(office.nobody())] == ["/", "/"]
        assert provider.asked.count("/keys") == 1, "keys are kept"
        provider.change_keys()
        assert come(office.nobody()) == "/"


def test_signing_out_says_where_the_provider_is_left_too(office: World, provider: IdentityProvider) -> None:
    caller = office.nobody()
    come(caller)
    address = caller.post("/auth/logout").data["sign_out_address"]
    assert address.startswith(f"{provider.issuer}/sign-out?")
    assert parse_qs(urlsplit(address).query)["post_logout_redirect_uri"] == ["http://localhost/sign-in"]
    assert nobody_came(caller)
    other = office.person("other")
    assert other.post("/auth/logout").data is None, "who came by a password is not known there"


# --- accounts that are there already ----------------------------------------------------------


def test_an_account_is_joined_and_all_other_ways_into_it_end(office: World, mina: Claims) -> None:
    squatter = office.nobody()
    body = {"email": mina["email"].upper(), "password": PASSWORD, "name": "Not Mina"}
    planted = squatter.post("/auth/register", body).data
    key = squatter.post("/keys", {"name": "planted", "scopes": ["read"]}).data["key"]
    caller = office.nobody()
    assert come(caller) == "/"
    assert caller.get("/auth/me").data["id"] == planted["id"]
    assert nobody_came(squatter), "whoever made it has not shown that the address is theirs"
    again = office.nobody().post("/auth/login", {"email": mina["email"], "password": PASSWORD})
    assert again.error == (401, "WRONG_CREDENTIALS")
    assert office.nobody().get("/auth/me", headers={"Authorization": f"Bearer {key}"}).status == 401
    assert caller.get("/keys").data == []


@pytest.mark.parametrize("verified", [False, None, "false", 0, "yes", [True]])
def test_an_address_that_is_not_verified_opens_nothing(
    office: World, provider: IdentityProvider, verified: object, mina: Claims
) -> None:
    owner = office.nobody()
    owner.post("/auth/register", {"email": mina["email"], "password": PASSWORD, "name": "Mina"})
    provider.person = {**mina, "email_verified": verified}
    with office.nothing_left():
        caller = office.nobody()
        assert refused(come(caller)) == "ADDRESS_NOT_VERIFIED"
    assert nobody_came(caller)
    assert owner.get("/auth/me").status == 200


def test_an_address_that_was_given_to_another_person_opens_nothing(
    office: World, provider: IdentityProvider, mina: Claims
) -> None:
    come(office.nobody())
    provider.person = {**mina, "sub": f"successor of {mina['sub']}", "name": "Somebody else"}
    with office.nothing_left():
        assert refused(come(office.nobody())) == "IDENTITY_TAKEN"


def test_a_suspended_account_is_not_entered(office: World, mina: Claims) -> None:
    caller = office.nobody()
    come(caller)
    suspended = update(UserRow).where(UserRow.email == mina["email"]).values(suspended_at=datetime.now(UTC))
    office.parts.database.write(lambda session: session.execute(suspended))
    assert nobody_came(caller)
    again = office.nobody()
    assert refused(come(again)) == "ACCOUNT_SUSPENDED"
    assert nobody_came(again)


# --- settings ---------------------------------------------------------------------------------


def test_only_named_domains_are_let_in(
    made_world: Callable[..., World], provider: IdentityProvider, mina: Claims
) -> None:
    world = office_of(made_world, provider, oidc_domains="Example.org, example.com")
    assert come(world.nobody()) == "/"
    for address in ("a@evil.org", "a@example.org.evil.org", "a@sub.example.org", "a@b@evil.org"):
        provider.person = {**mina, "sub": address, "email": address}
        assert refused(come(world.nobody())) in ("ADDRESS_NOT_ALLOWED", "ADDRESS_NOT_VERIFIED")
    provider.person = {**mina, "email": "mina@elsewhere.org"}
    assert refused(come(world.nobody())) == "ADDRESS_NOT_ALLOWED", "who has left the domain"


def test_where_accounts_are_not_made_only_those_that_are_there_are_joined(
    made_world: Callable[..., World], provider: IdentityProvider, mina: Claims
) -> None:
    world = office_of(made_world, provider, oidc_create_accounts=False)
    world.person("first")
    with world.nothing_left():
        assert refused(come(world.nobody())) == "NO_ACCOUNT"
    world.nobody().post("/auth/register", {"email": mina["email"], "password": PASSWORD, "name": "Mina"})
    assert come(world.nobody()) == "/"


def test_the_group_makes_administrators_and_unmakes_them(
    made_world: Callable[..., World], provider: IdentityProvider, mina: Claims
) -> None:
    world = office_of(made_world, provider, oidc_admin_group="likeopt admins", oidc_groups_claim="realm_access.roles")
    first = world.person("first")
    roles = []
    for groups in (["likeopt admins", "staff"], ["staff"], "likeopt admins", None, {"likeopt admins": 1}):
        provider.person = {**mina, "realm_access": {"roles": groups}}
        caller = world.nobody()
        come(caller)
        roles.append(caller.get("/auth/me").data["role"])
    assert roles == ["administrator", "member", "administrator", "member", "member"]
    assert first.get("/auth/me").data["role"] == "administrator"


def test_the_last_administrator_stays_one(made_world: Callable[..., World], provider: IdentityProvider) -> None:
    world = office_of(made_world, provider, oidc_admin_group="likeopt admins")
    caller = world.nobody()
    come(caller)
    assert caller.get("/auth/me").data["role"] == "administrator", "the first account, whatever its groups"


def test_passwords_can_be_switched_off(made_world: Callable[..., World], provider: IdentityProvider) -> None:
    world = office_of(made_world, provider, password_sign_in=False)
    nobody = world.nobody()
    about = nobody.get("/about").data
    assert (about["password_sign_in"], about["registration_open"]) == (False, False)
    caller = world.nobody()
    assert come(caller) == "/"
    body = {"email": "a@example.org", "password": PASSWORD, "name": "A"}
    off = (403, "PASSWORD_SIGN_IN_OFF")
    with world.nothing_left():
        assert nobody.post("/auth/register", body).error == off
        assert nobody.post("/auth/login", body).error == off
        assert nobody.post("/auth/reset", {"token": "x", "password": PASSWORD}).error == off
        assert caller.post("/auth/password", {"current": "!", "new": PASSWORD}).error == off


def test_without_a_provider_there_is_no_such_address(world: World) -> None:
    nobody = world.nobody()
    assert nobody.get("/about").data["single_sign_on"] is None
    assert nobody.get("/auth/oidc").error == (404, "NOT_FOUND")
    assert nobody.get("/auth/oidc/callback").error == (404, "NOT_FOUND")


# --- lies and faults --------------------------------------------------------------------------


def aged(seconds: int) -> Callable[[Claims], Claims]:
    now = int(time.time())
    return lambda claims: {**claims, "iat": now - seconds - 300, "exp": now - seconds}


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


LIES: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: {**claims, "nonce": "replayed"},
    "no nonce": without("nonce"),
    "another issuer": lambda claims: {**claims, "iss": "https://accounts.evil.example"},
    "no issuer": without("iss"),
    "another audience": lambda claims: {**claims, "aud": "other-app"},
    "another audience that names us as the party": lambda claims: {**claims, "aud": "other-app", "azp": CLIENT},
    "two audiences, issued to the other": lambda claims: {**claims, "aud": [CLIENT, "other-app"], "azp": "other-app"},
    "no audience": without("aud"),
    "expired": aged(120),
    "without an end": without("exp"),
    "an end that is no time": lambda claims: {**claims, "exp": "tomorrow"},
    "of tomorrow": lambda claims: {**claims, "nbf": int(time.time()) + 86400},
    "no subject": without("sub"),
    "an empty subject": lambda claims: {**claims, "sub": ""},
    "a subject that is a number": lambda claims: {**claims, "sub": 7},
    "another access token": lambda claims: {**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_token_that_says_something_else_is_refused(office: World, provider: IdentityProvider, lie: str) -> None:
    provider.change = LIES[lie]
    caller = office.nobody()
    with office.nothing_left():
        assert refused(come(caller)) == "SIGN_IN_REFUSED"
    assert nobody_came(caller)


@pytest.mark.parametrize("way", ["unsigned", "signed_by_another", "signed_with_the_public_key"])
def test_a_token_that_the_provider_did_not_sign_is_refused(office: World, provider: IdentityProvider, way: str) -> None:
    provider.sign = getattr(provider, way)
    caller = office.nobody()
    assert refused(come(caller)) == "SIGN_IN_REFUSED"
    assert nobody_came(caller)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 10, "ey" * 100_000, "{}"])
def test_rubbish_in_place_of_a_token_is_refused(office: World, provider: IdentityProvider, token: str) -> None:
    provider.sign = lambda claims: token
    assert refused(come(office.nobody())) == "SIGN_IN_REFUSED"


def test_clocks_may_differ_by_a_minute(office: World, provider: IdentityProvider) -> None:
    provider.change = aged(20)
    assert come(office.nobody()) == "/"
    provider.change = lambda claims: {**claims, "iat": int(time.time()) + 40, "nbf": int(time.time()) + 40}
    assert come(office.nobody()) == "/"


def test_what_comes_back_to_another_browser_is_worth_nothing(office: World) -> None:
    attacker, victim = office.nobody(), office.nobody()
    address = approved(begun(attacker))
    assert refused(returned(victim, address)) == "SIGN_IN_EXPIRED"
    assert nobody_came(victim), "a victim is not signed in as the one who began"
    begun(victim)
    assert refused(returned(victim, address)) == "SIGN_IN_REFUSED"
    assert nobody_came(victim)


def test_a_code_works_once(office: World) -> None:
    caller = office.nobody()
    address = approved(begun(caller))
    cookie = caller.flask.get_cookie("likeopt_sign_in")
    assert cookie is not None
    assert returned(caller, address) == "/"
    thief = office.nobody()
    thief.flask.set_cookie("likeopt_sign_in", cookie.value)
    assert refused(returned(thief, address)) == "SIGN_IN_REFUSED"


def test_what_the_browser_keeps_meanwhile_cannot_be_forged_nor_read_by_scripts(office: World) -> None:
    caller = office.nobody()
    with caller.flask.get(_BEGIN) as response:
        (line,) = [line for line in response.headers.getlist("Set-Cookie") if line.startswith("likeopt_sign_in=")]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    cookie = caller.flask.get_cookie("likeopt_sign_in")
    assert cookie is not None
    _, said = URLSafeTimedSerializer("not the key", salt="likeopt single sign-on").loads_unsafe(cookie.value)
    assert set(said) == {"state", "nonce", "verifier", "path"}, "of this one sign-in, and nothing that the server keeps"
    for value in ("", "x", cookie.value[:-2], cookie.value + "A", cookie.value.partition(".")[0]):
        other = office.nobody()
        other.flask.set_cookie("likeopt_sign_in", value)
        assert refused(returned(other, f"{_CALLBACK}?code=x&state=y")) == "SIGN_IN_EXPIRED"


def test_a_refusal_by_the_provider_is_told(office: World) -> None:
    caller = office.nobody()
    state = parse_qs(urlsplit(begun(caller)).query)["state"][0]
    where = returned(caller, f"{_CALLBACK}?error=access_denied&error_description=%3Cscript%3E&state={state}")
    assert refused(where) == "SIGN_IN_REFUSED"
    assert "script" not in where


def test_an_answer_of_another_provider_is_not_taken_for_this_ones(office: World) -> None:
    caller = office.nobody()
    address = approved(begun(caller))
    assert refused(returned(caller, f"{address}&iss=https%3A%2F%2Fevil.example")) == "SIGN_IN_REFUSED"


def test_a_provider_that_is_away_or_speaks_rubbish_is_told_and_comes_back(
    made_world: Callable[..., World], provider: IdentityProvider
) -> None:
    office = office_of(made_world, provider)
    discovery = "/.well-known/openid-configuration"
    for answer in ((500, b"{}"), (200, b"<html>"), (200, b"[]"), (302, b"")):
        provider.answers = {discovery: answer}
        assert refused(begun(office.nobody())) == "PROVIDER_UNAVAILABLE"
    provider.answers = {}
    address = begun(office.nobody())
    assert address.startswith(provider.issuer)
    provider.answers = {"/token": (500, b"oops")}
    assert refused(come(office.nobody())) in ("PROVIDER_UNAVAILABLE", "SIGN_IN_REFUSED")
    provider.answers = {"/keys": (500, b"")}
    assert refused(come(office.nobody())) == "PROVIDER_UNAVAILABLE"
    provider.answers = {}
    assert come(office.nobody()) == "/"


def test_one_address_has_the_provider_asked_so_often_and_no_more(
    made_world: Callable[..., World], provider: IdentityProvider, valkey_url: str
) -> None:
    counts_of_its_own = Secret(f"{valkey_url}?db=12&socket_timeout=20&socket_connect_timeout=20")
    world = office_of(made_world, provider, rate_register="3/10m", redis_url=counts_of_its_own)
    caller = world.nobody()
    statuses = []
    for _ in range(5):
        with caller.flask.get(f"{_CALLBACK}?code=guessed&state=guessed") as response:
            statuses.append(response.status_code)
    assert statuses == [303, 303, 303, 429, 429]


def test_a_provider_that_does_not_run_is_told(made_world: Callable[..., World]) -> None:
    provider = IdentityProvider()
    world = office_of(made_world, provider)
    with provider:
        pass
    assert refused(begun(world.nobody())) == "PROVIDER_UNAVAILABLE"
    assert world.person("other").get("/auth/me").status == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_another_is_told(
    made_world: Callable[..., World], provider: IdentityProvider, metadata: Claims
) -> None:
    provider.metadata = metadata
    assert refused(begun(office_of(made_world, provider).nobody())) == "PROVIDER_MISCONFIGURED"


def test_signing_in_begins_a_new_session(office: World) -> None:
    caller = office.nobody()
    caller.flask.set_cookie("likeopt_session", "planted")
    come(caller)
    cookie = caller.flask.get_cookie("likeopt_session")
    assert cookie is not None
    assert cookie.value != "planted"
    assert caller.get("/auth/me").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=y\r\nX: y", "/a\nb", "/ //evil.example", "/\t/evil.example", "evil.example", "",
        "/api/v1/auth/oidc", "/" + "a" * 2000, "///evil.example", "/a\\b",
    ],
)  # fmt: skip
def test_no_path_leads_to_another_site(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize(
    "path", ["/", "/documents", "/chat/0123?x=1#y", "/search?q=%EC%9D%B4%EB%A6%84", "/settings/keys"]
)
def test_a_path_of_the_page_is_gone_on_with(path: str) -> None:
    assert own_path(path) == path


def test_nothing_is_loaded_before_somebody_comes() -> None:
    script = (
        "import sys\nfrom backend.app import create_app\n"
        "create_app({'oidc_issuer': 'https://login.example.org', 'oidc_client_id': 'x', 'redis_url': None})\n"
        "print(sorted(name for name in ('authlib', 'requests', 'joserfc', 'cryptography.hazmat') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
