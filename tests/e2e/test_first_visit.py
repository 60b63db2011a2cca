"""From an empty server to an answer that has been checked against its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import DOCUMENTS, PASSWORD, Window, foreign
from tests.services.likeopt import Server, eventually, likeopt_server

FILES = {"english.pdf": "english", "korean.pdf": "바닷가 도서관 이용 안내", "workshop.docx": "workshop"}
DIESEL = "The generator burns four litres of diesel in an hour."
BOOKS = "한 사람이 한 번에 다섯 권까지 두 주 동안 빌릴 수 있습니다."
KEY = "작업실은 평일 아홉 시에 엽니다."


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nobody has an account on."""
    with likeopt_server(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.mark.parametrize("language", ["en", "ko"])
def test_from_the_first_account_to_a_checked_citation(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    page = window.page
    page.goto("/")
    make_first_account(window)

    expect(page.get_by_role("heading", name=window.t("welcome.no_documents"))).to_be_visible()
    window.drop(*(DOCUMENTS / name for name in FILES))
    tray = page.get_by_role("region", name=window.t("upload.list"))
    for name in FILES:
        expect(tray.locator("[data-status=ready]").filter(has_text=name)).to_be_visible(timeout=90_000)
    tray.get_by_role("link").click()
    for title in FILES.values():
        expect(window.row(title)).to_have_attribute("data-status", "ready", timeout=90_000)

    page.get_by_role("link", name=window.t("frame.new_chat")).first.click()
    english = window.ask("How much diesel does the generator burn?")
    check_source(window, english, DIESEL)
    check_page(window, left=60 / 595, top=(842 - 730 - 11) / 842)
    korean = window.ask("책은 몇 권까지 빌릴 수 있나요?")
    check_source(window, korean, BOOKS)
    check_page(window)
    docx = window.ask("작업실은 몇 시에 여나요?")
    check_source(window, docx, KEY)
    expect(page.get_by_test_id("source-panel").get_by_role("group", name=window.t("source.view"))).to_have_count(0)

    # The other language, in the middle of it all.
    other = {"en": "ko", "ko": "en"}[language]
    window.choose_language(other)
    expect(page.get_by_role("link", name=window.t("frame.documents")).first).to_be_visible()
    check_source(window, english, DIESEL)
    check_source(window, window.ask("What does the keeper write into the log?"), "The keeper writes the state")

    assert len(window.urls) > 50
    assert foreign(window.urls, window.url) == [], "something calls home"


def make_first_account(window: Window) -> None:
    page = window.page
    expect(page.get_by_role("heading", name=window.t("sign_in.title.setup"))).to_be_visible()
    page.get_by_label(window.t("sign_in.name"), exact=True).fill("Mina")
    page.get_by_label(window.t("sign_in.email"), exact=True).fill("mina@example.org")
    page.get_by_label(window.t("sign_in.password"), exact=True).fill(PASSWORD)
    window.button("sign_in.submit.setup").click()


def check_source(window: Window, answer: Locator, quote: str) -> None:
    """The number opens the source, and what is marked there is what the answer says."""
    expect(answer).to_contain_text(quote)
    panel = window.cite(answer)
    marked = panel.get_by_test_id("source-quote").first
    expect(marked).to_be_in_viewport()

    def is_said() -> bool:
        text = marked.inner_text()
        return text in quote or quote in text

    eventually(is_said, "what is marked is what the answer says", 30)
    shown = panel.get_by_role("region", name=window.t("source.text"))
    assert quote in " ".join(shown.inner_text().split()), "the quote stands in the text that is shown"
    expect(answer.get_by_test_id("citation").first).to_have_attribute("aria-expanded", "true")


def check_page(window: Window, left: float | None = None, top: float | None = None) -> None:
    """The PDF's page is drawn, with the quote marked where its letters are."""
    panel = window.page.get_by_test_id("source-panel")
    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator(".pdf-page:not(.skeleton-page)")).to_be_visible()
    marks = panel.locator(".pdf-marks i")
    expect(marks.first).to_be_in_viewport()
    for box in marks.evaluate_all(INK_UNDER_MARKS):
        assert box["dark"] > 0.02, f"there are no letters under a mark: {box}"
    first = marks.first.evaluate("(mark) => [mark.style.left, mark.style.top].map((part) => parseFloat(part) / 100)")
    if left is not None and top is not None:
        assert first == pytest.approx([left, top], abs=0.02)
    panel.get_by_role("button", name=window.t("source.view_text"), exact=True).click()


INK_UNDER_MARKS = """(marks) => marks.map((mark) => {
  const drawn = mark.closest('.pdf-page').querySelector('canvas');
  const canvas = Object.assign(document.createElement('canvas'), { width: drawn.width, height: drawn.height });
  const pixels = canvas.getContext('2d', { willReadFrequently: true });
  pixels.drawImage(drawn, 0, 0);
  const [left, top, width, height] = ['left', 'top', 'width', 'height'].map((name) => parseFloat(mark.style[name]) / 100);
  const { data } = pixels.getImageData(
    left * canvas.width, top * canvas.height, Math.max(1, width * canvas.width), Math.max(1, height * canvas.height));
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) dark += data[at] < 128 ? 1 : 0;
  return { left, top, width, height, dark: dark / (data.length / 4) };
})"""
