"""Texts that try to run as code or to fetch from elsewhere, wherever others' words reach the page.

A text that only the Content-Security-Policy stopped is a fault, too: Chromium reports what it
refuses to the console, and ``Window.close`` fails on whatever is there.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.support.filling import fill_texts
from tests.e2e.window import PASSWORD, ROOT, Window, foreign
from tests.fakes.scripted_model import Script, ScriptedModel
from tests.services.client import Client
from tests.services.likeopt import Server, likeopt_server

CORPUS = json.loads((ROOT / "tests/fixtures/xss.json").read_text("utf-8"))
TEXTS: list[str] = [text.replace("\0", "") for kind in ("html", "markdown", "text") for text in CORPUS[kind]]
LIVE = "<img src=x onerror=ran()>"
HARMLESS = (Path(__file__).parent / "support" / "harmless.js").read_text("utf-8")
EMAIL = "reader@example.org"

WATCH = """
  window.ran = () => console.error('it ran');
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    console.error(`only the policy stopped it: ${violatedDirective} ${blockedURI} ${sample}`));
"""


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(models=(f"scripted-{LIVE}",)) as model:
        yield model


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    """A server with a person whose every text attacks."""
    with likeopt_server(
        tmp_path_factory.mktemp("attacked"), LIKEOPT_OPEN_REGISTRATION="true", LIKEOPT_LLM_BASE_URL=model.url
    ) as server:
        client = Client(server.url)
        account = {"email": EMAIL, "password": PASSWORD, "name": f"{LIVE}{{{{ran()}}}}"}
        client.data("POST", "/auth/register", json=account)
        client.data("POST", "/documents", fields=[("files", (f"{LIVE}'\".html", book()))])
        client.indexed()
        client.close()
        yield server


@pytest.fixture(scope="module")
def everything(site: Server) -> str:
    """The id of a conversation that holds every text."""
    return fill_texts(site.data_dir, EMAIL, TEXTS)


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """That person's window; a dialog that opens in it is an error."""
    window = open_window()
    window.context.add_init_script(WATCH)
    window.page.on("dialog", lambda dialog: (window.console.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    answer = window.context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok
    return window


def book() -> bytes:
    """A document with every text as a heading and a paragraph, and one as its title."""
    parts = [f"<h2>{html.escape(text)}</h2><p>Lighthouse: {html.escape(text)}</p>" for text in TEXTS]
    return f"<!doctype html><title>{html.escape(LIVE)} A book</title>{''.join(parts)}<script>ran()</script>".encode()


def book_id(window: Window) -> str:
    listed = window.context.request.get("/api/v1/documents?q=A+book").json()["data"]
    return next(str(document["id"]) for document in listed if document["title"].endswith("A book"))


def assert_harmless(window: Window) -> None:
    assert window.page.evaluate(HARMLESS) == []
    assert window.unexpected() == []


def words(text: str) -> str:
    """What is left of a text however white space and line ends are shown."""
    return re.sub(r"\s+", "", text)


def shown(elements: Locator) -> set[str]:
    return {words(text) for text in elements.all_text_contents()}


def test_the_watch_sees_what_runs_what_the_policy_stops_and_what_does_not_belong(window: Window) -> None:
    for pattern in ("it ran", "only the policy stopped it", "Content Security Policy", "Failed to load resource"):
        window.expect_console(pattern)
    page = window.page
    page.goto("/")
    expect(window.composer).to_be_visible()
    assert_harmless(window)
    for attack, told in (
        ("ran()", "it ran"),
        ("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=ran()>')", "stopped it: script-src-attr"),
        ("document.body.insertAdjacentHTML('beforeend', '<p style=color:red>x</p>')", "stopped it: style-src-attr"),
        ("new Image().src = 'https://elsewhere.example/pixel.png'", "stopped it: img-src https://elsewhere.example"),
        ("fetch('https://elsewhere.example/').catch(() => {})", "stopped it: connect-src https://elsewhere.example"),
    ):
        with page.expect_console_message(lambda message, told=told: told in message.text):  # type: ignore[misc]
            page.evaluate(f"() => {{ {attack} }}")
    assert foreign(window.urls, window.url)
    window.urls.clear()
    page.reload()
    expect(window.composer).to_be_visible()
    for text in (
        LIVE,
        "<a id=app></a>",
        "<a href=javascript:0>x</a>",
        "<a href=//elsewhere.example>x</a>",
        "<base>",
    ):
        page.evaluate("(text) => document.body.insertAdjacentHTML('beforeend', text)", text)
        assert page.evaluate(HARMLESS), text
        page.evaluate("document.body.lastChild.remove()")
    assert page.evaluate(HARMLESS) == []


def test_every_message_title_name_and_source_is_words(window: Window, everything: str) -> None:
    page = window.page
    page.goto(f"/chat/{everything}")
    expect(window.messages("assistant").last).to_be_visible()
    scroller = page.get_by_role("region", name=window.t("message.list"))
    seen: set[str] = set()
    chips: set[str] = set()

    def look() -> None:
        assert_harmless(window)
        seen.update(shown(page.locator(".question")))
        chips.update(shown(page.locator(".source-chip-title")))

    for _ in range(80):
        look()
        if scroller.evaluate("(box) => box.scrollTop === 0") and len(seen) == len(TEXTS):
            break
        scroller.evaluate("(box) => box.scrollBy(0, -2 * box.clientHeight)")
        page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 60))")
    assert {words(text) for text in TEXTS} == seen == chips

    # What is behind a number: the passage, its title, its heading.
    for n in range(3):
        chip = window.messages("assistant").nth(n).get_by_test_id("citation")
        chip.click()
        panel = page.get_by_test_id("source-panel")
        expect(panel.locator('[aria-busy="true"]')).to_have_count(0)
        assert shown(panel.get_by_test_id("source-quote")) == {words(TEXTS[n])}
        assert_harmless(window)
        panel.press("Escape")


