"""Without a connection: the page opens, says so, keeps what is asked, and sends it once."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.app.wiring import page_folder
from tests.e2e.test_accessibility import AXE, Inspector
from tests.e2e.test_keyboard import use
from tests.e2e.window import Window
from tests.services.likeopt import Server, eventually, likeopt_server

QUESTION = "How much diesel does the generator burn?"
ANSWER = "four litres of diesel"
# Chromium reports each request that finds no network.
NO_NETWORK = r"net::ERR_(INTERNET_DISCONNECTED|FAILED|NETWORK_CHANGED) "


@pytest.fixture
def open_window(open_window: Callable[..., Window]) -> Callable[..., Window]:
    """Open windows as people have them, with a service worker."""
    return functools.partial(open_window, service_workers="allow")


@pytest.fixture
def away(window: Window) -> Window:
    """A person whose page has been kept by the browser, and who has lost the connection."""
    window.add("english.pdf")
    window.page.goto("/")
    expect(window.page.get_by_role("heading", name=window.t("welcome.title"))).to_be_visible()
    wait_until_kept(window.page)
    lose_connection(window)
    return window


def wait_until_kept(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def lose_connection(window: Window) -> None:
    window.expect_console(NO_NETWORK)
    window.context.set_offline(True)
    expect(window.page.get_by_text(window.t("connection.offline"))).to_be_visible()


def questions(window: Window) -> list[str]:
    """Return what the server has been asked, in all conversations."""
    request = window.context.request
    asked = []
    for conversation in request.get("/api/v1/conversations").json()["data"]:
        messages = request.get(f"/api/v1/conversations/{conversation['id']}/messages").json()["data"]
        asked += [message["text"] for message in messages if message["role"] == "user"]
    return asked


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_opens_without_a_connection_and_says_so(away: Window) -> None:
    page = away.page
    page.reload()
    banner = page.get_by_role("status").filter(has_text=away.t("connection.offline"))
    expect(banner).to_be_visible()
    expect(away.composer).to_be_focused()
    expect(page.get_by_text("Mina")).to_be_visible()
    page.get_by_role("link", name=away.t("frame.documents")).first.click()
    expect(page.get_by_text(away.t("error.UNREACHABLE"))).to_be_visible()
    away.settings()
    page.keyboard.press("Escape")
    away.context.set_offline(False)
    expect(banner).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text=away.t("connection.back"))).to_have_count(1)
    expect(away.row("english")).to_be_visible()
    expect(page.get_by_text(away.t("error.UNREACHABLE"))).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_question_asked_offline_survives_a_reload_and_is_sent_once(away: Window) -> None:
    page = away.page
    waiting = page.get_by_test_id("outbox-question")
    away.composer.fill(QUESTION)
    away.composer.press("Enter")
    expect(waiting).to_contain_text(QUESTION)
    expect(waiting).to_contain_text(away.t("outbox.waiting"))
    expect(away.composer).to_have_value("")
    page.reload()
    expect(waiting).to_contain_text(QUESTION)
    away.context.set_offline(False)
    answer = away.messages("assistant")
    expect(answer).to_contain_text(ANSWER)
    expect(waiting).to_have_count(0)
    expect(page).to_have_url(re.compile("/chat/"))
    assert questions(away) == [QUESTION]


def test_two_windows_send_a_question_once(away: Window) -> None:
    other = away.context.new_page()
    other.goto("/")
    away.composer.fill(QUESTION)
    away.composer.press("Enter")
    expect(other.get_by_test_id("outbox-question")).to_contain_text(QUESTION)
    away.context.set_offline(False)
    for page in (away.page, other):
        expect(page.get_by_test_id("outbox-question")).to_have_count(0)
    eventually(lambda: questions(away) == [QUESTION], "the question has come")
    for page in (away.page, other):
        page.reload()
        expect(page.get_by_test_id("conversation")).to_have_count(1)
    assert questions(away) == [QUESTION]


@pytest.mark.parametrize("language", ["ko"])
def test_with_keys_alone_what_is_taken_back_is_written_anew_and_not_sent(away: Window) -> None:
    away.composer.focus()
    away.page.keyboard.type(QUESTION)
    away.page.keyboard.press("Enter")
    use(away.page, away.button("outbox.cancel"), "Shift+Tab")
    expect(away.page.get_by_test_id("outbox-question")).to_have_count(0)
    expect(away.composer).to_have_value(QUESTION)
    expect(away.composer).to_be_focused()
    away.context.set_offline(False)
    expect(away.page.get_by_text(away.t("connection.offline"))).to_have_count(0)
    assert questions(away) == []


def test_questions_to_an_old_conversation_and_a_new_one_find_their_way(away: Window) -> None:
    away.context.set_offline(False)
    expect(away.page.get_by_text(away.t("connection.offline"))).to_have_count(0)
    away.ask("What does the keeper write into the log?")
    away.context.set_offline(True)
    expect(away.page.get_by_text(away.t("connection.offline"))).to_be_visible()
    away.composer.fill("And who reads it?")
    away.composer.press("Enter")
    expect(away.page.get_by_test_id("outbox-question")).to_have_count(1)
    away.page.get_by_role("link", name=away.t("frame.new_chat")).first.click()
    expect(away.page.get_by_test_id("outbox-question")).to_have_count(0)
    away.composer.fill(QUESTION)
    away.composer.press("Enter")
    expect(away.page.get_by_test_id("outbox-question")).to_contain_text(QUESTION)
    away.context.set_offline(False)
    expect(away.messages("assistant")).to_contain_text(ANSWER)
    expect(away.page.get_by_text(away.t("outbox.sent"))).to_be_visible()
    away.button("outbox.open").click()
    expect(away.messages("user")).to_have_text(["What does the keeper write into the log?", "And who reads it?"])
    expect(away.messages("assistant").last).to_have_attribute("data-status", "complete")


@pytest.mark.parametrize("language", ["ko"])
def test_a_change_that_finds_no_connection_goes_back_and_says_so(away: Window) -> None:
    away.context.set_offline(False)
    expect(away.page.get_by_text(away.t("connection.offline"))).to_have_count(0)
    answer = away.ask(QUESTION)
    away.context.set_offline(True)
    thumb = answer.get_by_role("button", name=away.t("message.good"), exact=True)
    thumb.click()
    expect(away.page.get_by_test_id("notice").filter(has_text=away.t("error.UNREACHABLE"))).to_be_visible()
    expect(thumb).to_have_attribute("aria-pressed", "false")
    away.context.set_offline(False)


def test_nothing_that_the_api_answers_is_kept_by_the_browser(window: Window) -> None:
    window.add("english.pdf")
    page = window.page
    page.goto("/")
    wait_until_kept(page)
    window.cite(window.ask(QUESTION)).get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(page.locator(".pdf-page:not(.skeleton-page)")).to_be_visible()
    kept = page.evaluate(
        """async () => {
          const stores = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
          return stores.flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    assert {path for path in kept if not path.startswith("/static/")} == {"/"}
    assert any(re.search(r"/static/chat\.", path) for path in kept)
    assert any(re.search(r"/static/pdf\.[0-9a-f]{16}\.js", path) for path in kept), "kept when it has been used"
    stored = json.dumps(page.evaluate("({ ...localStorage })"))
    assert "@example.org" not in stored
    assert "diesel" not in stored


def test_who_signs_out_leaves_nothing_behind(window: Window) -> None:
    page = window.page
    page.goto("/")
    window.composer.fill("a secret thought")
    eventually(lambda: "a secret thought" in str(page.evaluate("({ ...localStorage })")), "the draft is kept")
    window.settings().get_by_role("button", name=window.t("settings.sign_out")).click()
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()
    stored = page.evaluate("({ ...localStorage })")
    assert "secret" not in str(stored)
    assert "Mina" not in str(stored)
    lose = window.context.set_offline
    wait_until_kept(page)
    window.expect_console(NO_NETWORK)
    lose(True)
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text(window.t("error.UNREACHABLE"))
    lose(False)
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_can_be_installed(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("welcome.no_documents"))).to_be_visible()
    expect(page.locator("link[rel=manifest]")).to_have_attribute("href", f"/static/manifest.{language}.webmanifest")
    wait_until_kept(page)
    session = window.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    stated = json.loads(manifest["data"])
    assert stated["lang"] == language
    assert stated["id"] == "/"
    for icon in stated["icons"]:
        picture = page.evaluate(
            """async (src) => {
              const picture = await createImageBitmap(await (await fetch(src)).blob());
              return `${picture.width}x${picture.height}`;
            }""",
            icon["src"],
        )
        assert picture == icon["sizes"]
    assert {icon["purpose"] for icon in stated["icons"]} == {"any", "maskable"}
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in ([], NOT_FOR_THE_INCOGNITO)


