"""The pictures within documents: small ones beside the text, large ones over the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.window import Window
from tests.fakes import pictures as made
from tests.services.likeopt import eventually

PATH = re.compile(r"/images/(\d+)\?width=(\d+)$")


def upload(window: Window, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    assert window.context.request.post("/api/v1/documents", multipart={"files": file}).status == 202
    eventually(lambda: set(window.states().values()) == {"ready"}, "the document is ready", 90)


def show(window: Window, title: str) -> Page:
    window.page.goto("/documents")
    window.row(title).get_by_role("link").click()
    expect(window.page.get_by_role("heading", name=title)).to_be_visible()
    return window.page


def test_pictures_are_shown_small_and_open_large(window: Window) -> None:
    upload(
        window, "Plans.docx", made.docx(a_png=made.plain(1600, 1200), b_jpg=made.printed(), c_png=made.see_through())
    )
    page = show(window, "Plans")
    gallery = page.get_by_role("region", name=window.t("picture.heading"))
    tiles = gallery.get_by_role("button")
    expect(tiles).to_have_count(3)
    for picture in gallery.locator("img").all():
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("(picture) => [picture.loading, picture.decoding]") == ["lazy", "async"]
        assert picture.evaluate("(picture) => picture.naturalWidth > 0 && picture.naturalWidth <= 640")
        assert picture.get_attribute("width")
        assert picture.get_attribute("height")

    tiles.first.click()
    label = window.t("picture.label", n=1, total=3)
    large = page.get_by_role("dialog", name=label).get_by_role("img")
    expect(large).to_have_js_property("complete", True)
    assert large.evaluate("(picture) => Math.abs(picture.width / picture.height - 4 / 3) < 0.01 && picture.width > 500")
    expect(large).to_be_in_viewport(ratio=1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name=window.t("picture.label", n=3, total=3))).to_be_visible()
    expect(window.button("picture.next")).to_have_attribute("aria-disabled", "true")
    window.button("picture.previous").click()
    expect(page.get_by_role("dialog", name=window.t("picture.label", n=2, total=3))).to_be_visible()
    small = page.get_by_role("dialog").get_by_role("img")
    expect(small).to_have_js_property("complete", True)
    assert small.evaluate("(picture) => [picture.width, picture.height]") == [160, 120], "never enlarged"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(tiles.first).to_be_focused()


def test_pictures_out_of_sight_are_not_fetched_and_nothing_moves_when_they_come(
    open_window: Callable[..., Window],
) -> None:
    window = open_window(viewport={"width": 360, "height": 640})
    window.register()
    many = {f"image{n}_png": made.plain(600 + n, 450) for n in range(12)}
    upload(window, "Album.docx", made.docx(**many))
    page = show(window, "Album")
    gallery = page.get_by_role("region", name=window.t("picture.heading"))
    expect(gallery.locator("img")).to_have_count(8)
    window.button("picture.all", total=12).click()
    pictures = gallery.locator("img")
    expect(pictures).to_have_count(12)
    boxes = pictures.evaluate_all("(all) => all.map((picture) => picture.offsetHeight)")
    assert min(boxes) > 0
    assert len(set(boxes)) == 1, "each has its place before it has come"
    pictures.last.scroll_into_view_if_needed()
    expect(pictures.last).to_have_js_property("complete", True)
    assert pictures.evaluate_all("(all) => all.map((picture) => picture.offsetHeight)") == boxes
    widths = {int(match[2]) for url in window.urls if (match := PATH.search(url))}
    assert widths <= {320, 640}, "no picture is fetched larger than it is shown"


def test_a_document_without_pictures_has_no_place_for_them(window: Window) -> None:
    window.add("english.pdf")
    page = show(window, "english")
    expect(page.get_by_text("supply boat Halcyon")).to_be_visible()
    expect(page.get_by_role("region", name=window.t("picture.heading"))).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_hostile_picture_neither_stops_the_document_nor_is_shown(
    open_window: Callable[..., Window], language: str
) -> None:
    window = open_window(language=language)
    window.register()
    upload(window, "Mixed.docx", made.docx(a_png=made.bomb(), b_svg=b"<svg onload='x'/>", c_jpg=made.truncated()))
    page = show(window, "Mixed")
    gallery = page.get_by_role("region", name=window.t("picture.heading"))
    expect(gallery.get_by_role("button")).to_have_count(1)
    expect(gallery.locator("img")).to_have_js_property("complete", True)
    assert gallery.locator("img").evaluate("(picture) => picture.naturalWidth") > 0
