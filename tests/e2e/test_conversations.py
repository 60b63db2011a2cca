"""The list of conversations, and the account that they belong to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import PASSWORD, Window

FIRST, SECOND = "When was the lighthouse lit?", "How much diesel does the generator burn?"


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A person with two conversations."""
    window = open_window()
    window.email = window.register()
    window.add("english.pdf")
    for question in (FIRST, SECOND):
        window.page.goto("/")
        window.ask(question)
    return window


def entry(window: Window, title: str) -> Locator:
    return window.page.get_by_test_id("conversation").filter(has_text=title)


def choose(window: Window, title: str, key: str) -> None:
    entry(window, title).hover()
    window.button("conversation.menu", title=title).click()
    window.page.get_by_role("menuitem", name=window.t(key), exact=True).click()


def test_conversations_are_listed_newest_first_and_opened(window: Window) -> None:
    expect(window.page.get_by_test_id("conversation").locator("a")).to_have_text([SECOND, FIRST])
    entry(window, FIRST).locator("a").click()
    expect(window.messages("assistant")).to_contain_text("1872")
    window.page.reload()
    expect(window.messages("assistant")).to_contain_text("1872")
    expect(window.messages("assistant").get_by_test_id("citation")).to_have_count(1)
    window.page.go_back()
    expect(window.messages("assistant")).to_contain_text("four litres")


def test_a_long_conversation_opens_at_its_end_and_a_new_question_goes_there(window: Window) -> None:
    latest = window.page.get_by_role("button", name=window.t("message.latest"))
    for question in (FIRST, "What does the keeper write into the log?", "Where do the stores for ninety days lie?"):
        window.ask(question)
    window.page.set_viewport_size({"width": 800, "height": 420})
    window.page.reload()
    expect(window.messages("assistant").last).to_contain_text("in the cellar")
    expect(window.button("message.again").last).to_be_in_viewport()
    expect(latest).to_have_count(0)
    window.messages("user").first.scroll_into_view_if_needed()
    expect(latest).to_be_visible()
    window.ask("How far does the beam reach?")
    expect(window.button("message.again").last).to_be_in_viewport()


def test_search_finds_conversations_by_what_was_said(window: Window) -> None:
    window.page.keyboard.press("Escape")
    window.page.get_by_role("heading", name=SECOND).click()
    window.page.keyboard.press("/")
    search = window.page.get_by_role("searchbox", name=window.t("conversation.search"))
    expect(search).to_be_focused()
    search.fill("Marten Point")
    expect(window.page.get_by_test_id("conversation").locator("a")).to_have_text([FIRST])
    search.fill("nothing has this in it")
    expect(window.page.get_by_text(window.t("conversation.nothing_found"))).to_be_visible()


def test_a_conversation_is_renamed_and_pinned_for_good(window: Window) -> None:
    choose(window, FIRST, "conversation.rename")
    field = window.page.get_by_role("textbox", name=window.t("conversation.rename"))
    field.fill("등대 이야기")
    with window.page.expect_response(lambda response: response.request.method == "PATCH"):
        field.press("Enter")
    with window.page.expect_response(lambda response: response.request.method == "PATCH"):
        choose(window, "등대 이야기", "conversation.pin")
    for _ in range(2):
        expect(window.page.get_by_role("heading", name=window.t("conversation.pinned"))).to_be_visible()
        expect(window.page.get_by_test_id("conversation").locator("a")).to_have_text(["등대 이야기", SECOND])
        window.page.reload()


def test_deleting_can_be_taken_back_and_otherwise_lasts(window: Window) -> None:
    choose(window, FIRST, "conversation.delete")
    expect(entry(window, FIRST)).to_have_count(0)
    window.button("action.undo").click()
    expect(entry(window, FIRST)).to_have_count(1)

    choose(window, SECOND, "conversation.delete")  # the one that is open
    expect(window.page.get_by_role("heading", name=window.t("welcome.title"))).to_be_visible()
    with window.page.expect_response(lambda response: response.request.method == "DELETE"):
        pass  # carried out once it can no longer be taken back
    window.page.reload()
    expect(window.page.get_by_test_id("conversation").locator("a")).to_have_text([FIRST])


def test_signing_out_shows_nothing_and_signing_in_brings_all_back(window: Window) -> None:
    page = window.page
    window.settings().get_by_role("button", name=window.t("settings.sign_out")).click()
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()
    page.goto("/documents")
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()

    window.expect_console("status of 401")
    page.get_by_label(window.t("sign_in.email"), exact=True).fill(window.email)
    password = page.get_by_label(window.t("sign_in.password"), exact=True)
    password.fill("not the password")
    window.button("sign_in.submit.sign_in").click()
    expect(page.get_by_role("alert")).to_contain_text(window.t("error.WRONG_CREDENTIALS"))
    password.fill(PASSWORD)
    password.press("Enter")
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()  # where one had wanted to go
    expect(window.row("english")).to_be_visible()
    expect(page.get_by_test_id("conversation").locator("a")).to_have_text([SECOND, FIRST])


def test_another_account_sees_nothing_of_it(window: Window, open_window: Callable[..., Window]) -> None:
    other = open_window()
    other.register("Jiho")
    other.expect_console("status of 404")
    other.page.goto(window.page.url)
    expect(other.page.get_by_role("alert")).to_contain_text(other.t("error.CONVERSATION_NOT_FOUND"))
    expect(other.page.get_by_test_id("conversation")).to_have_count(0)
    other.page.goto("/documents")
    expect(other.page.get_by_text(other.t("documents.none"))).to_be_visible()


def test_a_session_that_ended_asks_to_sign_in_over_the_page(window: Window) -> None:
    window.expect_console("status of 401")
    page = window.page
    window.end_session()
    window.composer.fill("Still here?")
    window.composer.press("Enter")
    dialog = page.get_by_role("dialog", name=window.t("session.expired"))
    dialog.get_by_label(window.t("sign_in.password"), exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name=window.t("sign_in.submit.sign_in")).click()
    expect(dialog).to_have_count(0)
    expect(window.composer).to_have_value("Still here?")
    window.composer.press("Enter")
    expect(window.messages("assistant").nth(1)).to_have_attribute("data-status", "complete")