def test_every_conversation_and_document_is_listed_by_its_words(window: Window, everything: str) -> None:
    page = window.page
    page.goto("/documents")
    wanted = {words(text) for text in TEXTS}
    rows = page.locator(".row-title")
    expect(rows.first).to_be_visible()
    while not wanted <= shown(rows):
        before = rows.count()
        window.button("documents.more").click()
        expect(rows.nth(before)).to_be_attached()
    assert_harmless(window)
    titles = page.get_by_test_id("conversation").locator("a")
    seen: set[str] = set()
    for _ in range(60):  # only the titles near the screen are drawn
        seen |= shown(titles)
        assert_harmless(window)
        if wanted <= seen:
            break
        page.locator(".conversation-box").evaluate("(box) => box.scrollBy(0, box.clientHeight)")
        page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 100))")
    assert wanted <= seen
    page.get_by_role("searchbox", name=window.t("conversation.search")).fill("</title>")
    titles.filter(has_text="</title><script>ran()").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("</title><script>ran()</script>")
    expect(page).to_have_title("</title><script>ran()</script> · Like-Opt")
    assert_harmless(window)


def test_a_document_and_what_is_found_in_it_are_words(window: Window) -> None:
    page = window.page
    page.goto(f"/documents/{book_id(window)}")
    passages = page.get_by_role("list", name=window.t("document.passages_label"))
    more = window.button("document.more_passages")
    expect(passages.locator(".passage").first).to_be_visible()
    while more.count():
        before = passages.locator(".passage").count()
        more.click()
        expect(passages.locator(".passage").nth(before)).to_be_visible()
    said = words(str(passages.text_content()))
    assert [text for text in CORPUS["html"] if words(text) not in said] == []
    assert_harmless(window)

    page.goto("/search?q=lighthouse&k=100")
    hits = page.get_by_test_id("hit")
    expect(hits.first).to_be_visible()
    assert_harmless(window)
    hits.first.locator(".hit-open").click()
    expect(page.get_by_test_id("source-panel").get_by_test_id("source-quote").first).to_be_visible()
    assert_harmless(window)


def test_what_a_model_says_is_words_while_it_comes_and_afterwards(window: Window, model: ScriptedModel) -> None:
    for text in ("\n\n".join(CORPUS["markdown"]), "\n\n".join([*CORPUS["html"], *CORPUS["text"]])):
        pieces = [text[at : at + 60] for at in range(0, len(text), 60)]
        model.scripts[:] = [Script.answer(*pieces)]
        window.page.goto("/")
        answer = window.send("What does the lighthouse book say? " + LIVE)
        while answer.get_attribute("data-status") != "complete":
            assert_harmless(window)
        assert_harmless(window)
        expect(answer).to_contain_text("elsewhere.example")
        expect(answer).to_contain_text(f"scripted-{LIVE}")
        for link in answer.locator("a").all():
            assert re.match(r"https?://|mailto:", str(link.get_attribute("href")))
    window.settings()
    expect(window.page.get_by_role("dialog")).to_contain_text(f"scripted-{LIVE}")
    expect(window.page.get_by_role("dialog")).to_contain_text(f"{LIVE}{{{{ran()}}}}")
    assert_harmless(window)


