"""Every page and state as axe-core judges it: WCAG 2.2 AA, light and dark, wide and narrow, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.window import DOCUMENTS, ROOT, Window
from tests.fakes import pictures
from tests.services.client import EMAIL, PASSWORD, Client
from tests.services.likeopt import Server

AXE = ROOT / "node_modules/axe-core/axe.min.js"
QUESTION = "How much diesel does the generator burn?"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DIALOG = "dialog[open]"
RUN = """async ([within, options]) => {
  // axe does not know that a modal dialog lies over everything, whatever its z-index.
  for (const dialog of document.querySelectorAll('dialog:modal')) dialog.style.zIndex = 2147483647;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  // Colours are measured when nothing fades any more.
  await Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => {})));
  const { violations, passes } = await axe.run(within || document, options);
  return [passes.length, getComputedStyle(document.documentElement).backgroundColor,
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      `${id}: ${target.join(' ')}: ${failureSummary}`))];
}"""
# A notice is looked at for as long as that takes.
NOTICES_STAY = """() => {
  const { setTimeout } = window;
  window.setTimeout = (task, wait, ...rest) => setTimeout(task, wait > 6000 ? 600000 : wait, ...rest);
}"""


class Inspector:
    """Looks at what is shown now, and remembers what is wrong with it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []

    def look(self, state: str, within: str = "") -> None:
        """Look at all that is shown, or, where the rest has been looked at before, at a part of it."""
        everything: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}
        colours: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
        grounds = set()
        for scheme, options in (("light", everything), ("dark", colours)):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            passed, ground, violations = self.page.evaluate(RUN, [within, options])
            assert passed > 0, f"{state}, {scheme}: nothing was looked at"
            grounds.add(ground)
            self.found += [f"{state}, {scheme}: {violation}" for violation in violations]
        assert len(grounds) == 2, f"{state}: light and dark are the same"
        self.page.emulate_media(color_scheme="light")


def arrive(open_window: Callable[..., Window], **options: Any) -> tuple[Window, Inspector]:
    window = open_window(**options)
    window.context.add_init_script(path=AXE)
    return window, Inspector(window.page)


