"""What administrators see of the server, in Chromium: figures that move, and who may see them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.window import Window
from tests.services.client import EMAIL, PASSWORD
from tests.services.likeopt import eventually

CHARTS = {"response", "throughput", "memory", "cpu", "active", "queue", "cache", "search_stages", "answer_stages"}
LARGEST_PAINT = """() => new Promise((painted) =>
  new PerformanceObserver(painted).observe({ type: 'largest-contentful-paint', buffered: true }))"""
VITALS = {"lcp", "inp", "cls", "fcp", "ttfb"}


def administrator(open_window: Callable[..., Window], **options: Any) -> Window:
    """Open a window of whoever has set the server up."""
    window = open_window(**options)
    answer = window.context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok, answer.text()
    return window


def open_page(window: Window, chosen: str = "") -> Page:
    window.page.goto(f"/performance{chosen and f'?range={chosen}'}")
    expect(window.page.get_by_test_id("tile")).to_have_count(6)
    return window.page


def tile(page: Page, name: str) -> Locator:
    return page.locator(f'[data-tile="{name}"]')


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'[data-chart="{name}"]')


def drawn(of: Locator) -> int:
    """Count the points of a chart's canvas that are as colourful as a line."""
    found: int = of.locator("canvas").evaluate(
        """(canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) {
            const [r, g, b, a] = data.subarray(at, at + 4);
            if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) count += 1;
          }
          return count;
        }"""
    )
    return found


def report_slow_phone(window: Window) -> None:
    vitals = [{"name": name, "value": value} for name, value in (("lcp", 3000.0), ("inp", 150.0), ("cls", 0.3))]
    body = {"metrics": vitals * 10, "userAgent": "Mobile"}
    assert window.context.request.post("/api/v1/metrics", data=body).status == 204


