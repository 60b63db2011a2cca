"""A thousand messages, and ten thousand conversations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.support.filling import fill_conversation, fill_conversations
from tests.e2e.window import Window
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, delta, spoken
from tests.services.likeopt import Server, eventually

MESSAGES = 1000
MOST_NODES = 8_000  # of 1,000 messages: each its text, and some sixty drawn


@pytest.fixture(scope="module")
def site(modelled_site: Server) -> Server:
    return modelled_site


@pytest.fixture
def long(window: Window, site: Server) -> Window:
    """A person in front of a conversation of a thousand messages."""
    window.page.goto("/chat/" + fill_conversation(site.data_dir, window.email, MESSAGES))
    expect(said(window, MESSAGES)).to_be_in_viewport()
    return window


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    window = open_window()
    window.email = window.register()
    return window


def said(window: Window, n: int) -> Locator:
    """The nth message, as far as it is in the page."""
    word = "Question" if n % 2 else "Answer"
    return window.page.get_by_test_id("message").filter(has_text=re.compile(rf"{word} {n}\b"))


def scroller(window: Window) -> Locator:
    return window.page.get_by_role("region", name=window.t("message.list"))


def nodes(page: Page) -> int:
    return int(page.evaluate("document.querySelectorAll('*').length"))


def to_beginning(window: Window) -> None:
    scroller(window).focus()
    window.page.keyboard.press("Home")
    expect(said(window, 1)).to_be_in_viewport()


def from_end(window: Window) -> float:
    return float(scroller(window).evaluate("(box) => box.scrollHeight - box.clientHeight - box.scrollTop"))


def test_it_opens_at_its_end_and_reads_no_more_than_that(long: Window) -> None:
    assert from_end(long) < 2
    expect(long.button("message.again").last).to_be_in_viewport()
    assert long.page.get_by_test_id("message").count() < 100
    assert sum("/messages?" in url for url in long.urls) == 1
    assert long.page.get_by_role("button", name=long.t("message.latest")).count() == 0


def test_scrolling_that_is_told_when_the_page_has_changed_breaks_nothing(long: Window) -> None:
    scroller(long).evaluate(
        """(box) => {
          box.closest('lo-message-list').remove();
          box.dispatchEvent(new Event('scroll'));
        }"""
    )
    assert long.unexpected() == []


def test_whoever_goes_up_reads_on_without_a_stop_and_without_a_jump(long: Window) -> None:
    page = long.page
    box = scroller(long)
    seen: set[int] = set()
    for _ in range(400):
        box.hover()
        before = reading(box)
        page.mouse.wheel(0, -300)
        eventually(lambda before=before: moved(box, before), "the messages move by what the wheel turned", 20)
        seen |= {n for n, _ in reading(box)}
        if MESSAGES - 150 in seen:
            break
    assert seen >= set(range(MESSAGES - 150, MESSAGES - 2)), "no message is left out on the way"
    assert page.get_by_test_id("message").count() > 150
    assert nodes(page) < MOST_NODES


def reading(box: Locator) -> list[tuple[int, float]]:
    """The numbers of the messages on the screen, and where they begin."""
    found: list[tuple[int, float]] = box.evaluate(
        r"""(box) => {
          const { top, bottom } = box.getBoundingClientRect();
          return [...box.querySelectorAll('lo-message')]
            .map((item) => [Number(/(?:Question|Answer) (\d+)/.exec(item.textContent)?.[1] ?? 0), item.getBoundingClientRect()])
            .filter(([, place]) => place.bottom > top && place.top < bottom)
            .map(([n, place]) => [n, place.top]);
        }"""
    )
    return found


def moved(box: Locator, before: list[tuple[int, float]]) -> bool:
    """Whether what was on the screen and still is stands about 300 pixels lower."""
    now = dict(reading(box))
    same = [now[n] - top for n, top in before if n in now]
    return bool(same) and all(290 <= by <= 310 for by in same)


def test_home_goes_to_the_very_beginning_and_end_back(long: Window) -> None:
    page = long.page
    to_beginning(long)
    assert page.get_by_test_id("message").count() == MESSAGES
    assert scroller(long).evaluate("(box) => box.scrollTop") < 2
    expect(said(long, 2).get_by_test_id("citation")).to_have_text("1")
    assert nodes(page) < MOST_NODES, "what is far away is its text alone"
    page.keyboard.press("End")
    expect(said(long, MESSAGES)).to_be_in_viewport()
    expect(said(long, MESSAGES).get_by_test_id("source-chip").first).to_be_in_viewport()
    assert nodes(page) < MOST_NODES, "what was drawn on the way is let go"


def test_scrolling_through_all_of_it_keeps_the_page_small(long: Window) -> None:
    to_beginning(long)
    box = scroller(long)
    most = 0
    while from_end(long) > 2:
        box.evaluate(
            "(box) => new Promise((drawn) => { box.scrollTop += 6000; requestAnimationFrame(() => setTimeout(drawn)); })"
        )
        most = max(most, nodes(long.page))
    assert most < MOST_NODES
    expect(said(long, MESSAGES)).to_be_in_viewport()


def test_what_is_far_from_the_screen_is_text_and_is_drawn_when_one_comes_there(long: Window) -> None:
    to_beginning(long)
    far = said(long, 502)
    expect(far).to_contain_text("Answer 502. A beam of two million candles")
    shown = far.evaluate("(item) => item.checkVisibility({ visibilityProperty: true, opacityProperty: true })")
    assert shown, "the browser's search and screen readers look there too"
    expect(far.get_by_test_id("citation")).to_have_count(0)
    far.scroll_into_view_if_needed()
    expect(far.get_by_test_id("citation")).to_have_text("1")
    expect(far).to_be_in_viewport()


def test_the_browsers_search_has_everything_to_look_through(long: Window) -> None:
    long.page.keyboard.press("Control+f")
    expect(long.page.get_by_test_id("message")).to_have_count(MESSAGES)
    assert from_end(long) < 2, "and nothing has moved"


def test_a_page_that_cannot_be_read_says_so_and_is_read_when_asked_again(long: Window) -> None:
    long.expect_console("ERR_FAILED")
    long.page.route("**/messages?*cursor=*", lambda route: route.abort())
    scroller(long).focus()
    long.page.keyboard.press("Home")
    alert = scroller(long).get_by_role("alert")
    expect(alert).to_contain_text(long.t("message.earlier_failed"))
    long.page.unroute_all()
    alert.get_by_role("button", name=long.t("action.retry")).click()
    expect(said(long, MESSAGES - 60)).to_be_attached()


def test_an_answer_that_streams_stays_in_view_unless_one_has_gone_up(long: Window, model: ScriptedModel) -> None:
    page = long.page
    line = Endless(delta({"content": "Another line of it.\n\n"}), 0.02)
    model.scripts[:] = [Script([spoken("It begins.\n\n"), line])]
    long.composer.fill("What then?")
    long.composer.press("Enter")
    answer = page.get_by_test_id("message").last
    expect(answer).to_have_attribute("data-status", "streaming")
    eventually(lambda: answer.evaluate("(item) => item.clientHeight") > 1200, "the answer is higher than the screen")
    assert from_end(long) < 120, "its end is in view"

    scroller(long).hover()
    page.mouse.wheel(0, -700)
    latest = page.get_by_role("button", name=long.t("message.latest"))
    expect(latest).to_be_visible()
    place = reading(scroller(long))[0]
    height = answer.evaluate("(item) => item.clientHeight")
    eventually(lambda: answer.evaluate("(item) => item.clientHeight") > height + 600, "it goes on growing")
    assert dict(reading(scroller(long))).get(place[0]) == pytest.approx(place[1], abs=2), "nothing moves"
    latest.click()
    eventually(lambda: from_end(long) < 120, "the end is followed again")
    page.keyboard.press("Escape")
    expect(answer).to_have_attribute("data-status", "stopped")
    assert page.get_by_test_id("message").count() < 100, "the beginning was not needed"


def test_what_is_typed_into_a_far_message_stays(long: Window) -> None:
    """The question that is being edited is kept whole, wherever one reads meanwhile."""
    page = long.page
    page.get_by_test_id("message").nth(-2).hover()
    long.button("message.edit").last.click()
    editor = page.get_by_role("textbox", name=long.t("message.edit"))
    editor.fill("Half a thought")
    to_beginning(long)
    page.keyboard.press("End")
    expect(editor).to_have_value("Half a thought")


# --- the list -----------------------------------------------------------------------------------

CONVERSATIONS = 10_000
MOST_ROWS = 120


@pytest.fixture
def many(window: Window, site: Server) -> Window:
    """A person with ten thousand conversations, three of them pinned."""
    fill_conversations(site.data_dir, window.email, CONVERSATIONS, pinned=3)
    window.page.goto("/")
    expect(row(window, 1)).to_be_visible()
    return window


def row(window: Window, n: int) -> Locator:
    return window.page.get_by_test_id("conversation").filter(has_text=re.compile(rf"Conversation {n}\b"))


def listing(window: Window) -> Locator:
    return window.page.get_by_role("navigation", name=window.t("conversation.list")).locator(".conversation-box")


def scroll_list(window: Window, by: int) -> dict[str, Any]:
    """Scroll as far, and return what is seen in the list a frame later."""
    found: dict[str, Any] = listing(window).evaluate(
        """(box, by) => new Promise((seen) => {
          box.scrollTop += by;
          requestAnimationFrame(() => requestAnimationFrame(() => {
            const { top, bottom } = box.getBoundingClientRect();
            const rows = [...box.querySelectorAll('li')];
            const inside = rows.map((row) => [row, row.getBoundingClientRect()]).filter(([, place]) => place.top >= top - 1 && place.bottom <= bottom + 1);
            seen({
              rows: rows.length,
              numbers: inside.map(([row]) => Number(/\\d+/.exec(row.textContent)[0])),
              headings: [...box.querySelectorAll('h3')].map((heading) => heading.textContent.trim()),
              left: box.scrollHeight - box.clientHeight - box.scrollTop,
            });
          }));
        })""",
        by,
    )
    return found


def test_ten_thousand_conversations_are_scrolled_to_the_last(many: Window) -> None:
    seen: set[int] = set()
    headings: set[str] = set()
    for _ in range(2000):
        found = scroll_list(many, 350)
        headings |= set(found["headings"])
        assert found["rows"] < MOST_ROWS
        assert found["numbers"] or found["left"] > 0
        seen |= set(found["numbers"])
        if found["left"] < 1 and CONVERSATIONS in seen:
            break
    missing = set(range(20, CONVERSATIONS + 1)) - seen
    assert not missing, sorted(missing)[:10]
    assert len(headings) >= 14, "ten thousand hours are more than thirteen months"


def test_the_arrows_go_through_the_list_and_the_focus_is_never_lost(many: Window) -> None:
    page = many.page
    row(many, 1).locator("a").focus()
    page.keyboard.press("ArrowUp")
    expect(row(many, 1).locator("a")).to_be_focused()
    for n in range(2, 61):
        page.keyboard.press("ArrowDown")
        expect(row(many, n).locator("a")).to_be_focused()
    expect(row(many, 60)).to_be_in_viewport()
    expect(row(many, 60)).to_have_attribute("aria-posinset", re.compile(r"\d+"))
    for by in (5000, -100_000, 20_000, -100_000):  # below what has the focus and above it, among which it is drawn
        scroll_list(many, by)
        expect(row(many, 60).locator("a")).to_be_focused()
    page.keyboard.press("Home")
    expect(row(many, 1).locator("a")).to_be_focused()
    expect(row(many, 1)).to_be_in_viewport()
    page.keyboard.press("PageDown")
    focused = page.locator("[data-testid=conversation] a:focus")
    expect(focused).to_be_in_viewport()
    assert int(re.sub(r"\D", "", focused.inner_text())) > 5
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/chat/"))


def test_a_far_conversation_is_renamed_where_it_stands(many: Window) -> None:
    page = many.page
    for _ in range(12):
        scroll_list(many, 400)
    number = scroll_list(many, 0)["numbers"][4]
    row(many, number).hover()
    many.button("conversation.menu", title=f"Conversation {number}").click()
    page.get_by_role("menuitem", name=many.t("conversation.rename"), exact=True).click()
    field = page.get_by_role("textbox", name=many.t("conversation.rename"))
    expect(field).to_be_focused()
    field.fill("Found it")
    field.press("Enter")
    expect(page.get_by_test_id("conversation").filter(has_text="Found it")).to_be_in_viewport()
    expect(page.locator(".rename-form")).to_have_count(0)


def test_a_list_that_cannot_be_read_on_says_so_and_does_not_ask_for_ever(many: Window) -> None:
    many.expect_console("ERR_FAILED")
    many.page.route("**/conversations?*cursor=*", lambda route: route.abort())
    asked = len([url for url in many.urls if "cursor=" in url])
    for _ in range(12):
        scroll_list(many, 2000)
    alert = listing(many).get_by_role("alert")
    expect(alert).to_contain_text(many.t("conversation.failed"))
    assert len([url for url in many.urls if "cursor=" in url]) <= asked + 1
    many.page.unroute_all()
    alert.get_by_role("button", name=many.t("action.retry")).click()
    eventually(lambda: scroll_list(many, 0)["left"] > 3000, "the list goes on")
    expect(alert).to_have_count(0)
