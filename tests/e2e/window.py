"""One person's browser window, and what goes wrong in it."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.services.likeopt import eventually

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "tests" / "fixtures" / "documents"
PASSWORD = "a long password"
WORDS: dict[str, dict[str, str]] = {
    name: {
        key: text
        for file in (ROOT / "frontend/src/locales").rglob(f"{name}.json")
        for key, text in json.loads(file.read_text("utf-8")).items()
    }
    for name in ("en", "ko")
}


class Window:
    """A page of its own cookies. ``close`` fails on whatever the console or the network showed.

    Without a service worker, as where there is no HTTPS: while one stands between, a test cannot
    reliably answer in the server's place. test_offline.py allows it.
    """

    def __init__(self, browser: Browser, url: str, *, language: str = "en", **options: Any) -> None:
        self.url = url
        self.language = language
        self.urls: list[str] = []
        self.console: list[str] = []
        options = {"service_workers": "block", "viewport": {"width": 1280, "height": 800}, **options}
        blocked = options["service_workers"] == "block"
        self._expected = ["Service Worker registration blocked by Playwright"] if blocked else []
        self.context = browser.new_context(
            base_url=url,
            locale={"en": "en-US", "ko": "ko-KR"}[language],
            **options,
        )
        self.context.on("request", lambda request: self.urls.append(request.url))
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.console.append(f"error: {error.error}"))
        self.page: Page = self.context.new_page()
        self.page.on("websocket", lambda socket: self.urls.append(socket.url))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text} ({message.location['url']})")

    def expect_console(self, pattern: str) -> None:
        """Chromium itself reports every refusal as an error: name the one that the test brings about."""
        self._expected.append(pattern)

    def another_tab(self) -> Window:
        """Open the same person's second tab; it is closed with the first."""
        tab = copy.copy(self)
        tab.page = self.context.new_page()
        tab.page.set_default_timeout(30_000)
        return tab

    def unexpected(self) -> list[str]:
        """Return what the console has shown so far that the test does not bring about."""
        return [text for text in self.console if not any(re.search(part, text) for part in self._expected)]

    def close(self) -> None:
        self.context.close()
        assert self.unexpected() == [], self.unexpected()
        assert foreign(self.urls, self.url) == [], foreign(self.urls, self.url)

    # --- words ------------------------------------------------------------------------------

    def t(self, key: str, **fields: object) -> str:
        """Say it as the page does, in the language that it is shown in."""
        text = WORDS[self.language][key]
        for name, value in fields.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def button(self, key: str, **fields: object) -> Locator:
        return self.page.get_by_role("button", name=self.t(key, **fields), exact=True)

    # --- through the API, for what a test only begins with ----------------------------------

    def register(self, name: str = "Mina") -> str:
        """Make an account of its own and be signed in; return its email."""
        email = f"{name.lower()}-{uuid4().hex}@example.org"
        answer = self.context.request.post(
            "/api/v1/auth/register", data={"email": email, "password": PASSWORD, "name": name}
        )
        assert answer.status == 201, answer.text()
        return email

    def add(self, *names: str, collection_id: str = "") -> None:
        """Upload documents, into the first collection unless told otherwise, and wait until they can be asked about."""
        for name in names:
            file = {"name": name, "mimeType": "application/octet-stream", "buffer": (DOCUMENTS / name).read_bytes()}
            fields: dict[str, Any] = {"files": file, **({"collection_id": collection_id} if collection_id else {})}
            answer = self.context.request.post("/api/v1/documents", multipart=fields)
            assert answer.status == 202, answer.text()
        eventually(lambda: set(self.states(collection_id).values()) == {"ready"}, "every document is ready", 90)

    def states(self, collection_id: str = "") -> dict[str, str]:
        which = f"?collection_id={collection_id}" if collection_id else ""
        listed = self.context.request.get(f"/api/v1/documents{which}").json()["data"]
        return {document["filename"]: document["status"] for document in listed}

    # --- what a person does -----------------------------------------------------------------

    def drop(self, *files: Path, says: str | re.Pattern[str] = "") -> None:
        """Drop files on the page, as from a file manager; before it takes them, it says something."""
        carried = [{"name": file.name, "data": base64.b64encode(file.read_bytes()).decode()} for file in files]
        transfer = self.page.evaluate_handle(
            """(files) => {
              const transfer = new DataTransfer();
              for (const { name, data } of files) {
                const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
              }
              return transfer;
            }""",
            carried,
        )
        zone = self.page.get_by_role("main")
        zone.dispatch_event("dragenter", {"dataTransfer": transfer})
        expect(self.page.get_by_text(self.t("upload.drop_now"))).to_be_visible()
        if says:
            expect(self.page.get_by_text(says)).to_be_visible()
        zone.dispatch_event("drop", {"dataTransfer": transfer})

    def end_session(self) -> None:
        """End it on the server, once the page has asked for all that it asks for by itself.

        An answer on its way could bring a cookie back that is taken away here alone.
        """
        self.page.wait_for_load_state("networkidle")
        ended = self.context.request.post("/api/v1/auth/logout", headers={"Origin": self.url})
        assert ended.ok, ended.text()
        self.context.clear_cookies()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name=self.t("composer.label"), exact=True)

    def send(self, question: str) -> Locator:
        """Ask, and return the answer, which may not have ended."""
        before = self.messages("assistant").count()
        self.composer.fill(question)
        self.composer.press("Enter")
        return self.messages("assistant").nth(before)

    def ask(self, question: str) -> Locator:
        answer = self.send(question)
        expect(answer).to_have_attribute("data-status", "complete", timeout=60_000)
        return answer

    def messages(self, role: str) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-role="{role}"]')

    def row(self, name: str) -> Locator:
        return self.page.get_by_test_id("document-row").filter(has_text=name)

    def cite(self, answer: Locator, n: int = 0) -> Locator:
        """Open a citation of an answer; return the panel beside it."""
        citation = answer.get_by_test_id("citation").nth(n)
        citation.click()
        expect(citation).to_have_attribute("aria-expanded", "true")
        panel = self.page.get_by_test_id("source-panel")
        expect(panel.locator('[aria-busy="true"]')).to_have_count(0)
        return panel

    def settings(self) -> Locator:
        self.page.get_by_role("button", name=self.t("settings.title")).click()
        dialog = self.page.get_by_role("dialog", name=self.t("settings.title"))
        expect(dialog).to_be_visible()
        return dialog

    def choose_language(self, language: str) -> None:
        name = {"en": "English", "ko": "한국어"}[language]
        self.settings().get_by_text(name, exact=True).click()
        self.language = language
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        self.page.get_by_role("dialog").get_by_role("button", name=self.t("action.close")).click()


def foreign(urls: Iterable[str], origin: str) -> list[str]:
    """Return the addresses that are neither the server's nor within the page."""
    own = urlsplit(origin).netloc
    return [url for url in urls if urlsplit(url).scheme not in ("blob", "data") and urlsplit(url).netloc != own]
