"""One person with two tabs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.support.filling import fill_conversation
from tests.e2e.window import PASSWORD, Window
from tests.fakes.scripted_model import Script, ScriptedModel, WaitFor, spoken
from tests.services.likeopt import Server

TITLE = "The log of the lighthouse"


@pytest.fixture(scope="module")
def site(modelled_site: Server) -> Server:
    return modelled_site


@pytest.fixture
def tabs(open_window: Callable[..., Window], site: Server, language: str) -> tuple[Window, Window]:
    """Two tabs of one person, both in front of the same conversation."""
    one = open_window(language=language)
    one.email = one.register()
    path = "/chat/" + fill_conversation(site.data_dir, one.email, 4, TITLE)
    two = one.another_tab()
    for tab in (one, two):
        tab.page.goto(path)
        expect(tab.messages("assistant")).to_have_count(2)
        expect(entry(tab, TITLE)).to_be_visible()
    return one, two


def entry(window: Window, title: str) -> Locator:
    return window.page.get_by_test_id("conversation").filter(has_text=title)


def choose(window: Window, title: str, key: str) -> None:
    entry(window, title).hover()
    window.button("conversation.menu", title=title).click()
    window.page.get_by_role("menuitem", name=window.t(key), exact=True).click()


def test_a_conversation_that_is_renamed_and_pinned_in_one_tab_is_so_in_the_other(tabs: tuple[Window, Window]) -> None:
    one, two = tabs
    choose(one, TITLE, "conversation.rename")
    field = one.page.get_by_role("textbox", name=one.t("conversation.rename"))
    field.fill("등대 일지")
    field.press("Enter")
    expect(entry(two, "등대 일지")).to_be_visible()
    expect(two.page.get_by_role("heading", name="등대 일지")).to_be_visible()
    choose(two, "등대 일지", "conversation.pin")
    expect(one.page.get_by_role("heading", name=one.t("conversation.pinned"))).to_be_visible()


@pytest.mark.parametrize("language", ["ko"])
def test_a_conversation_that_is_deleted_goes_from_both_and_comes_back_to_both(tabs: tuple[Window, Window]) -> None:
    one, two = tabs
    two.expect_console("status of 404")
    choose(one, TITLE, "conversation.delete")
    expect(entry(two, TITLE)).to_have_count(0)
    one.button("action.undo").click()
    for tab in tabs:
        expect(entry(tab, TITLE)).to_be_visible()
    expect(two.messages("assistant")).to_have_count(2)

    choose(one, TITLE, "conversation.delete")
    expect(two.page.get_by_role("alert")).to_contain_text(two.t("error.CONVERSATION_NOT_FOUND"))
    expect(entry(two, TITLE)).to_have_count(0)
    two.page.get_by_role("main").get_by_role("link", name=two.t("frame.new_chat")).click()
    expect(two.composer).to_be_focused()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_asked_in_one_tab_is_said_in_the_other(tabs: tuple[Window, Window], model: ScriptedModel) -> None:
    one, two = tabs
    model.scripts[:] = [Script.answer("Four litres.")]
    two.composer.fill("Half a question of my own")
    one.ask("How much diesel?")
    expect(two.messages("assistant").last).to_contain_text("Four litres.")
    expect(two.messages("user").last).to_contain_text("How much diesel?")
    expect(two.composer).to_have_value("Half a question of my own")
    one.page.goto("/")
    one.ask("What begins here?")
    expect(entry(two, "What begins here?")).to_be_visible()


def test_the_same_conversation_asked_in_both_tabs_at_once_holds_both(
    tabs: tuple[Window, Window], model: ScriptedModel
) -> None:
    one, two = tabs
    go_on = threading.Event()
    model.requests.clear()
    model.scripts[:] = [
        Script([spoken("The first "), WaitFor(go_on), spoken("answer.")]),
        Script.answer("The second answer."),
    ]
    first = one.send("The first question?")
    expect(first).to_contain_text("The first")
    second = two.send("The second question?")
    expect(second).to_have_attribute("data-status", "complete")
    expect(first).to_have_attribute("data-status", "streaming")
    go_on.set()
    expect(first).to_have_attribute("data-status", "complete")
    for _ in range(2):
        for tab in tabs:
            expect(tab.messages("user")).to_have_count(4)
            expect(tab.messages("user").nth(2)).to_contain_text("The first question?")
            expect(tab.messages("assistant").nth(2)).to_contain_text("The first answer.")
            expect(tab.messages("user").nth(3)).to_contain_text("The second question?")
            expect(tab.messages("assistant").nth(3)).to_contain_text("The second answer.")
        for tab in tabs:
            tab.page.reload()


def test_whoever_signs_out_in_one_tab_is_out_in_the_other(tabs: tuple[Window, Window]) -> None:
    one, _ = tabs
    one.settings().get_by_role("button", name=one.t("settings.sign_out")).click()
    for tab in tabs:
        expect(tab.page.get_by_role("heading", name=tab.t("sign_in.title.sign_in"))).to_be_visible()
        expect(tab.page.get_by_text(TITLE)).to_have_count(0)
    one.page.get_by_label(one.t("sign_in.email"), exact=True).fill(one.email)
    one.page.get_by_label(one.t("sign_in.password"), exact=True).fill(PASSWORD)
    one.button("sign_in.submit.sign_in").click()
    for tab in tabs:
        expect(entry(tab, TITLE)).to_be_visible()


@pytest.mark.parametrize("language", ["ko"])
def test_signing_in_again_in_one_tab_is_enough_for_both(tabs: tuple[Window, Window]) -> None:
    one, _ = tabs
    one.expect_console("status of 401")
    for tab in tabs:
        tab.page.wait_for_load_state("networkidle")
    one.end_session()
    for tab in tabs:
        tab.composer.fill(f"Mine, {id(tab)}")
        tab.composer.press("Enter")
    dialogs = [tab.page.get_by_role("dialog", name=tab.t("session.expired")) for tab in tabs]
    for tab, dialog in zip(tabs, dialogs, strict=True):
        expect(dialog).to_be_visible()
        expect(tab.composer).to_have_value(f"Mine, {id(tab)}")
    dialogs[0].get_by_label(one.t("sign_in.password"), exact=True).fill(PASSWORD)
    dialogs[0].get_by_role("button", name=one.t("sign_in.submit.sign_in")).click()
    for tab, dialog in zip(tabs, dialogs, strict=True):
        expect(dialog).to_have_count(0)
        expect(tab.composer).to_have_value(f"Mine, {id(tab)}")


def test_language_and_theme_follow(tabs: tuple[Window, Window]) -> None:
    one, two = tabs
    one.settings().get_by_text(one.t("theme.dark"), exact=True).click()
    expect(two.page.locator("html")).to_have_attribute("data-theme", "dark")
    one.page.get_by_role("dialog").get_by_text("한국어", exact=True).click()
    expect(two.page.locator("html")).to_have_attribute("lang", "ko")
    two.language = "ko"
    expect(two.page.get_by_role("link", name=two.t("frame.documents")).first).to_be_visible()
    expect(two.composer).to_be_visible()