def test_axe_finds_what_is_wrong(window: Window) -> None:
    window.context.add_init_script(path=AXE)
    window.page.goto("/")
    expect(window.composer).to_be_visible()
    inspector = Inspector(window.page)
    window.page.evaluate("document.querySelector('#conversation-search').replaceWith(document.createElement('input'))")
    window.page.evaluate("document.querySelector('h1').style.color = 'rgb(240 240 240)'")
    inspector.look("spoilt")
    assert {violation.split(": ")[1] for violation in inspector.found} >= {"label", "color-contrast"}


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_no_state_of_any_page_keeps_anybody_out(
    open_window: Callable[..., Window], language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    page = window.page
    look = inspector.look
    window.expect_console("status of 4|ERR_INTERNET_DISCONNECTED|Failed to load resource")

    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("sign_in.title.sign_in"))).to_be_visible()
    look("signing in")
    window.button("sign_in.submit.register").click()
    expect(page.get_by_role("heading", name=window.t("sign_in.title.register"))).to_be_visible()
    look("making an account", "main")
    window.register()
    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("welcome.no_documents"))).to_be_visible()
    look("the empty chat")
    window.add("english.pdf", "korean.pdf")
    page.goto("/documents")
    page.set_input_files("lo-file-buttons input[multiple]", {"name": "x.xyz", "mimeType": "x/y", "buffer": b"no"})
    expect(page.locator('[data-status="refused"]')).to_be_visible()
    look("the documents")
    page.get_by_test_id("document-row").last.locator("lo-menu button").first.click()
    expect(page.get_by_role("menuitem").first).to_be_focused()
    look("a document's menu")
    page.keyboard.press("Escape")
    window.button("collection.create").click()
    look("a new collection")
    page.keyboard.press("Escape")
    collection = page.get_by_role("combobox", name=window.t("collection.label"))
    collection.select_option(index=1)
    for what in ("collection.rename", "collection.delete"):
        page.locator(".collection-bar lo-menu button").first.click()
        page.get_by_role("menuitem", name=window.t(what)).click()
        expect(page.locator(DIALOG)).to_be_visible()
        look(what, DIALOG)
        page.keyboard.press("Escape")
    collection.select_option("")
    window.row("english").get_by_role("link").click()
    expect(page.get_by_text("supply boat Halcyon")).to_be_visible()
    look("a document")
    window.button("document.view_pages").click()
    expect(page.locator("main canvas:visible").first).to_be_visible()
    look("a document's pages", "main")
    plans = {"name": "Plans.docx", "mimeType": pictures.DOCX, "buffer": pictures.docx(a_png=pictures.plain(800, 600))}
    assert window.context.request.post("/api/v1/documents", multipart={"files": plans}).status == 202
    page.goto("/documents")
    expect(window.row("Plans")).to_have_attribute("data-status", "ready", timeout=60_000)
    window.row("Plans").get_by_role("link").click()
    tile = page.get_by_role("region", name=window.t("picture.heading")).get_by_role("button")
    expect(tile.locator("img")).to_have_js_property("complete", True)
    look("a document's pictures", "main")
    tile.click()
    expect(page.locator(DIALOG).get_by_role("img")).to_have_js_property("complete", True)
    look("a picture", DIALOG)
    page.keyboard.press("Escape")

    page.goto("/")
    expect(page.get_by_role("heading", name=window.t("welcome.title"))).to_be_visible()
    look("the welcome")
    answer = window.ask(QUESTION)
    look("an answer")
    panel = window.cite(answer)
    look("a source")
    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator(".pdf-marks i").first).to_be_in_viewport()
    look("a source's page", '[data-testid="source-panel"]')
    page.keyboard.press("Escape")
    answer.get_by_role("button", name=window.t("message.bad"), exact=True).click()
    expect(answer.get_by_role("textbox")).to_be_visible()
    look("a word with a thumb", '[data-testid="message"][data-role="assistant"]')
    window.ask("When does the supply boat come?")
    window.messages("user").first.get_by_role("button", name=window.t("message.edit"), exact=True).press("Enter")
    look("a question that is edited", ".messages")
    page.get_by_role("textbox", name=window.t("message.edit")).press("Enter")
    expect(page.locator(DIALOG).get_by_role("listitem")).to_have_count(1)
    look("what gives way to an earlier question", DIALOG)
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    page.get_by_role("textbox", name=window.t("message.edit")).press("Escape")
    if options:
        window.button("frame.open_sidebar").click()
        expect(page.get_by_test_id("conversation").first).to_be_in_viewport()
    page.get_by_test_id("conversation").first.locator("lo-menu button").first.click()
    expect(page.get_by_role("menuitem").first).to_be_focused()
    look("a conversation's menu")
    page.get_by_role("menuitem", name=window.t("conversation.rename")).click()
    look("renaming")
    page.keyboard.press("Escape")
    settings = window.settings()
    look("the settings")
    settings.get_by_role("button", name=window.t("shortcuts.title")).click()
    expect(page.get_by_role("dialog", name=window.t("shortcuts.title"))).to_be_visible()
    look("the shortcuts", DIALOG)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name=window.t("palette.title"))).to_be_focused()
    page.keyboard.type("english")
    expect(page.locator(DIALOG).get_by_role("group", name=window.t("documents.title"))).to_contain_text("english")
    look("the palette", DIALOG)
    page.keyboard.press("Escape")
    page.evaluate(NOTICES_STAY)
    page.route("**/api/v1/conversations/*", lambda route: route.abort())
    for what in ("conversation.pin", "conversation.delete"):
        page.get_by_test_id("conversation").first.locator("lo-menu button").first.click()
        page.get_by_role("menuitem", name=window.t(what)).click()
    expect(page.get_by_test_id("notice")).to_have_count(2)
    look("what failed, and what can be taken back", ".notices")
    page.unroute_all()
    window.button("action.undo").click()
    expect(page.get_by_test_id("conversation")).to_have_count(1)

    page.goto("/search")
    expect(page.get_by_role("heading", name=window.t("search.hints"))).to_be_visible()
    look("the empty search")
    page.goto("/search?q=diesel")
    expect(page.get_by_test_id("hit").first).to_be_visible()
    look("what was found")
    page.get_by_test_id("hit").first.locator(".hit-open").click()
    expect(page.get_by_test_id("source-panel").get_by_test_id("source-quote").first).to_be_visible()
    look("a passage that was found")
    page.keyboard.press("Escape")
    held: list[Route] = []
    page.route("**/api/v1/documents", lambda route: held.append(route))
    window.drop(DOCUMENTS / "garden.md", ROOT / "LICENSE")
    tray = page.get_by_role("region", name=window.t("upload.list"))
    expect(tray.locator("[data-status=uploading]")).to_be_visible()
    expect(tray.locator("[data-status=refused]")).to_be_visible()
    look("files on their way", ".upload-tray")
    page.unroute_all()
    page.goto("/search?q=xylophone&mode=bm25")
    expect(page.get_by_text(window.t("search.nothing_lead"))).to_be_visible()
    look("nothing found")
    page.goto("/documents/nobody-knows")
    expect(page.get_by_role("alert")).to_be_visible()
    look("a document that is not there")
    page.goto("/performance")
    expect(page.get_by_role("heading", name=window.t("performance.refused"))).to_be_visible()
    look("a page for administrators", "main")
    page.goto("/settings/people")
    expect(page.get_by_test_id("refusal")).to_be_visible()
    look("a section for administrators", "main")

    page.goto("/")
    expect(window.composer).to_be_visible()
    window.context.set_offline(True)
    expect(page.locator("lo-connection-banner")).not_to_be_empty()
    window.composer.fill(QUESTION)
    window.composer.press("Enter")
    expect(page.get_by_test_id("outbox-question")).to_be_visible()
    look("without a connection, with a question that waits")
    window.context.set_offline(False)
    expect(window.messages("assistant")).to_have_attribute("data-status", "complete")
    window.end_session()
    window.composer.fill(QUESTION)
    window.composer.press("Enter")
    expect(page.get_by_role("dialog", name=window.t("session.expired"))).to_be_visible()
    look("signing in again")
    assert inspector.found == []


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_an_administrators_figures_keep_nobody_out(
    open_window: Callable[..., Window], language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    assert window.context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    page = window.page
    page.goto("/performance?range=24h")
    expect(page.get_by_test_id("tile")).to_have_count(6)
    response = page.locator('[data-chart="response"]')
    expect(response.locator(".u-over")).to_be_visible()
    expect(page.locator(".u-over").last).to_be_attached()
    inspector.look("the figures")
    response.get_by_role("button", name=window.t("chart.as_table")).click()
    expect(response.get_by_role("table")).to_be_visible()
    inspector.look("a chart as a table", '[data-chart="response"]')
    assert inspector.found == []


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_comparing_settings_keeps_nobody_out(
    open_window: Callable[..., Window], language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    page, request = window.page, window.context.request
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    made = request.post("/api/v1/collections", data={"name": f"Comparing {uuid4().hex}"}).json()["data"]["id"]
    page.goto(f"/evaluate?collection={made}")
    expect(page.get_by_test_id("evaluate-empty")).to_be_visible()
    inspector.look("nothing to compare with")
    window.button("evaluate.import").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    inspector.look("an import")
    page.keyboard.press("Escape")
    window.add("english.pdf", collection_id=made)
    hit = request.get("/api/v1/search", params={"q": "diesel", "collection_id": made}).json()["data"][0]
    question = {"collection_id": made, "text": QUESTION, "passage_ids": [hit["passage_id"]]}
    assert request.post("/api/v1/evaluation/questions", data=question).ok
    body = {"message": "When does the supply boat come?", "collection_ids": [made]}
    assert request.post("/api/v1/chat", data=body).ok
    asked = request.get("/api/v1/conversations").json()["data"][0]["id"]
    answer = request.get(f"/api/v1/conversations/{asked}/messages").json()["data"][1]["id"]
    assert request.post("/api/v1/feedback", data={"message_id": answer, "value": 1}).ok
    assert request.post("/api/v1/evaluation/runs", data={"collection_id": made, "mode": "bm25"}).ok
    page.goto(f"/evaluate?collection={made}")
    page.get_by_test_id("result").locator("summary").click()
    inspector.look("a comparison")
    page.goto(f"/evaluate?collection={made}&view=questions")
    expect(page.get_by_test_id("question")).to_be_visible()
    inspector.look("the questions")
    window.button("evaluate.question.add").click()
    page.get_by_role("searchbox", name=window.t("evaluate.picker_search")).fill("diesel")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("checkbox").first.check()
    inspector.look("a new question")
    page.keyboard.press("Escape")
    page.goto(f"/evaluate?collection={made}&view=offers")
    expect(page.get_by_test_id("offer")).to_be_visible()
    inspector.look("the suggestions")
    assert inspector.found == []


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_the_settings_and_links_keep_nobody_out(
    open_window: Callable[..., Window], site: Server, language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    page, request, t = window.page, window.context.request, window.t
    other = Client(site.url)
    colleague = other.register(f"colleague-{uuid4().hex}@example.org")["email"]
    other.close()
    window.expect_console("status of 40[34]")
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    page.goto("/settings/account")
    expect(page.get_by_test_id("session").first).to_be_visible()
    page.get_by_label(t("password.current")).fill("not the password")
    page.get_by_label(t("password.new")).fill("another password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=t("error.WRONG_PASSWORD"))).to_be_visible()
    inspector.look("the account")
    page.goto("/settings/people")
    page.get_by_label(t("invitations.email")).fill(f"axe-{uuid4().hex}@example.org")
    page.keyboard.press("Enter")
    link = page.get_by_role("textbox", name=t("link.label"), exact=True)
    expect(link).to_be_visible()
    expect(page.get_by_test_id("person").first).to_be_visible()
    expect(page.get_by_test_id("invitation").first).to_be_visible()
    inspector.look("the people")
    person = page.get_by_test_id("person").filter(has_text=colleague)
    for act, shown in (("reset", page.get_by_role("dialog").get_by_role("textbox")), ("delete", page.locator(DIALOG))):
        person.locator("lo-menu > button").click()
        page.get_by_role("menuitem", name=t(f"people.act.{act}"), exact=True).click()
        expect(shown).to_be_visible()
        inspector.look(f"{act} of a person", DIALOG)
        page.locator(DIALOG).get_by_role("button", name=t("action.close")).click()
        expect(page.locator(DIALOG)).to_have_count(0)
    page.goto(link.input_value())
    expect(page.get_by_role("heading", name=t("sign_in.title.invite"))).to_be_visible()
    inspector.look("an invitation")
    page.goto("/reset/nothing")
    expect(page.get_by_role("alert")).to_be_visible()
    inspector.look("a link that is not valid")
    page.goto("/settings/audit")
    expect(page.get_by_test_id("event").first).to_be_visible()
    inspector.look("the audit log")
    assert inspector.found == []


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_members_and_followed_folders_keep_nobody_out(
    open_window: Callable[..., Window], site: Server, language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    page, request, t, name = window.page, window.context.request, window.t, f"Shared {uuid4().hex}"
    window.expect_console("status of 40[34]")
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    made = request.post("/api/v1/collections", data={"name": name}).json()["data"]["id"]
    papers = site.data_dir.parent / f"shared-{uuid4().hex}"
    papers.mkdir()
    (papers / "empty.txt").write_text("")
    page.goto("/documents")
    page.get_by_role("combobox", name=t("collection.label")).select_option(made)

    def open_dialog(item: str) -> Locator:
        page.get_by_role("button", name=t("collection.menu", name=name)).click()
        page.get_by_role("menuitem", name=t(item)).click()
        return page.get_by_role("dialog")

    dialog = open_dialog("members.title")
    expect(dialog.get_by_test_id("member")).to_have_count(1)
    inspector.look("the members")
    dialog.get_by_label(t("members.email")).fill("nobody@example.org")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    inspector.look("somebody unknown")
    page.keyboard.press("Escape")
    dialog = open_dialog("folders.title")
    expect(dialog).to_contain_text(t("folders.none"))
    inspector.look("no folder")
    path = dialog.get_by_label(t("folders.path"))
    path.fill("/")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    inspector.look("a folder that may not be followed")
    path.fill(str(papers))
    page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("folder")).to_contain_text(t("error.EMPTY_FILE"), timeout=30_000)
    inspector.look("a followed folder")
    papers.rename(papers.with_name(f"gone-{uuid4().hex}"))
    expect(dialog.get_by_test_id("folder")).to_contain_text(t("error.FOLDER_UNREADABLE"), timeout=30_000)
    inspector.look("a folder that is away")
    assert inspector.found == []
