"""What is shown at once is taken back when the server refuses or is away, and nothing typed is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.support.filling import fill_conversation
from tests.e2e.window import DOCUMENTS, PASSWORD, Window
from tests.services.likeopt import Server

Fails = Callable[[str], re.Pattern[str]]
TITLE = "The log of the lighthouse"
REFUSED = {"success": False, "message": "no", "error": "no", "error_code": "INTERNAL_ERROR", "request_id": "req-17"}


def refuse(route: Route) -> None:
    route.fulfill(status=500, content_type="application/json", body=json.dumps(REFUSED))


def lose(route: Route) -> None:
    route.abort()


@pytest.fixture
def window(open_window: Callable[..., Window], site: Server, language: str) -> Window:
    """A person in front of a conversation."""
    window = open_window(language=language)
    window.email = window.register()
    window.page.goto("/chat/" + fill_conversation(site.data_dir, window.email, 4, TITLE))
    expect(window.messages("assistant")).to_have_count(2)
    expect(entry(window, TITLE)).to_be_visible()
    return window


@pytest.fixture(params=[refuse, lose], ids=["refused", "away"])
def fails(request: pytest.FixtureRequest, window: Window) -> Fails:
    """Have what matches fail from now on; returns what the page says then, with the request where there was one."""
    window.expect_console("status of 500|ERR_FAILED")
    words = [window.t("error.INTERNAL_ERROR"), window.t("error.request_id", id="req-17")]
    if request.param is lose:
        words = [window.t("error.UNREACHABLE")]

    def fail(pattern: str) -> re.Pattern[str]:
        window.page.route(pattern, request.param)
        return re.compile(r"\s*".join(re.escape(part) for part in words))

    return fail


def entry(window: Window, title: str) -> Locator:
    return window.page.get_by_test_id("conversation").filter(has_text=title)


def choose(window: Window, title: str, key: str) -> None:
    entry(window, title).hover()
    window.button("conversation.menu", title=title).click()
    window.page.get_by_role("menuitem", name=window.t(key), exact=True).click()


def name_field(window: Window) -> Locator:
    choose(window, TITLE, "conversation.rename")
    return window.page.get_by_role("textbox", name=window.t("conversation.rename"))


def rename(window: Window, title: str) -> None:
    field = name_field(window)
    field.fill(title)
    field.press("Enter")


def notice(page: Page) -> Locator:
    return page.get_by_test_id("notice")


def test_a_name_goes_back(window: Window, fails: Fails) -> None:
    said = fails("**/api/v1/conversations/*")
    rename(window, "Another name")
    expect(notice(window.page)).to_contain_text(said)
    expect(entry(window, TITLE)).to_be_visible()
    expect(window.page.get_by_role("heading", name=TITLE)).to_be_visible()
    window.page.unroute_all()
    rename(window, "Another name")
    expect(entry(window, "Another name")).to_be_visible()


def test_a_pin_goes_back(window: Window, fails: Fails) -> None:
    said = fails("**/api/v1/conversations/*")
    choose(window, TITLE, "conversation.pin")
    expect(notice(window.page)).to_contain_text(said)
    expect(window.page.get_by_role("heading", name=window.t("conversation.pinned"))).to_have_count(0)
    expect(entry(window, TITLE)).to_be_visible()


def test_what_could_not_be_deleted_comes_back(window: Window, fails: Fails) -> None:
    said = fails("**/api/v1/conversations/*")
    choose(window, TITLE, "conversation.delete")
    expect(entry(window, TITLE)).to_have_count(0)
    expect(notice(window.page).filter(has_text=said)).to_be_visible()
    expect(entry(window, TITLE)).to_be_visible()
    window.page.unroute_all()
    window.page.reload()
    expect(entry(window, TITLE)).to_be_visible()


def test_a_thumb_goes_back(window: Window, fails: Fails) -> None:
    said = fails("**/api/v1/feedback")
    thumb = window.messages("assistant").last.get_by_role("button", name=window.t("message.good"), exact=True)
    thumb.click()
    expect(notice(window.page)).to_contain_text(said)
    expect(thumb).to_have_attribute("aria-pressed", "false")
    window.page.unroute_all()
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")


def test_a_collection_that_could_not_be_made_says_so_where_it_was_named(window: Window, fails: Fails) -> None:
    window.page.goto("/documents")
    said = fails("**/api/v1/collections")
    window.button("collection.create").click()
    dialog = window.page.get_by_role("dialog")
    name = dialog.get_by_label(window.t("collection.name"))
    name.fill("Lamps")
    name.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(said)
    expect(name).to_have_value("Lamps")
    window.page.unroute_all()
    name.press("Enter")
    expect(dialog).to_have_count(0)
    expect(window.page.get_by_text("Lamps").first).to_be_attached()


# --- a session that ends meanwhile ----------------------------------------------------------------


def sign_in_again(window: Window) -> None:
    dialog = window.page.get_by_role("dialog", name=window.t("session.expired"))
    password = dialog.get_by_label(window.t("sign_in.password"), exact=True)
    password.fill("not the password")
    password.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(window.t("error.WRONG_CREDENTIALS"))
    password.fill(PASSWORD)
    dialog.get_by_role("button", name=window.t("sign_in.submit.sign_in")).click()
    expect(dialog).to_have_count(0)


def test_a_name_that_was_typed_as_the_session_ended_is_sent_after_signing_in(window: Window) -> None:
    window.expect_console("status of 401")
    field = name_field(window)
    window.end_session()
    field.fill("A name of my own")
    field.press("Enter")
    sign_in_again(window)
    expect(entry(window, "A name of my own")).to_be_visible()
    expect(notice(window.page)).to_have_count(0)
    window.page.reload()
    expect(entry(window, "A name of my own")).to_be_visible()


@pytest.mark.parametrize("language", ["ko"])
def test_an_edited_question_is_there_again_after_signing_in(window: Window) -> None:
    window.expect_console("status of 401")
    window.messages("user").last.hover()
    window.button("message.edit").last.click()
    editor = window.page.get_by_role("textbox", name=window.t("message.edit"))
    editor.fill("What did the keeper write, in his own words?")
    window.end_session()
    editor.press("Enter")
    sign_in_again(window)
    expect(editor).to_have_value("What did the keeper write, in his own words?")
    expect(window.messages("assistant")).to_have_count(2)
    editor.press("Enter")
    expect(window.messages("user").last).to_contain_text("in his own words?")
    expect(window.messages("assistant").last).to_have_attribute("data-status", "complete")
    expect(window.messages("user")).to_have_count(2)


@pytest.mark.parametrize("language", ["ko"])
def test_an_earlier_question_is_asked_anew_and_what_follows_goes_once_that_was_said(window: Window) -> None:
    page, first = window.page, window.messages("user").first
    first.hover()
    first.get_by_role("button", name=window.t("message.edit"), exact=True).press("Enter")
    editor = page.get_by_role("textbox", name=window.t("message.edit"))
    editor.fill("What did the first page say?")
    editor.press("Enter")
    dialog = page.get_by_role("dialog", name=window.t("replace.heading"))
    expect(dialog).to_contain_text(window.t("replace.text_other", count=2))
    going = dialog.get_by_role("list", name=window.t("replace.questions")).get_by_role("listitem")
    expect(going).to_have_text([window.messages("user").last.inner_text()])
    with page.expect_download() as saved:
        dialog.get_by_role("link", name=window.t("replace.save")).press("Enter")
    assert going.inner_text() in saved.value.path().read_text("utf-8")
    dialog.press("Escape")
    expect(dialog).to_have_count(0)
    expect(editor).to_have_value("What did the first page say?")
    expect(window.messages("assistant")).to_have_count(2)
    editor.press("Enter")
    with page.expect_request("**/api/v1/chat") as asked:
        dialog.get_by_role("button", name=window.t("replace.do")).press("Enter")
    assert asked.value.post_data_json["until"]
    expect(window.messages("assistant")).to_have_count(1)
    expect(window.messages("assistant")).to_have_attribute("data-status", "complete")
    page.reload()
    expect(window.messages("user")).to_have_text(["What did the first page say?"])
    expect(window.messages("assistant")).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_file_on_its_way_is_sent_after_signing_in(window: Window) -> None:
    window.expect_console("status of 401")
    window.end_session()
    window.drop(DOCUMENTS / "english.pdf")
    sign_in_again(window)
    sent = window.page.locator("[data-status=ready]").filter(has_text="english.pdf")
    expect(sent).to_be_visible(timeout=60_000)
    assert "english.pdf" in window.states()


# --- what leaves the page ------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_conversation_is_exported_from_its_menu(window: Window, tmp_path: Path) -> None:
    files = {}
    for key, form in (("conversation.export_md", "md"), ("conversation.export_json", "json")):
        with window.page.expect_download() as download:
            choose(window, TITLE, key)
        assert download.value.suggested_filename == f"{TITLE}.{form}"
        download.value.save_as(tmp_path / form)
        files[form] = (tmp_path / form).read_text("utf-8")
    lines = files["md"].splitlines()
    assert lines[0] == f"# {TITLE}"
    assert "> Question 3: what does the log say?" in lines
    assert any(line.startswith("Answer 4.") for line in lines)
    assert "[1] The log of Marten Point (p. 1, Fuel)" in files["md"]
    exported = json.loads(files["json"])
    assert exported["title"] == TITLE
    assert [message["role"] for message in exported["messages"]] == ["user", "assistant"] * 2
    assert exported["messages"][3]["citations"][0]["quote"] in exported["messages"][3]["sources"][0]["text"]


def test_an_answer_from_the_cache_is_asked_for_anew_right_beside_its_badge(window: Window) -> None:
    window.add("english.pdf")
    for _ in range(2):
        window.page.goto("/")
        answer = window.ask("How much diesel does the generator burn?")
    expect(answer.get_by_text(window.t("message.cached"))).to_be_visible()
    with window.page.expect_request("**/api/v1/chat") as asked:
        window.button("message.fresh").click()
    assert asked.value.post_data_json["use_cache"] is False
    expect(answer).to_have_attribute("data-status", "complete")
    expect(answer.get_by_text(window.t("message.cached"))).to_have_count(0)
    expect(answer).to_contain_text("four litres of diesel")
