"""Signing in by the organisation's button, at a whole server and in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import arrive
from tests.e2e.window import Window
from tests.fakes.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.services.likeopt import Server, likeopt_server


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, provider: IdentityProvider) -> Iterator[Server]:
    settings = {
        "LIKEOPT_OIDC_ISSUER": provider.issuer,
        "LIKEOPT_OIDC_CLIENT_ID": CLIENT,
        "LIKEOPT_OIDC_CLIENT_SECRET": SECRET,
        "LIKEOPT_OIDC_NAME": "Office",
        "LIKEOPT_WORKERS": "2",
    }
    with likeopt_server(tmp_path_factory.mktemp("office"), **settings) as running:
        yield running


@pytest.mark.parametrize("language", ["en", "ko"])
def test_people_come_by_the_button_and_are_told_why_not(
    open_window: Callable[..., Window], site: Server, provider: IdentityProvider, language: str
) -> None:
    window, inspector = arrive(open_window, language=language)
    window.expect_console("404")  # the provider has no page of its own
    page = window.page
    provider.person = {"sub": f"mina {language}", "email": f"mina.{language}@example.org", "name": "Mina"}
    page.goto("/documents")
    button = page.get_by_role("link", name=window.t("sign_on.with", name="Office"))
    button.click()
    expect(page.get_by_role("alert")).to_contain_text(window.t("error.ADDRESS_NOT_VERIFIED"))
    inspector.look("the organisation's button, and why it did not let anybody in")
    assert inspector.found == []

    provider.person["email_verified"] = True
    button.click()
    expect(page).to_have_url(f"{site.url}/documents")
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()

    page.get_by_role("button", name=window.t("settings.title")).click()
    page.get_by_role("dialog").get_by_role("button", name=window.t("settings.sign_out")).click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/office/sign-out")
    window.urls = [url for url in window.urls if not url.startswith(provider.issuer)]
