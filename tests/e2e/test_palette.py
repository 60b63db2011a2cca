"""The command palette and the keys that work on every page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import Window
from tests.services.client import EMAIL, PASSWORD

QUESTION = "How much diesel does the generator burn?"


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A person with a document and a conversation about it."""
    window = open_window()
    window.register()
    window.add("english.pdf")
    window.page.goto("/")
    window.ask(QUESTION)
    return window


def palette(window: Window) -> Locator:
    return window.page.get_by_role("dialog", name=window.t("palette.title"))


def field(window: Window) -> Locator:
    return window.page.get_by_role("combobox", name=window.t("palette.title"))


def open_palette(window: Window) -> Locator:
    expect(window.page.get_by_role("button", name=window.t("palette.open"))).to_be_visible()  # the page listens by now
    window.page.keyboard.press("Control+k")
    expect(field(window)).to_be_focused()
    return palette(window)


def option(window: Window, name: str | re.Pattern[str]) -> Locator:
    return palette(window).get_by_role("option", name=name)


def chosen(window: Window) -> Locator:
    """Return the option that the field points at, as assistive technology is told."""
    active = field(window).get_attribute("aria-activedescendant")
    assert active
    return window.page.locator(f"#{active}")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_is_reached_by_the_keyboard_alone(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    page.goto("/documents")
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()
    open_palette(window)
    expect(chosen(window)).to_have_text(window.t("frame.new_chat"))
    page.keyboard.press("ArrowDown")
    expect(chosen(window)).to_have_text(window.t("search.title"))
    expect(chosen(window)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(palette(window)).to_have_count(0)
    expect(page.get_by_role("searchbox", name=window.t("search.label"))).to_be_focused()
    open_palette(window)
    page.keyboard.press("ArrowUp")  # from the first to the last
    expect(chosen(window)).to_have_text(window.t("settings.sign_out"))
    page.keyboard.type(window.t("frame.new_chat"))
    expect(chosen(window)).to_have_text(window.t("frame.new_chat"))
    page.keyboard.press("Enter")
    expect(window.composer).to_be_focused()


def test_the_button_shows_its_keys_and_the_focus_goes_back_to_it(window: Window) -> None:
    page = window.page
    button = page.get_by_role("button", name=window.t("palette.open"))
    expect(button).to_contain_text("CtrlK")
    expect(button).to_have_attribute("aria-keyshortcuts", "Control+K")
    button.click()
    expect(field(window)).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette(window)).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    expect(field(window)).to_be_focused()
    page.keyboard.press("Control+k")
    expect(palette(window)).to_have_count(0)


def test_chats_and_documents_are_found_and_opened(window: Window) -> None:
    page = window.page
    page.goto("/")
    open_palette(window)
    expect(option(window, re.compile(re.escape(QUESTION)))).to_be_visible()  # a recent one
    field(window).fill("four litres")  # said in the answer
    option(window, re.compile(re.escape(QUESTION))).click()
    expect(page).to_have_url(re.compile("/chat/"))
    expect(window.messages("assistant")).to_contain_text("four litres")
    open_palette(window)
    field(window).fill("english")
    expect(palette(window).get_by_role("group", name=window.t("documents.title"))).to_contain_text("english")
    palette(window).get_by_role("group", name=window.t("documents.title")).get_by_role("option").click()
    expect(page).to_have_url(re.compile("/documents/"))
    expect(page.get_by_text("supply boat Halcyon")).to_be_visible()


def test_what_was_typed_is_searched_in_the_passages(window: Window) -> None:
    page = window.page
    open_palette(window)
    page.keyboard.type("supply boat")
    expect(chosen(window)).to_have_text(window.t("palette.passages", query="supply boat"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=supply\+boat"))
    expect(page.get_by_test_id("hit").first).to_contain_text("supply boat")


def test_enter_that_ends_a_korean_syllable_chooses_nothing(open_window: Callable[..., Window]) -> None:
    window = open_window(language="ko")
    window.register()
    window.page.goto("/documents")
    open_palette(window)
    keyboard = window.context.new_cdp_session(window.page)
    for text in ("ㅅ", "서", "설"):
        keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": 1, "selectionEnd": 1})
    expect(chosen(window)).to_have_text(window.t("settings.title"))
    window.page.keyboard.press("Enter")
    expect(field(window)).to_be_focused()
    expect(window.page.get_by_role("dialog", name=window.t("settings.title"))).to_have_count(0)
    keyboard.send("Input.insertText", {"text": "설정"})
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("dialog", name=window.t("settings.title"))).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_theme_and_language_change_at_once(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    page.goto("/")
    open_palette(window)
    page.keyboard.type(window.t("theme.dark"))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    other, name = {"en": ("ko", "한국어"), "ko": ("en", "English")}[language]
    open_palette(window)
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", other)
    window.language = other
    expect(page.get_by_role("button", name=window.t("palette.open"))).to_be_visible()
    open_palette(window)
    expect(option(window, window.t("palette.theme", theme=window.t("theme.light")))).to_be_visible()
    expect(option(window, window.t("palette.theme", theme=window.t("theme.dark")))).to_have_count(0)


def test_the_conversation_is_exported_where_there_is_one(window: Window) -> None:
    page = window.page
    open_palette(window)
    page.keyboard.type("export markdown")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert QUESTION in download.value.path().read_text("utf-8")
    page.goto("/documents")
    open_palette(window)
    page.keyboard.type("export markdown")
    expect(chosen(window)).to_have_text(window.t("palette.passages", query="export markdown"))


def test_signing_out_from_the_palette(window: Window) -> None:
    open_palette(window)
    window.page.keyboard.type("log out")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()


def test_a_search_that_fails_leaves_the_rest_of_the_palette(window: Window) -> None:
    window.expect_console("status of 500")
    window.page.route("**/api/v1/documents?q=*", lambda route: route.fulfill(status=500, json={}))
    open_palette(window)
    window.page.keyboard.type("settings")
    expect(palette(window).get_by_text(window.t("palette.failed"))).to_be_visible()
    expect(chosen(window)).to_have_text(window.t("settings.title"))


def test_another_dialog_is_ended_before_the_palette_opens(window: Window) -> None:
    settings = window.settings()
    window.page.keyboard.press("Control+k")
    expect(settings).to_be_visible()
    expect(palette(window)).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_all_keys_are_listed_and_found_from_three_places(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    page.goto("/documents")
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()
    dialog = page.get_by_role("dialog", name=window.t("shortcuts.title"))
    page.keyboard.press("?")
    expect(dialog).to_contain_text(window.t("shortcut.stop"))
    expect(dialog.locator("kbd").first).to_have_text("Ctrl")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    open_palette(window)
    page.keyboard.type(window.t("shortcuts.title"))
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    window.settings().get_by_role("button", name=window.t("shortcuts.title")).click()
    expect(dialog).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_single_keys_can_be_switched_off_for_good(window: Window) -> None:
    page = window.page
    page.goto("/documents")
    expect(window.row("english")).to_be_visible()
    dialog = page.get_by_role("dialog", name=window.t("shortcuts.title"))
    page.keyboard.press("?")
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(window.row("english")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("/")
    open_palette(window)  # nothing stood in its way
    expect(dialog).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox", name=window.t("conversation.search"))).not_to_be_focused()


def test_what_is_typed_into_a_question_opens_nothing(window: Window) -> None:
    window.composer.press_sequentially("Really? and/or")
    expect(window.composer).to_have_value("Really? and/or")
    expect(window.page.get_by_role("dialog")).to_have_count(0)


def test_administrators_alone_are_offered_the_performance_page(
    window: Window, open_window: Callable[..., Window]
) -> None:
    open_palette(window)
    expect(option(window, window.t("frame.documents"))).to_be_visible()
    expect(option(window, window.t("frame.performance"))).to_have_count(0)
    administrator = open_window(language="ko")
    signing_in = {"email": EMAIL, "password": PASSWORD}
    assert administrator.context.request.post("/api/v1/auth/login", data=signing_in).ok
    administrator.page.goto("/")
    open_palette(administrator)
    administrator.page.keyboard.type("performance")
    administrator.page.keyboard.press("Enter")
    expect(administrator.page).to_have_url(re.compile("/performance$"))
