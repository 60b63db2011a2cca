"""Take the pictures of the page that README and docs/ui.md show: `python scripts/picture_pages.py`.

Run by hand when the page has changed, and the pictures are kept. Documents are the tests' own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.window import PASSWORD, Window  # noqa: E402
from tests.services.likeopt import likeopt_server  # noqa: E402

IMAGES = ROOT / "docs" / "images"
FILES = ("english.pdf", "korean.pdf", "garden.md", "workshop.docx", "slides.pptx", "prices.csv", "report.hwpx")
ENGLISH = "How much diesel does the generator burn?"
KOREAN = "책은 몇 권까지 빌릴 수 있나요?"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        likeopt_server(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first = Window(browser, server.url, viewport=WIDE, color_scheme="light")
        email = first.register("Mina")
        first.add(*FILES)
        english(first)
        for name, language, scheme, size in (
            ("chat-ko-dark", "ko", "dark", WIDE),
            ("phone", "ko", "light", PHONE),
            ("phone-dark", "en", "dark", PHONE),
        ):
            answer(signed_in(browser, server.url, email, language, scheme, size), name)
        korean = signed_in(browser, server.url, email, "ko", "light", WIDE)
        korean.page.keyboard.press("Control+k")
        expect(korean.page.get_by_role("listbox")).to_be_visible()
        shoot(korean, "palette")
        dark = signed_in(browser, server.url, email, "en", "dark", WIDE)
        dark.page.goto("/performance?range=5m")
        expect(dark.page.locator("lo-chart canvas").first).to_be_visible()
        shoot(dark, "performance")
        compared(signed_in(browser, server.url, email, "en", "light", WIDE))
        browser.close()


def signed_in(browser: Browser, url: str, email: str, language: str, scheme: str, size: dict[str, int]) -> Window:
    window = Window(browser, url, language=language, color_scheme=scheme, viewport=size)
    window.context.request.post("/api/v1/auth/login", data={"email": email, "password": PASSWORD})
    window.page.goto("/")
    expect(window.composer).to_be_visible()
    return window


def english(window: Window) -> None:
    window.page.goto("/")
    window.ask("What does the keeper write into the log?")
    panel = window.cite(window.ask(ENGLISH))
    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator("canvas")).to_be_visible()
    shoot(window, "chat-light")
    window.page.goto("/search?q=generator")
    expect(window.page.get_by_test_id("hit").first).to_be_visible()
    shoot(window, "search")
    window.page.goto("/documents")
    expect(window.page.get_by_test_id("document-row")).to_have_count(len(FILES))
    shoot(window, "documents")


def compared(window: Window) -> None:
    """Compare meaning alone with both searches, on three questions."""
    request = window.context.request
    collection = request.get("/api/v1/collections").json()["data"][0]["id"]
    for question, words in ((ENGLISH, "diesel"), (KOREAN, "빌릴 수"), ("Who looks after the lamp?", "keeper")):
        hit = request.get("/api/v1/search", params={"q": words}).json()["data"][0]
        body = {"collection_id": collection, "text": question, "passage_ids": [hit["passage_id"]]}
        request.post("/api/v1/evaluation/questions", data=body)
    request.post("/api/v1/evaluation/runs", data={"collection_id": collection, "mode": "vector"})
    window.page.goto("/evaluate")
    expect(window.page.get_by_test_id("comparison")).to_be_visible()
    shoot(window, "evaluate")


def answer(window: Window, name: str) -> None:
    given = window.ask(KOREAN if window.language == "ko" else ENGLISH)
    if name != "phone":
        window.cite(given)
    shoot(window, name)
    window.context.close()


def shoot(window: Window, name: str) -> None:
    window.page.mouse.move(0, 0)
    window.page.wait_for_timeout(1500)  # what fades in has come
    window.page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
