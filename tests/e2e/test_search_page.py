"""The search page: passages themselves, with why each was found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Request, Route, expect

from tests.e2e.window import Window

WORDS = {"en": "generator diesel", "ko": "도서관은 일요일"}


@pytest.fixture
def window(open_window: Callable[..., Window], language: str) -> Window:
    """A person with a document in each language."""
    window = open_window(language=language)
    window.register()
    window.add("english.pdf", "korean.pdf")
    return window


def field(window: Window) -> Locator:
    return window.page.get_by_role("searchbox", name=window.t("search.label"))


def hits(window: Window) -> Locator:
    return window.page.get_by_test_id("hit")


def titles(window: Window) -> Locator:
    return hits(window).locator(".hit-open")


def choose_mode(window: Window, mode: str) -> None:
    window.page.get_by_role("radio", name=window.t(f"search.mode.{mode}"), exact=True).locator("xpath=..").click()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_passages_are_found_with_their_words_marked_and_why(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    window.add("english.pdf", "korean.pdf")
    page = window.page
    page.goto("/")
    page.get_by_role("link", name=window.t("search.title"), exact=True).click()
    expect(page.get_by_role("heading", name=window.t("search.hints"))).to_be_visible()
    expect(field(window)).to_be_focused()
    page.keyboard.type(WORDS[language])
    first = hits(window).first
    expect(first.locator("mark").first).to_have_text(re.compile("generator|diesel|도서관|일요일"))
    rank = window.t("rank.one", rank=1)
    expect(first.get_by_test_id("why")).to_have_text(window.t("search.why_both", words=rank, meaning=rank))
    expect(first.locator(".hit-place")).to_contain_text(re.compile(r"Page \d|\d쪽"))
    expect(page).to_have_title(f"{WORDS[language]} · Like-Opt")
    expect(page).to_have_url(re.compile(re.escape(f"/search?q={quote(WORDS[language]).replace('%20', '+')}")))
    summary = page.locator(".search-summary")
    expect(summary).to_contain_text(re.compile(r"\d (ms|passage)|\dms"))
    choose_mode(window, "bm25")
    expect(first.get_by_test_id("why")).to_have_text(window.t("search.why_words", words=rank))
    choose_mode(window, "vector")
    expect(first.get_by_test_id("why")).to_have_text(window.t("search.why_meaning", meaning=rank))


def test_a_search_is_an_address_that_can_be_shared_and_gone_back_from(window: Window) -> None:
    page = window.page
    page.goto("/search?q=ninety+days&mode=bm25")
    expect(field(window)).to_have_value("ninety days")
    expect(page.get_by_role("radio", name=window.t("search.mode.bm25"), exact=True)).to_be_checked()
    expect(hits(window).first).to_contain_text("ninety days")
    field(window).fill("diesel")
    expect(hits(window).first).to_contain_text("diesel")
    field(window).press("Enter")
    choose_mode(window, "hybrid")
    expect(page).to_have_url(re.compile(r"/search\?q=diesel$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"q=diesel&mode=bm25$"))
    expect(page.get_by_role("radio", name=window.t("search.mode.bm25"), exact=True)).to_be_checked()
    page.go_back()
    expect(field(window)).to_have_value("ninety days")
    expect(hits(window).first).to_contain_text("ninety days")
    page.go_forward()
    expect(field(window)).to_have_value("diesel")


def test_a_result_opens_beside_the_list_and_is_marked_in_its_page(window: Window) -> None:
    page = window.page
    page.goto("/search?q=generator+diesel")
    titles(window).first.click()
    panel = page.get_by_test_id("source-panel")
    expect(panel.get_by_test_id("source-quote").first).to_have_text("generator")
    expect(panel.locator('[aria-busy="true"]')).to_have_count(0)
    expect(titles(window).first).to_have_attribute("aria-expanded", "true")
    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator(".pdf-marks i").first).to_be_in_viewport()
    panel.get_by_role("button", name=window.t("source.close")).click()
    expect(panel).to_have_count(0)
    expect(titles(window).first).to_be_focused()
    hits(window).first.get_by_role("link", name=window.t("search.document")).click()
    expect(page).to_have_url(re.compile("/documents/"))
    expect(page.get_by_text("supply boat Halcyon")).to_be_visible()


@pytest.mark.parametrize(("language", "words"), [("en", "keeper log boat"), ("ko", "도서관 책 등대")])
def test_all_of_it_works_by_the_keyboard_alone(window: Window, words: str) -> None:
    page = window.page
    page.goto("/search")
    expect(field(window)).to_be_focused()
    page.keyboard.type(words)
    expect(hits(window).nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(titles(window).first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(titles(window).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_test_id("source-panel")
    expect(panel.get_by_role("heading").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(titles(window).nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field(window)).to_be_focused()


def test_a_passage_is_asked_about_in_a_new_chat(window: Window) -> None:
    page = window.page
    page.goto("/search?q=How+much+diesel")
    title = titles(window).first.inner_text()
    hits(window).first.get_by_role("button", name=window.t("search.ask")).click()
    expect(window.composer).to_have_value(window.t("search.ask_draft", title=title, query="How much diesel"))
    window.composer.press("Enter")
    answer = window.messages("assistant").first
    expect(answer).to_have_attribute("data-status", "complete", timeout=60_000)
    expect(answer).to_contain_text("litres")


def test_nothing_found_offers_to_search_more_widely(window: Window) -> None:
    page = window.page
    assert page.context.request.post("/api/v1/collections", data={"name": "Empty"}).status == 201
    page.goto("/search?q=xylophone&mode=bm25")
    expect(page.get_by_role("heading", name=window.t("search.nothing", query="xylophone"))).to_be_visible()
    page.get_by_label(window.t("collection.label"), exact=True).select_option(label="Empty")
    expect(page).to_have_url(re.compile("collection="))
    window.button("search.try_everywhere").click()
    expect(page).not_to_have_url(re.compile("collection="))
    window.button("search.try_both").click()
    rank = window.t("rank.one", rank=1)
    expect(hits(window).first.get_by_test_id("why")).to_have_text(window.t("search.why_meaning_alone", meaning=rank))


def test_somebody_without_documents_is_led_to_them(open_window: Callable[..., Window]) -> None:
    window = open_window(language="ko")
    window.register()
    window.page.goto("/search")
    expect(window.page.get_by_role("heading", name=window.t("search.no_documents"))).to_be_visible()
    window.page.locator("#main").get_by_role("link", name=window.t("upload.add")).click()
    expect(window.page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()


def test_a_search_that_fails_says_so_and_is_tried_again(window: Window) -> None:
    page = window.page
    window.expect_console("status of 503")
    envelope = {"success": False, "message": "", "error": "", "error_code": "SEARCH_UNAVAILABLE", "request_id": "r-123"}
    page.route("**/api/v1/search?*", lambda route: route.fulfill(status=503, json=envelope), times=1)
    page.goto("/search?q=diesel")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(window.t("error.SEARCH_UNAVAILABLE"))
    expect(alert).to_contain_text("r-123")
    window.button("action.retry").click()
    expect(hits(window).first).to_be_visible()
    expect(alert).to_have_count(0)


def test_a_panel_whose_code_does_not_come_says_so_and_is_opened_the_next_time(window: Window) -> None:
    page = window.page
    window.expect_console("ERR_FAILED")
    page.route("**/static/source.*.js", lambda route: route.abort())
    page.goto("/search?q=diesel")
    titles(window).first.click()
    notice = page.get_by_test_id("notice").filter(has_text=window.t("error.UNREACHABLE"))
    expect(notice).to_be_visible()
    expect(titles(window).first).to_have_attribute("aria-expanded", "false")
    page.unroute_all()
    titles(window).first.click()
    expect(page.get_by_test_id("source-panel").get_by_test_id("source-quote").first).to_be_visible()


def test_a_branch_that_did_not_answer_is_said(window: Window) -> None:
    def without_meaning(route: Route) -> None:
        answer = json.loads(route.fetch(url=route.request.url.replace("hybrid", "bm25")).text())
        route.fulfill(json={**answer, "degraded": ["vector"]})

    window.page.route("**/api/v1/search?*", without_meaning)
    window.page.goto("/search?q=diesel")
    expect(window.page.get_by_text(window.t("search.degraded.vector"))).to_be_visible()
    # That it was not found by meaning would be no news: meaning was not searched.
    rank = window.t("rank.one", rank=1)
    expect(hits(window).first.get_by_test_id("why")).to_have_text(window.t("search.why_words", words=rank))


def test_what_is_typed_meanwhile_ends_the_search_before(window: Window) -> None:
    page = window.page
    held: list[Route] = []
    ended: list[Request] = []
    page.on("requestfailed", lambda request: ended.append(request))
    page.route(re.compile(r"/search\?q=dies&"), lambda route: held.append(route))
    page.goto("/search?q=dies")
    expect(page.locator(".skeleton-lines").first).to_be_attached()
    field(window).fill("diesel")
    expect(hits(window).first).to_contain_text("diesel")
    assert [request.failure for request in ended] == ["net::ERR_ABORTED"]
    assert len(held) == 1


def test_more_passages_follow_below_the_first_ones(window: Window) -> None:
    page = window.page
    others = (
        "book.epub",
        "minutes.utf16.txt",
        "report.hwpx",
        "workshop.docx",
        "bread.html",
        "slides.pptx",
        "prices.csv",
    )
    window.add("garden.md", "manual.rst", *others)
    page.goto("/search?q=the+work&mode=vector")
    expect(hits(window)).to_have_count(10)
    expect(page.get_by_text(window.t("search.best_other", count=10))).to_be_visible()
    first = titles(window).all_inner_texts()
    page.get_by_role("button", name=window.t("search.more")).click()
    expect(hits(window).nth(10)).to_be_visible()
    assert titles(window).all_inner_texts()[:10] == first
    expect(page).to_have_url(re.compile("k=25"))


def test_typing_is_not_counted_as_visits_to_the_page(window: Window) -> None:
    page = window.page
    page.add_init_script(
        """navigator.sendBeacon = (address, blob) => {
          blob.text().then((text) => { window.told = JSON.parse(text).metrics.map(({ name }) => name); });
          return true;
        };"""
    )
    page.goto("/search")
    for text in ("generator", "diesel"):
        field(window).fill(text)
        expect(hits(window).first.locator("mark").first).to_have_text(text)
    page.wait_for_function(
        """() => {
          Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
          return window.told;
        }"""
    )
    told = page.evaluate("window.told")
    assert told.count("page:search") == 1
    assert told.count("api:/search") >= 2