# Each of Playwright's contexts is a private window, in which nothing is ever installed.
NOT_FOR_THE_INCOGNITO = [{"errorId": "in-incognito", "errorArguments": []}]


# --- a page that is built anew while it is open ----------------------------------------------


@pytest.fixture
def rebuilt(tmp_path: Path) -> Iterator[tuple[Server, Callable[[], None]]]:
    """A server on a copy of the program, and what builds its page anew: every hashed name changes."""
    root = Path(__file__).resolve().parents[2]
    copy = tmp_path / "copy"
    shutil.copytree(root / "backend", copy / "backend", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "gunicorn_config.py", copy)
    dist = copy / "frontend" / "dist"
    shutil.copytree(page_folder(), dist)

    def build() -> None:
        names = [path.name for path in dist.iterdir() if re.search(r"\.[0-9a-f]{16}\.(js|css)$", path.name)]
        new = {name: re.sub(r"\.([0-9a-f]{16})\.", lambda hashed: f".{hashed[1][::-1]}.", name) for name in names}
        for packed in [*dist.glob("*.br"), *dist.glob("*.gz")]:
            packed.unlink()
        for path in [dist / name for name in [*names, "index.html", "sw.js"]]:
            text = path.read_text("utf-8")
            for hashed in {re.search(r"\.([0-9a-f]{16})\.", name)[1] for name in names}:
                text = text.replace(hashed, hashed[::-1])
            text = re.sub(r'(?<=revision:")[0-9a-f]{16}', lambda revision: revision[0][::-1], text)
            path.unlink()
            (dist / new.get(path.name, path.name)).write_text(text, "utf-8")

    with likeopt_server(tmp_path / "data", cwd=copy, LIKEOPT_OPEN_REGISTRATION="true", PYTHONPATH=str(copy)) as server:
        yield server, build