def test_names_of_collections_and_of_files_that_are_refused_are_words(window: Window) -> None:
    window.expect_console("status of 4")
    page = window.page
    page.goto("/documents")
    names = [text.replace("\n", " ") for text in CORPUS["html"]]
    for name in names[::8]:
        made = page.context.request.post("/api/v1/collections", data={"name": name})
        assert made.status in (201, 409)  # by the first of two tries
    page.reload()
    options = page.get_by_label(window.t("collection.label"), exact=True).locator("option")
    expect(options.filter(has_text=names[-1 - (len(names) - 1) % 8])).not_to_have_count(0)
    assert {words(f"{name} (0)") for name in names[::8]} <= shown(options)
    transfer = page.evaluate_handle(
        """(names) => {
          const transfer = new DataTransfer();
          for (const name of names) transfer.items.add(new File(['no document'], `${name}.xyz`));
          return transfer;
        }""",
        names,
    )
    page.get_by_role("main").dispatch_event("drop", {"dataTransfer": transfer})
    rows = page.locator('[data-status="refused"] .row-title')
    expect(rows.first).to_be_visible(timeout=60_000)
    # A long list is folded. By a key: a list of documents that comes late moves what the pointer stands over.
    page.locator("lo-upload-list .button-wide").press("Enter")
    expect(rows).to_have_count(len(names), timeout=60_000)
    assert page.evaluate(HARMLESS) == []
    page.get_by_role("link", name=window.t("frame.new_chat")).first.click()
    expect(page.get_by_label(window.t("composer.collection")).locator("option").first).to_be_attached()
    assert page.evaluate(HARMLESS) == []


def test_addresses_are_words_and_lead_nowhere_else(window: Window, site: Server) -> None:
    window.expect_console("status of 4")
    page = window.page
    queries = [""]
    for text in TEXTS:
        if len(quote(queries[-1] + text)) > 1800:
            queries.append("")
        queries[-1] += f"{text} "
    for query in queries[::2]:
        page.goto(f"/search?{urlencode({'q': query, 'mode': LIVE, 'collection': LIVE, 'k': LIVE})}")
        field = page.get_by_role("searchbox", name=window.t("search.label"))
        expect(field).not_to_have_value("")
        assert words(field.input_value()) == words(query)
        assert page.evaluate(HARMLESS) == []
    for path in (
        "/chat/%E0%A4%A",
        f"/chat/{quote(LIVE)}",
        f"/documents/{quote(LIVE)}",
        "/chat/__proto__",
        f"/{quote(LIVE)}",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate(HARMLESS) == []
    for address in CORPUS["address"][:6]:
        page.goto(f"/sign-in?next={quote(address, safe='')}")
        expect(window.composer).to_be_visible()
        assert page.evaluate("location.href") == f"{site.url}/"


def test_files_that_are_fetched_are_saved_or_shown_as_plain_text(window: Window, everything: str) -> None:
    ask = window.context.request
    for path, kind, saved in (
        (f"documents/{book_id(window)}/content", "text/html", True),
        (f"documents/{book_id(window)}/content?format=text", "text/plain", False),
        (f"conversations/{everything}/export?format=md", "text/markdown", True),
        (f"conversations/{everything}/export?format=json", "application/json", True),
    ):
        answer = ask.get(f"/api/v1/{path}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers.get("content-disposition", "").startswith("attachment") is saved, path
        assert (
            "script-src 'self'" in answer.headers["content-security-policy"]
            or "sandbox" in answer.headers["content-security-policy"]
        )
    exported = ask.get(f"/api/v1/conversations/{everything}/export?format=json").json()
    assert [message["text"] for message in exported["messages"][::2]] == TEXTS
    window.page.goto(f"/api/v1/documents/{book_id(window)}/content?format=text")
    expect(window.page.locator("pre")).to_contain_text("<script>ran()</script>")
    assert window.page.locator("script").count() == 0
    # A title that would end a header and begin another is one name.
    titles = ask.get("/api/v1/conversations?q=Set-Cookie").json()["data"]
    saved_as = ask.get(f"/api/v1/conversations/{titles[0]['id']}/export?format=md")
    assert "set-cookie" not in saved_as.headers or "a=b" not in saved_as.headers["set-cookie"]
    assert saved_as.headers["content-type"].startswith("text/markdown")