def test_the_figures_move_when_the_server_is_used(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = open_page(window, "5m")

    def requests() -> int:
        return int(re.sub(r"\D", "", tile(page, "throughput").locator(".tile-detail").inner_text().split(" in ")[0]))

    before = requests()
    for _ in range(60):
        window.context.request.get("/api/v1/documents")
    eventually(lambda: requests() >= before + 60, "the page shows the requests without being loaded again", 40)
    eventually(lambda: drawn(chart(page, "throughput")) > 50, "a line is drawn")
    expect(tile(page, "average").locator(".tile-value")).to_have_text(re.compile(r"\d+ ms"))


def test_questions_and_visits_come_into_their_charts(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    window.add("english.pdf")
    for _ in range(2):
        found = window.context.request.get("/api/v1/search", params={"q": "diesel generator"})
        assert found.ok
    report_slow_phone(window)
    page = open_page(window, "5m")
    assert {found.get_attribute("data-chart") for found in page.get_by_test_id("chart").all()} == CHARTS | VITALS
    for name in ("bm25", "vector", "total"):
        expect(chart(page, "search_stages").get_by_role("button", name=window.t(f"stage.{name}"))).to_be_visible()
    expect(chart(page, "cache").get_by_role("button", name=window.t("layer.all"))).to_contain_text("%")
    lcp = chart(page, "lcp")
    expect(lcp).to_contain_text(window.t("rating.fair"))
    expect(chart(page, "cls")).to_contain_text(window.t("rating.poor"))
    eventually(lambda: drawn(lcp) > 20, "visits and bounds are drawn")
    hint = page.get_by_test_id("hint").filter(has_text="LCP on phones")
    expect(hint).to_contain_text("above 2.5 sec")
    expect(hint).to_contain_text(window.t("hint.vital.todo.lcp"))


def test_what_a_visit_was_like_is_told_when_the_page_is_left(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    visitor = open_window()
    visitor.register()

    def visits() -> dict[str, int]:
        answer = window.context.request.get("/api/v1/performance", params={"range": "5m"}).json()
        return {name: vital["desktop"]["count"] for name, vital in answer["data"]["web_vitals"].items()}

    before = visits()
    page = visitor.page
    with page.expect_response(re.compile(r"/static/vitals\.")):
        page.goto("/documents")
    page.evaluate(LARGEST_PAINT)  # the first click ends what counts as that, painted or not
    page.get_by_role("heading", name=visitor.t("documents.title")).click()
    page.keyboard.press("Tab")
    page.wait_for_load_state("networkidle")
    page.wait_for_function("performance.getEntriesByType('first-input').length > 0")  # told after the next frame
    page.goto("about:blank")
    for name in sorted(before):
        eventually(lambda name=name: visits()[name] > before[name], f"{name} was told", 30)  # type: ignore[misc]

    open_page(window, "5m")
    pages = window.page.get_by_role("group", name=window.t("browser_times.pages"))
    expect(pages.get_by_role("row").filter(has_text=window.t("browser_times.page.documents"))).to_contain_text("ms")
    calls = window.page.get_by_role("group", name=window.t("browser_times.calls"))
    expect(calls.get_by_role("row").filter(has_text="/documents")).to_contain_text("ms")


def test_the_range_is_chosen_and_stays_in_the_address(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = open_page(window)
    ranges = page.get_by_role("group", name=window.t("performance.range"))
    expect(ranges.get_by_role("radio", name=window.t("performance.range.1h"))).to_be_checked()
    for name in ("24h", "7d", "5m"):
        with page.expect_response(lambda answer, name=name: f"range={name}" in answer.url and answer.ok):
            ranges.get_by_text(window.t(f"performance.range.{name}"), exact=True).click()
        expect(page).to_have_url(re.compile(rf"/performance\?range={name}$"))
        expect(page.locator(".performance-figures")).to_have_attribute("aria-busy", "false")
    page.reload()
    expect(ranges.get_by_role("radio", name=window.t("performance.range.5m"))).to_be_checked()


def test_a_paused_page_asks_nothing_until_it_goes_on(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    window.page.clock.install()
    page = open_page(window, "5m")
    with page.expect_response(lambda answer: "range=5m" in answer.url):
        page.clock.run_for(5_000)
    window.button("performance.pause").click()
    expect(page.get_by_text(re.compile("^Paused at"))).to_be_visible()
    before = len(window.urls)
    page.clock.run_for(180_000)
    page.get_by_role("radio", name=window.t("performance.range.24h")).focus()  # all that was due has been done
    assert [url for url in window.urls[before:] if "/performance" in url] == []
    with page.expect_response(lambda answer: "range=5m" in answer.url):
        window.button("performance.resume").click()
    expect(page.get_by_text(re.compile("^As of"))).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_member_has_no_link_and_is_kindly_refused(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    page.goto("/")
    pages = page.get_by_role("navigation", name=window.t("frame.pages"))
    expect(pages.get_by_role("link", name=window.t("frame.documents"))).to_be_visible()
    expect(pages.get_by_role("link", name=window.t("frame.performance"))).to_have_count(0)
    page.goto("/performance")
    expect(page.get_by_role("heading", name=window.t("performance.refused"))).to_be_visible()
    page.get_by_role("link", name=window.t("performance.refused_back")).click()
    expect(window.composer).to_be_visible()
    assert not [url for url in window.urls if "/api/v1/performance" in url], "nothing is asked that would be refused"


def test_what_is_shown_can_be_downloaded(open_window: Callable[..., Window], tmp_path: Path) -> None:
    window = administrator(open_window)
    page = open_page(window, "24h")
    texts = {}
    for kind in ("csv", "json"):
        with page.expect_download() as saving:
            window.button(f"performance.download_{kind}").click()
        name = saving.value.suggested_filename
        assert re.fullmatch(rf"like-opt-performance-24h-\d{{4}}-\d\d-\d\d-\d{{4}}\.{kind}", name), name
        saving.value.save_as(tmp_path / name)
        texts[kind] = (tmp_path / name).read_text("utf-8")
    report = json.loads(texts["json"])
    assert report["range"] == "24h"
    assert report["requests"] > 0
    rows = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert len(rows) == len(report["series"]) == 120
    assert sum(float(row["requests"]) for row in rows) > 0
    assert {"at", "response.p95_ms", "cache.hit_rate", "memory"} <= rows[0].keys()


def test_both_languages_say_it_all_and_change_at_once(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window, language="ko")
    page = open_page(window, "5m")
    for name in ("server", "questions", "pages"):
        expect(page.get_by_role("heading", name=window.t(f"performance.section.{name}"), exact=True)).to_be_visible()
    expect(tile(page, "throughput")).to_contain_text("초당")
    assert not re.search(r"\b(chart|tile|hint|line|stage|performance)\.\w", page.locator("main").inner_text())
    window.choose_language("en")
    expect(page.get_by_role("heading", name=window.t("hints.title"))).to_be_visible()
    expect(tile(page, "throughput")).to_contain_text("/s")
    assert not re.search(r"[가-힣]", page.locator("main").inner_text())


def test_charts_are_read_with_the_keyboard_and_as_tables(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = open_page(window, "5m")
    response = chart(page, "response")
    slider = response.get_by_role("slider")
    expect(response.locator(".u-over")).to_be_visible()
    window.button("performance.pause").click()
    slider.focus()
    latest = slider.get_attribute("aria-valuetext")
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "1")
    assert slider.get_attribute("aria-valuetext") != latest
    moment = response.locator(".chart-moment").inner_text()
    assert (slider.get_attribute("aria-valuetext") or "").startswith(moment)
    page.keyboard.press("Tab")
    expect(slider).to_have_attribute("aria-valuetext", latest or "")
    p50 = response.get_by_role("button", name=re.compile("^p50"))
    expect(p50).to_be_focused()
    page.keyboard.press("Space")
    expect(p50).to_have_attribute("aria-pressed", "false")
    response.get_by_role("button", name=window.t("chart.as_table")).press("Enter")
    table = response.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["Time", "p50", "p95", "p99"])
    expect(table.get_by_role("row").nth(1).get_by_role("cell").first).to_have_text(re.compile("ms|sec"))
    response.get_by_role("button", name=window.t("chart.as_chart")).press("Enter")
    expect(response.locator(".u-over")).to_be_visible()


def test_charts_take_the_colours_of_the_dark(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window, color_scheme="light")
    page = open_page(window, "5m")
    memory = chart(page, "memory")
    brightness = """(canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0, count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) {
        sum += data[at] + data[at + 1] + data[at + 2]; count += 3;
      }
      return count ? sum / count / 255 : 0;
    }"""

    def bright() -> float:
        found: float = memory.locator("canvas").evaluate(brightness)
        return found

    eventually(lambda: 0 < bright() < 0.95, "the chart is drawn")
    light = memory.locator(".chart-swatch").evaluate("(swatch) => getComputedStyle(swatch).stroke")
    before = memory.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    eventually(lambda: memory.locator("canvas").evaluate("(canvas) => canvas.toDataURL()") != before, "drawn anew")
    assert memory.locator(".chart-swatch").evaluate("(swatch) => getComputedStyle(swatch).stroke") != light


def test_a_chart_of_which_nothing_is_known_says_so(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = window.page

    def nothing(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        body["data"]["stages"] = {}
        for point in body["data"]["series"]:
            point.update({"stages": {}, "web_vitals": {}, "web_vitals_count": {}})
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/performance?*", nothing)
    open_page(window, "5m")
    expect(chart(page, "answer_stages")).to_contain_text(window.t("chart.stages_empty"))
    expect(chart(page, "inp")).to_contain_text(window.t("chart.vital_empty"))
    expect(chart(page, "inp").get_by_role("button")).to_have_count(0)


def test_figures_stay_while_the_server_is_away(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = open_page(window, "5m")
    window.expect_console("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    page.route("**/api/v1/performance?*", lambda route: route.abort())
    expect(page.get_by_role("alert").get_by_text(window.t("error.UNREACHABLE"))).to_be_visible()
    expect(page.get_by_test_id("tile")).to_have_count(6)
    page.unroute("**/api/v1/performance?*")
    window.button("action.retry").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_the_drawing_library_tables_tell_the_same(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    window.expect_console("ERR_FAILED")
    window.page.route("**/static/charts*.js", lambda route: route.abort())
    page = open_page(window, "5m")
    expect(chart(page, "memory").get_by_role("table")).to_be_visible()
    expect(chart(page, "memory").get_by_role("button")).to_have_count(0)


def test_nothing_moves_while_the_figures_come(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = open_page(window, "5m")
    expect(page.locator(".u-over")).not_to_have_count(0)
    shifts = """() => new Promise((resolve) => {
      const observer = new PerformanceObserver((list) =>
        resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0)));
      observer.observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(0), 500);
    })"""
    assert page.evaluate(shifts) < 0.02
    window.button("performance.pause").click()
    places = """() => {
      const top = (element) => element.getBoundingClientRect().top;
      const start = top(document.querySelector('[data-chart]')); // hints above it come and go with the figures
      return [...document.querySelectorAll('[data-chart]')].map((found) => top(found) - start);
    }"""
    chart(page, "memory").locator(".u-over").hover()
    before = page.evaluate(places)
    page.mouse.move(0, 0)
    expect(chart(page, "memory").locator(".chart-moment")).to_have_text(window.t("chart.latest"))
    assert page.evaluate(places) == before
    with page.expect_response(lambda answer: "range=5m" in answer.url):
        window.button("performance.resume").click()
    expect(page.get_by_text(re.compile("^As of"))).to_be_visible()
    assert page.evaluate(places) == before