def test_a_newer_page_is_offered_and_an_older_one_is_no_dead_end(
    rebuilt: tuple[Server, Callable[[], None]], open_window: Callable[..., Window]
) -> None:
    server, build = rebuilt
    window = open_window(server.url, service_workers="block")  # as without HTTPS: nothing is kept
    window.context.add_init_script(path=AXE)
    window.register()
    page = window.page
    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("welcome.no_documents"))).to_be_visible()
    before = runtime(page)
    window.composer.fill("half a question")
    page.wait_for_load_state("networkidle")  # what it fetches when there is time
    build()
    window.expect_console(r"status of 404 .*/static/")  # what the page would have fetched next too
    window.expect_console(r"Refused to (apply style|execute script) .*/static/")
    page.get_by_role("link", name=window.t("frame.documents")).first.click()
    expect(page.get_by_role("alert")).to_contain_text(window.t("error.NEW_VERSION"))
    inspector = Inspector(page)
    inspector.look("a page that a newer one has replaced")
    assert inspector.found == []
    window.button("action.reload").click()
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()
    assert runtime(page) != before
    page.get_by_role("link", name=window.t("frame.new_chat")).first.click()
    expect(window.composer).to_have_value("half a question")


def test_a_page_that_is_kept_goes_on_until_the_newer_one_is_taken(
    rebuilt: tuple[Server, Callable[[], None]], open_window: Callable[..., Window]
) -> None:
    server, build = rebuilt
    window = open_window(server.url)
    window.register()
    page = window.page
    page.goto("/")
    wait_until_kept(page)
    before = runtime(page)
    page.wait_for_load_state("networkidle")  # what it fetches when there is time
    build()
    page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update())")
    offer = page.get_by_test_id("notice").filter(has_text=window.t("version.ready"))
    expect(offer).to_be_visible()
    page.get_by_role("link", name=window.t("frame.documents")).first.click()
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()
    assert runtime(page) == before
    page.wait_for_load_state("networkidle")  # what is being fetched delays the worker that makes way
    offer.get_by_role("button", name=window.t("action.reload")).click()
    expect(offer).to_have_count(0)
    expect(page.get_by_role("heading", name=window.t("documents.title"))).to_be_visible()
    after = runtime(page)
    assert after != before
    page.wait_for_function(
        """async (name) => {
          const { waiting, active } = await navigator.serviceWorker.ready;
          return !waiting && active?.state === 'activated' && Boolean(await caches.match(`/static/${name}`));
        }""",
        arg=after,
    )
    lose_connection(window)
    page.reload()
    expect(page.get_by_text(window.t("connection.offline"))).to_be_visible()
    assert runtime(page) == after
    window.context.set_offline(False)
    expect(page.get_by_text(window.t("connection.offline"))).to_have_count(0)


def runtime(page: Page) -> str:
    return str(page.evaluate("document.querySelector('script[src*=\"/runtime.\"]').src.split('/').pop()"))
