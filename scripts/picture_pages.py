"""Take the pictures of the page that README and docs/ui.md show: `python scripts/picture_pages.py`.

Run by hand when the page has changed, and the pictures are kept. Documents are the tests' own. With
`--all FOLDER` it takes every page instead, to be looked at: at three widths, light and dark, in both
languages, signed out and empty too. `--only WORD` takes those whose name has the word.
"""

from __future__ import annotations

import argparse
import itertools
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


# Three widths: a desk, a tablet, a phone.
SIZES = {1440: WIDE, 768: {"width": 768, "height": 1024}, 360: PHONE}
PLACES = {
    "documents": "/documents",
    "search": "/search?q=generator",
    "evaluate": "/evaluate",
    "evaluate-questions": "/evaluate?view=questions",
    "evaluate-offers": "/evaluate?view=offers",
    "performance": "/performance?range=5m",
    "settings": "/settings",
    "settings-keys": "/settings/keys",
    "settings-people": "/settings/people",
    "settings-audit": "/settings/audit",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Take pictures of the page.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, to be looked at")
    parser.add_argument("--only", default="", metavar="WORD", help="of those, the ones whose name has the word")
    asked = parser.parse_args()
    if asked.all:
        asked.all.mkdir(parents=True, exist_ok=True)
        every_page(asked.all, asked.only)
    else:
        kept_pictures()


def every_page(folder: Path, only: str) -> None:
    """Take each page as `WHAT-WIDTH-SCHEME-LANGUAGE.png`."""
    with (
        tempfile.TemporaryDirectory() as data,
        likeopt_server(Path(data), LIKEOPT_OPEN_REGISTRATION="true") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first = Window(browser, server.url)
        full = registered(first, "Mina")
        first.add(*FILES)
        first.page.goto("/")
        first.ask(ENGLISH)
        prepare(first)
        keys_and_events(first)
        invited = first.context.request.post("/api/v1/invitations", data={}).json()["data"]["path"]
        bare = registered(Window(browser, server.url), "Jin")
        for width, scheme, language in itertools.product(SIZES, ("light", "dark"), ("en", "ko")):
            end = f"{width}-{scheme}-{language}"

            def opened(email: str, end: str = end, width: int = width, s: str = scheme, la: str = language) -> Window:
                window = Window(browser, server.url, language=la, color_scheme=s, viewport=SIZES[width])
                if email:
                    window.context.request.post("/api/v1/auth/login", data={"email": email, "password": PASSWORD})
                return window

            def take(window: Window, place: str, what: str, end: str = end) -> None:
                if only not in f"{what}-{end}":
                    return
                window.page.goto(place)
                shoot(window, folder / f"{what}-{end}.png")

            out, empty, whole = opened(""), opened(bare), opened(full)
            for what, place in {"sign-in": "/", "invitation": invited, "link-not-valid": "/reset/nothing"}.items():
                take(out, place, what)
            for what, place in {"chat": "/", "documents": "/documents", "search": "/search"}.items():
                take(empty, place, f"empty-{what}")
            for what, place in PLACES.items():
                take(whole, place, what)
            if only in f"chat-source-{end}":
                whole.page.goto("/")
                whole.cite(whole.ask(KOREAN if language == "ko" else ENGLISH))
                shoot(whole, folder / f"chat-source-{end}.png")
            for window in (out, empty, whole):
                window.context.close()
        browser.close()


def kept_pictures() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        likeopt_server(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first = Window(browser, server.url, viewport=WIDE, color_scheme="light")
        email = registered(first, "Mina")
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


def registered(window: Window, name: str) -> str:
    """Make an account with an address that looks like one; return it."""
    email = f"{name.lower()}@example.org"
    account = {"email": email, "password": PASSWORD, "name": name}
    window.context.request.post("/api/v1/auth/register", data=account)
    return email


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
    prepare(window)
    window.page.goto("/evaluate")
    expect(window.page.get_by_test_id("comparison")).to_be_visible()
    shoot(window, "evaluate")
    window.page.goto("/settings")
    expect(window.page.get_by_role("heading").first).to_be_visible()
    shoot(window, "settings")
    keys_and_events(window)
    for section, test_id in (("keys", "api-key"), ("audit", "event")):
        window.page.goto(f"/settings/{section}")
        expect(window.page.get_by_test_id(test_id).first).to_be_visible()
        shoot(window, section)


def keys_and_events(window: Window) -> None:
    """Make keys and an invitation, and go wrong with a password: something to list."""
    request = window.context.request
    for name, scopes in (("Nightly report", ["read", "ask"]), ("Notes app", ["read", "write"])):
        request.post("/api/v1/keys", data={"name": name, "scopes": scopes, "expires_days": 90})
    request.post("/api/v1/invitations", data={"email": "kim@example.org"})
    request.post("/api/v1/auth/login", data={"email": "mina@example.org", "password": "not this one"})


def prepare(window: Window) -> None:
    """Compare meaning alone with both searches, on three questions."""
    request = window.context.request
    collection = request.get("/api/v1/collections").json()["data"][0]["id"]
    for question, words in ((ENGLISH, "diesel"), (KOREAN, "빌릴 수"), ("Who looks after the lamp?", "keeper")):
        hit = request.get("/api/v1/search", params={"q": words}).json()["data"][0]
        body = {"collection_id": collection, "text": question, "passage_ids": [hit["passage_id"]]}
        request.post("/api/v1/evaluation/questions", data=body)
    request.post("/api/v1/evaluation/runs", data={"collection_id": collection, "mode": "vector"})


def answer(window: Window, name: str) -> None:
    given = window.ask(KOREAN if window.language == "ko" else ENGLISH)
    if name != "phone":
        window.cite(given)
    shoot(window, name)
    window.context.close()


def shoot(window: Window, name: str | Path) -> None:
    """Take a picture to be kept, by its name, or into a file."""
    window.page.mouse.move(0, 0)
    window.page.wait_for_timeout(1500)  # what fades in has come
    window.page.screenshot(path=name if isinstance(name, Path) else IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
