"""Every page on a phone, in the dark, and without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.window import Window
from tests.services.client import EMAIL, PASSWORD

QUESTION = "How much diesel does the generator burn?"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def assert_fits(page: Page, what: str, *widths: int) -> None:
    """Nothing is wider than the screen: the page cannot be scrolled sideways, however narrow it is made."""
    for width in widths or (320, 360):
        page.set_viewport_size({"width": width, "height": 740})
        assert_fits_now(page, f"{what}, {width} wide")


def assert_fits_now(page: Page, what: str) -> None:
    wide = page.evaluate(
        """async () => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const width = document.documentElement.clientWidth;
          const scrolls = (element) => element && (['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
            ? element : scrolls(element.parentElement));
          return {
            page: document.documentElement.scrollWidth - width,
            scrollers: [...document.querySelectorAll('*')].filter((element) =>
              !element.closest('.table-scroll, pre, .sr-only, textarea') && element.clientWidth > 0 &&
              ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) &&
              element.scrollWidth > element.clientWidth + 1).map((element) => element.className),
          };
        }"""
    )
    assert wide == {"page": 0, "scrollers": []}, what


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_page_scrolls_sideways_on_a_phone(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language, **PHONE)
    page = window.page
    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()
    assert_fits(page, "signing in")
    window.register()
    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("welcome.no_documents"))).to_be_visible()
    assert_fits(page, "the empty chat")
    window.add("english.pdf", "korean.pdf")
    page.reload()
    expect(page.get_by_role("heading", name=window.t("welcome.title"))).to_be_visible()
    assert_fits(page, "the welcome")
    answer = window.ask(QUESTION)
    assert_fits(page, "an answer")
    panel = window.cite(answer)
    expect(panel.get_by_test_id("source-quote").first).to_be_in_viewport()
    assert_fits(page, "a source")
    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator(".pdf-marks i").first).to_be_in_viewport()
    assert_fits(page, "a page of a source")
    panel.get_by_role("button", name=window.t("source.close")).click()
    window.ask(LONG)
    assert_fits(page, "a word without end")
    window.button("frame.open_sidebar").click()
    expect(page.get_by_test_id("conversation").first).to_be_in_viewport()
    assert_fits(page, "the drawer")
    page.get_by_role("button", name=window.t("palette.open")).click()
    expect(page.get_by_role("combobox", name=window.t("palette.title"))).to_be_focused()
    page.keyboard.type(LONG)
    expect(page.get_by_role("option", name=LONG)).to_be_visible()
    assert_fits(page, "the palette")
    page.keyboard.press("Escape")
    window.settings().get_by_role("button", name=window.t("shortcuts.title")).click()
    expect(page.get_by_role("dialog", name=window.t("shortcuts.title"))).to_be_visible()
    assert_fits(page, "the shortcuts")
    page.keyboard.press("Escape")
    window.settings()
    assert_fits(page, "the settings")
    page.goto("/search")
    expect(page.get_by_role("heading", name=window.t("search.hints"))).to_be_visible()
    assert_fits(page, "the empty search")
    page.goto(f"/search?q=diesel+{LONG}")
    expect(page.get_by_test_id("hit").first).to_be_visible()
    assert_fits(page, "a search")
    page.get_by_test_id("hit").first.locator(".hit-open").click()
    expect(page.get_by_test_id("source-panel").get_by_test_id("source-quote").first).to_be_in_viewport()
    assert_fits(page, "a passage that was found")
    page.goto(f"/search?q={LONG}&mode=bm25")
    expect(page.get_by_text(window.t("search.nothing_lead"))).to_be_visible()
    assert_fits(page, "a search that finds nothing")
    page.goto("/documents")
    expect(window.row("english")).to_be_visible()
    assert_fits(page, "the documents")
    window.row("english").get_by_role("link").click()
    expect(page.get_by_text("supply boat Halcyon")).to_be_visible()
    assert_fits(page, "a document")
    page.goto("/performance")
    expect(page.get_by_role("heading", name=window.t("performance.refused"))).to_be_visible()
    assert_fits(page, "a page for administrators")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_page_of_administrators_scrolls_sideways(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language, **PHONE)
    page, request = window.page, window.context.request
    widths = (320, 360, 768, 1440)
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    made = request.post("/api/v1/collections", data={"name": uuid4().hex}).json()["data"]["id"]
    window.add("english.pdf", collection_id=made)
    hit = request.get("/api/v1/search", params={"q": "diesel", "collection_id": made}).json()["data"][0]
    question = {"collection_id": made, "text": QUESTION, "passage_ids": [hit["passage_id"]]}
    assert request.post("/api/v1/evaluation/questions", data=question).ok
    assert request.post("/api/v1/evaluation/runs", data={"collection_id": made, "mode": "bm25"}).ok
    assert request.post("/api/v1/keys", data={"name": LONG[:80], "scopes": ["read", "ask"], "expires_days": 90}).ok
    invited = request.post("/api/v1/invitations", data={"email": f"{'long' * 8}-{uuid4().hex[:20]}@example.org"}).json()
    page.goto("/performance?range=24h")
    expect(page.locator(".u-over").first).to_be_visible()
    assert_fits(page, "the charts", *widths)
    response = page.locator('[data-chart="response"]')
    response.get_by_role("button", name=window.t("chart.as_table")).click()
    expect(response.get_by_role("table")).to_be_visible()
    assert_fits(page, "a chart as a table", *widths)
    page.goto("/evaluate")
    expect(page.get_by_test_id("evaluate-empty")).to_be_visible()
    assert_fits(page, "comparing settings", *widths)
    page.goto(f"/evaluate?collection={made}")
    page.get_by_test_id("result").locator("summary").click()
    assert_fits(page, "a comparison", *widths)
    page.goto(f"/evaluate?collection={made}&view=questions")
    expect(page.get_by_test_id("question")).to_be_visible()
    assert_fits(page, "the questions", *widths)
    for section, shown in (("account", "session"), ("keys", "api-key"), ("people", "invitation"), ("audit", "event")):
        page.goto(f"/settings/{section}")
        expect(page.get_by_test_id(shown).first).to_be_visible()
        assert_fits(page, f"the settings: {section}", *widths)
    window.expect_console("status of 404")
    for path, heading in (
        (invited["data"]["path"], "sign_in.title.invite"),
        ("/reset/nothing", "sign_in.link_wrong"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", name=window.t(heading))).to_be_visible()
        assert_fits(page, path, *widths)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_says_which_model_answers_and_how_to_connect_one(
    open_window: Callable[..., Window], language: str
) -> None:
    window = open_window(language=language)
    window.register()
    window.page.goto("/")
    badge = window.page.get_by_test_id("model-badge")
    expect(badge).to_have_attribute("data-provider", "extractive")
    expect(badge).to_have_text(window.t("model.none"))
    badge.click()
    expect(window.page.get_by_text(window.t("model.how_to_connect"))).to_be_visible()


BRIGHTNESS = """(element) => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const of = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data; return (r + g + b) / 765; };
  return { ground: of(getComputedStyle(document.documentElement).backgroundColor), ink: of(getComputedStyle(element).color) };
}"""


def test_the_theme_follows_the_system_until_one_is_chosen_and_the_choice_stays(
    open_window: Callable[..., Window],
) -> None:
    window = open_window(color_scheme="dark")
    window.register()
    page = window.page
    page.goto("/")
    heading = page.get_by_role("heading", name=window.t("welcome.no_documents"))

    def is_dark() -> bool:
        found = heading.evaluate(BRIGHTNESS)
        assert abs(found["ink"] - found["ground"]) > 0.6, "the words stand out from the ground"
        return bool(found["ground"] < 0.3)

    assert is_dark()
    window.settings().get_by_text(window.t("theme.light"), exact=True).click()
    page.reload()
    assert not is_dark()
    window.settings().get_by_text(window.t("theme.dark"), exact=True).click()
    page.emulate_media(color_scheme="light")
    page.reload()
    assert is_dark()
    window.settings().get_by_text(window.t("settings.system"), exact=True).click()
    page.reload()
    assert not is_dark()


# The longest that anything moves or fades, in milliseconds.
MOTION = """() => {
  const longest = (list) => Math.max(...list.split(',').map((each) => parseFloat(each) * (each.endsWith('ms') ? 1 : 1000)));
  return [...document.querySelectorAll('*')].flatMap((element) => [undefined, '::before', '::after', '::backdrop'].map((part) => {
    const { transitionDuration, animationDuration, scrollBehavior } = getComputedStyle(element, part);
    return Math.max(longest(transitionDuration), longest(animationDuration), scrollBehavior === 'smooth' ? 1000 : 0);
  })).reduce((one, other) => Math.max(one, other), 0);
}"""


def test_nothing_moves_for_those_who_do_not_want_it_to(open_window: Callable[..., Window]) -> None:
    window = open_window(reduced_motion="reduce")
    window.register()
    page = window.page
    for path in ("/", "/documents", "/search"):
        page.goto(path)
        expect(page.get_by_role("main")).to_be_visible()
        window.settings()
        assert page.evaluate(MOTION) <= 1, path
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOTION) > 50, "for everybody else something does"


def test_the_chat_is_usable_at_twice_the_size(open_window: Callable[..., Window]) -> None:
    # A screen of 1440 by 900, where the browser's zoom leaves half of it in each direction.
    window = open_window(viewport={"width": 720, "height": 450}, device_scale_factor=2)
    window.register()
    window.add("english.pdf")
    page = window.page
    page.goto("/")
    answer = window.ask(QUESTION)
    assert_fits_now(page, "an answer")
    expect(window.composer).to_be_in_viewport(ratio=1)
    expect(window.button("composer.send")).to_be_in_viewport(ratio=1)
    panel = window.cite(answer)
    expect(panel.get_by_test_id("source-quote").first).to_be_in_viewport()
    assert_fits_now(page, "a source")
    panel.get_by_role("button", name=window.t("source.close")).click()
    expect(panel).to_have_count(0)
    window.ask("When does the supply boat come?")
    expect(window.composer).to_be_in_viewport(ratio=1)
    window.button("frame.open_sidebar").click()
    expect(page.get_by_test_id("conversation").first).to_be_in_viewport()
    assert_fits_now(page, "the drawer")


def test_a_question_is_asked_and_its_source_opened_without_a_mouse(window: Window) -> None:
    window.add("english.pdf")
    page = window.page
    page.goto("/documents")
    expect(window.row("english")).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name=window.t("frame.skip"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab_to(page, page.get_by_role("link", name=window.t("frame.new_chat")).element_handle())
    page.keyboard.press("Enter")
    expect(window.composer).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    answer = window.messages("assistant")
    expect(answer).to_have_attribute("data-status", "complete", timeout=60_000)
    citation = answer.get_by_test_id("citation").first
    tab_to(page, citation.element_handle(), "Shift+Tab")
    page.keyboard.press("Enter")
    panel = page.get_by_test_id("source-panel")
    expect(panel.get_by_test_id("source-quote").first).to_contain_text("four litres")
    expect(panel.get_by_role("heading").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(citation).to_be_focused()


def tab_to(page: Page, element: object, key: str = "Tab") -> None:
    """Press Tab until the focus is there, as a person would; each stop on the way is visible."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("(element) => document.activeElement === element", element):
            return
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or page.evaluate("document.activeElement.matches('body, textarea, [tabindex=\"-1\"]')")
    raise AssertionError("the focus never came there")
