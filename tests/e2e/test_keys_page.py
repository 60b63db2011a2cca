"""API keys in the settings: made, shown once, used by a program, revoked; and how to connect."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.test_accessibility import PHONE, arrive
from tests.e2e.window import Window

KEY = re.compile(r"lo_[A-Za-z0-9]{43}")


def status(window: Window, path: str, key: str) -> int:
    """Ask as a program would."""
    request = urllib.request.Request(window.url + path, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def opened(window: Window) -> Locator:
    window.page.goto("/settings/keys")
    expect(window.page.get_by_role("heading", name=window.t("keys.list"), exact=True)).to_be_visible()
    return window.page.locator("lo-key-form")


def made(window: Window, form: Locator, name: str) -> str:
    """Send the form, and return the key that is shown this once; whoever made it goes on."""
    form.get_by_label(window.t("keys.name"), exact=True).fill(name)
    window.button("keys.make").click()
    dialog = window.page.get_by_role("dialog")
    expect(dialog).to_contain_text(KEY)
    found = KEY.search(dialog.inner_text())
    assert found
    return found[0]


def test_a_key_is_shown_once_does_what_it_may_and_ends(window: Window) -> None:
    page = window.page
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form = opened(window)
    expect(page.get_by_text(window.t("keys.none"))).to_be_visible()
    form.get_by_role("checkbox", name=re.compile(f"^{window.t('keys.scope.ask')}")).uncheck()
    form.get_by_text(window.t("keys.collections_some")).click()
    form.get_by_role("checkbox", name="Documents", exact=True).check()
    key = made(window, form, "Nightly report")

    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Copy")).click()
    expect(page.get_by_role("dialog").get_by_role("button", name=re.compile("^Copy"))).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()  # nobody loses a key by accident
    window.button("keys.done").click()
    expect(page.get_by_role("heading", name=window.t("keys.list"), exact=True)).to_be_focused()

    row = page.get_by_test_id("api-key")
    expect(row).to_contain_text("Nightly report")
    expect(row).to_contain_text(key[:9])
    expect(row).to_contain_text("1 collection")
    assert (status(window, "/api/v1/documents", key), status(window, "/v1/models", key)) == (200, 403)
    page.reload()
    expect(row).to_contain_text("Last used")
    assert key not in page.content()

    row.get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name=window.t("keys.revoke"), exact=True).click()
    expect(page.get_by_text(window.t("keys.none"))).to_be_visible()
    assert status(window, "/api/v1/documents", key) == 401


def test_what_is_wrong_with_a_new_key_is_said_and_the_form_stays(window: Window) -> None:
    window.expect_console("status of 400")
    form = opened(window)
    for scope in ("read", "ask"):
        form.get_by_role("checkbox", name=re.compile(f"^{window.t(f'keys.scope.{scope}')}")).uncheck()
    form.get_by_label(window.t("keys.name"), exact=True).fill("Nothing at all")
    window.page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("Choose what the key may do")
    expect(form.get_by_label(window.t("keys.name"), exact=True)).to_have_value("Nothing at all")


def test_the_snippets_are_of_this_server_and_fit_together(window: Window) -> None:
    opened(window)
    texts = window.page.locator(".key-guide code").all_inner_texts()
    assert len(texts) == 4
    assert all(window.url in text for text in texts)
    for text in texts[2:]:
        assert list(json.loads(text)["mcpServers"]) == ["like-opt"]
    compile(texts[1], "snippet", "exec")


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_the_keys_keep_nobody_out(open_window: Callable[..., Window], language: str, options: dict[str, Any]) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    page = window.page
    window.register()
    form = opened(window)
    inspector.look("no keys")
    form.get_by_text(window.t("keys.collections_some")).click()
    form.get_by_role("checkbox", name="Documents", exact=True).check()
    made(window, form, "Report 보고서")
    inspector.look("a new key")
    window.button("keys.done").click()
    expect(page.get_by_test_id("api-key")).to_be_visible()
    inspector.look("a list of keys")
    page.get_by_test_id("api-key").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    inspector.look("a question")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert inspector.found == []
