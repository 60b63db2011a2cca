"""Everything that a person does, without a mouse: the focus is always somewhere, and always seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.support.network import Network
from tests.e2e.test_broken_streams import BROKEN
from tests.e2e.window import DOCUMENTS, PASSWORD, Window
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, delta, spoken
from tests.services.client import EMAIL, Client
from tests.services.likeopt import Server, likeopt_server

QUESTION = "How much diesel does the generator burn?"
FOCUS = """() => {
  const element = document.activeElement;
  const ring = (one) => one && (getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none');
  const box = element.getBoundingClientRect();
  return {
    lost: element === document.body,
    // A field may show it by its frame; a radio button of no size by its label.
    seen: ring(element) || ring(element.parentElement) || ring(element.closest('form, label')) ||
      element.matches('[tabindex="-1"], input, textarea'),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    what: element.outerHTML.slice(0, 120),
  };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Server]:
    with likeopt_server(
        tmp_path_factory.mktemp("keys"), LIKEOPT_OPEN_REGISTRATION="true", LIKEOPT_LLM_BASE_URL=model.url
    ) as server:
        client = Client(server.url)
        client.register()
        client.close()
        yield server


@pytest.fixture
def network(site: Server) -> Iterator[Network]:
    with Network(site.url) as network:
        yield network


def not_lost(page: Page) -> None:
    expect(page.locator("body :focus")).to_have_count(1, timeout=10_000)


def press(page: Page, *keys: str) -> None:
    """Press keys; afterwards the focus is not lost."""
    for key in keys:
        page.keyboard.press(key)
    not_lost(page)


def tab(page: Page, to: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there; each stop on the way is on the screen and can be seen."""
    expect(to).to_be_visible()
    wanted = to.element_handle()
    for _ in range(80):
        page.keyboard.press(key)
        stop = page.evaluate(FOCUS)
        if not stop["lost"]:  # the browser's own bar comes between the page's end and its beginning
            assert stop["seen"], f"nobody sees that {stop['what']} has the focus"
            assert stop["inside"], f"{stop['what']} has the focus beyond the screen"
        if page.evaluate("(element) => document.activeElement === element", wanted):
            return
    raise AssertionError("the focus never came there")


def use(page: Page, what: Locator, key: str = "Tab") -> None:
    tab(page, what, key)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_comes_adds_asks_and_reads_with_keys_alone(
    open_window: Callable[..., Window], model: ScriptedModel, language: str
) -> None:
    window = open_window(language=language)
    window.page.set_default_timeout(10_000)
    page, t = window.page, window.t
    page.on("filechooser", lambda _: None)  # from now on, so that the first one is not missed
    page.goto("/")
    expect(page.get_by_role("heading", name=t("sign_in.title.sign_in"))).to_be_visible()
    window.expect_console("status of 401")

    # Making an account.
    use(page, page.get_by_role("button", name=t("sign_in.submit.register")))
    expect(page.get_by_role("heading", name=t("sign_in.title.register"))).to_be_visible()
    tab(page, page.locator("input[name=name]"), "Shift+Tab")
    page.keyboard.type("Mina")
    tab(page, page.locator("input[type=email]"))
    page.keyboard.type(f"keys-{language}-{id(window)}@example.org")
    tab(page, page.locator("input[type=password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    # Adding a document from the empty chat.
    choose = window.button("upload.choose_files")
    expect(window.composer).to_be_focused()
    expect(choose).to_be_visible()
    tab(page, choose)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    held: list[Route] = []
    page.route(
        "**/api/v1/documents", lambda route: held.append(route) if route.request.method == "POST" else route.fallback()
    )
    chooser.value.set_files(DOCUMENTS / "english.pdf")
    tray = page.get_by_role("region", name=t("upload.list"))
    expect(tray.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"\d"))
    use(page, tray.get_by_role("button", name=t("upload.cancel", filename="english.pdf"), exact=True))
    expect(tray).to_have_count(0)
    expect(choose).to_be_focused()
    for route in held:
        route.abort()  # where it is still held, the end of holding would send it on
    page.unroute("**/api/v1/documents")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(DOCUMENTS / "english.pdf")
    expect(tray.get_by_role("progressbar").or_(tray.locator("[data-status=ready]"))).to_be_visible()
    use(page, page.locator(".sidebar-nav").get_by_role("link", name=t("frame.documents")), "Shift+Tab")
    expect(window.row("english")).to_have_attribute("data-status", "ready", timeout=60_000)

    # Asking, stopping, asking for another answer, changing the question.
    use(page, page.locator(".sidebar-nav").get_by_role("link", name=t("frame.new_chat")), "Shift+Tab")
    expect(window.composer).to_be_focused()
    model.scripts[:] = [Script([spoken("It begins."), Endless(delta({"content": " More."}), 0.02)])]
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    answer = window.messages("assistant").last
    expect(answer).to_contain_text("It begins. More.")
    press(page, "Escape")
    expect(answer).to_have_attribute("data-status", "stopped")
    model.scripts[:] = [Script.answer("The generator burns four litres of diesel in an hour [1].")]
    use(page, window.button("message.again").last, "Shift+Tab")
    expect(answer).to_have_attribute("data-status", "complete")
    not_lost(page)
    use(page, window.button("message.edit").last, "Shift+Tab")
    editor = page.get_by_role("textbox", name=t("message.edit"))
    expect(editor).to_be_focused()
    press(page, "Escape")
    expect(editor).to_have_count(0)
    expect(window.button("message.edit").last).to_be_focused()
    press(page, "Enter")
    page.keyboard.type(" Say it in litres.")
    press(page, "Enter")
    expect(window.messages("user")).to_contain_text("Say it in litres.")
    expect(window.messages("assistant").last).to_have_attribute("data-status", "complete")
    not_lost(page)

    # A source, and back to its number.
    citation = window.messages("assistant").last.get_by_test_id("citation").first
    use(page, citation, "Shift+Tab")
    panel = page.get_by_test_id("source-panel")
    expect(panel.get_by_role("heading").first).to_be_focused()
    press(page, "Escape")
    expect(panel).to_have_count(0)
    expect(citation).to_be_focused()

    # The conversation: another name, and gone, and back.
    menu = page.get_by_test_id("conversation").first.locator("lo-menu button").first
    use(page, menu, "Shift+Tab")
    items = page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    press(page, "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "Enter")
    field = page.get_by_role("textbox", name=t("conversation.rename"))
    expect(field).to_be_focused()
    page.keyboard.type("연료")
    press(page, "Enter")
    expect(page.get_by_test_id("conversation").first).to_contain_text("연료")
    not_lost(page)
    expect(page.get_by_test_id("conversation").locator(":focus")).to_have_count(1)
    menu.focus()
    press(page, "Enter")
    expect(items.first).to_be_focused()
    press(page, "End", "Enter")
    expect(page.get_by_test_id("conversation")).to_have_count(0)
    not_lost(page)
    use(page, window.button("action.undo"))
    expect(page.get_by_test_id("conversation").first).to_contain_text("연료")
    not_lost(page)

    # Searching the conversations by the slash, the documents by their page.
    press(page, "Escape")
    page.locator("#main").focus()
    press(page, "/")
    expect(page.locator("#conversation-search")).to_be_focused()
    page.goto("/documents")
    row = window.row("english")
    use(page, row.locator("lo-menu button").first)
    expect(items.first).to_be_focused()
    press(page, "End", "Enter")
    expect(row).to_have_count(0)
    not_lost(page)
    use(page, window.button("action.undo"))
    expect(row).to_be_visible()
    not_lost(page)

    # The settings: the theme by arrows; the focus stays within and comes back.
    opener = page.get_by_role("button", name=t("settings.title"))
    use(page, opener, "Shift+Tab")
    dialog = page.get_by_role("dialog", name=t("settings.title"))
    expect(dialog).to_be_visible()
    tab(page, dialog.locator("input[name=theme]:checked"))
    press(page, "ArrowRight", "ArrowRight")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_goes_wrong_is_put_right_with_keys_alone(
    open_window: Callable[..., Window], network: Network, model: ScriptedModel, language: str
) -> None:
    window = open_window(network.url, language=language)
    window.expect_console(f"{BROKEN}|status of 401")
    window.register()
    window.add("english.pdf")
    page, t = window.page, window.t
    page.goto("/")
    expect(window.composer).to_be_focused()

    # A citation on its page, and the conversation as a file.
    model.scripts[:] = [Script.answer("The generator burns four litres of diesel in an hour [1].")]
    page.keyboard.type(QUESTION)
    press(page, "Enter")
    citation = window.messages("assistant").get_by_test_id("citation").first
    use(page, citation, "Shift+Tab")
    panel = page.get_by_test_id("source-panel")
    expect(panel.get_by_role("heading").first).to_be_focused()
    use(page, panel.get_by_role("button", name=t("source.view_page"), exact=True))
    expect(panel.locator(".pdf-marks i").first).to_be_in_viewport()
    press(page, "Escape")
    expect(citation).to_be_focused()
    use(page, page.get_by_test_id("conversation").first.locator("lo-menu button").first, "Shift+Tab")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    choose_item(page, t("conversation.export_md"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".md")
    not_lost(page)

    # An answer that the network takes away.
    tab(page, window.composer)
    model.scripts[:] = [Script([spoken("It begins."), Endless(delta({"content": " More."}), 0.05)])]
    page.keyboard.type("What does the keeper write?")
    press(page, "Enter")
    answer = window.messages("assistant").last
    expect(answer).to_contain_text("It begins. More.")
    network.cut()
    expect(answer).to_have_attribute("data-status", "failed")
    network.mend()
    model.scripts[:] = [Script.answer("It begins, and ends.")]
    use(page, window.button("message.go_on"), "Shift+Tab")
    expect(answer).to_contain_text("and ends.")
    expect(answer).to_have_attribute("data-status", "complete")
    not_lost(page)

    # A session that ends in mid-sentence.
    tab(page, window.composer)
    window.end_session()
    page.keyboard.type("And who reads it?")
    press(page, "Enter")
    dialog = page.get_by_role("dialog", name=t("session.expired"))
    expect(dialog.get_by_label(t("sign_in.password"), exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(window.composer).to_have_value("And who reads it?")
    expect(window.composer).to_be_focused()


def choose_item(page: Page, name: str) -> None:
    """Go down an open menu to one of its items."""
    item = page.get_by_role("menuitem", name=name, exact=True)
    for _ in range(page.get_by_role("menuitem").count()):
        if item.evaluate("(item) => item === document.activeElement"):
            return
        press(page, "ArrowDown")
    expect(item).to_be_focused()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_keys_members_and_folders_are_kept_with_keys_alone(open_window: Callable[..., Window], language: str) -> None:
    window = open_window(language=language)
    window.expect_console("status of 4")  # what is refused below
    page, t, request = window.page, window.t, window.context.request
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    name = f"Lamps {language}"
    made = request.post("/api/v1/collections", data={"name": name}).json()["data"]["id"]
    dialog = page.get_by_role("dialog")
    page.goto("/settings/keys")
    tab(page, page.locator("lo-key-form").get_by_label(t("keys.name"), exact=True))
    page.keyboard.type(name)
    press(page, "Enter")
    expect(dialog).to_contain_text("lo_")
    use(page, dialog.get_by_role("button", name=t("keys.done")))
    expect(page.get_by_role("heading", name=t("keys.list"), exact=True)).to_be_focused()
    key = page.get_by_test_id("api-key").filter(has_text=name)
    use(page, key.get_by_role("button"))
    use(page, dialog.get_by_role("button", name=t("keys.revoke"), exact=True))
    expect(key).to_have_count(0)
    not_lost(page)

    page.evaluate("(id) => localStorage.setItem('likeopt.collection', JSON.stringify(id))", made)
    page.goto("/documents")
    members = page.get_by_role("button", name=t("members.title"))
    use(page, members)
    expect(dialog.get_by_label(t("members.email"))).to_be_focused()
    page.keyboard.type("nobody@example.org")
    press(page, "Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(t("error.USER_NOT_FOUND"))
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(members).to_be_focused()
    menu = page.get_by_role("button", name=t("collection.menu", name=name))
    use(page, menu)
    expect(page.get_by_role("menuitem").first).to_be_focused()
    choose_item(page, t("folders.title"))
    press(page, "Enter")
    path = dialog.get_by_label(t("folders.path"))
    expect(path).to_be_focused()
    page.keyboard.type("/nowhere")
    press(page, "Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()


def test_an_administrator_compares_settings_with_keys_alone(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page, t, request = window.page, window.t, window.context.request
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    made = request.post("/api/v1/collections", data={"name": "Comparing"}).json()["data"]["id"]
    window.add("english.pdf", collection_id=made)
    page.goto(f"/evaluate?collection={made}&view=questions")
    use(page, window.button("evaluate.question.add"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(QUESTION)
    tab(page, dialog.get_by_role("searchbox"))
    expect(dialog.get_by_role("checkbox").first).to_be_visible()
    tab(page, dialog.get_by_role("checkbox").first)
    page.keyboard.press("Space")
    expect(dialog.get_by_role("checkbox").first).to_be_checked()
    use(page, dialog.get_by_role("button", name=t("evaluate.question.save")))
    expect(page.get_by_test_id("question")).to_have_count(1)
    not_lost(page)

    page.goto(f"/evaluate?collection={made}")
    tab(page, page.locator('input[name="run-mode"][value="hybrid"]'))
    page.keyboard.press("ArrowRight")
    use(page, page.get_by_role("button", name=t("evaluate.start_one", count=1)))
    summary = page.get_by_test_id("result").locator("summary")
    expect(summary).to_be_visible()
    use(page, summary)
    use(page, page.get_by_test_id("result").get_by_role("link").first)
    expect(page).to_have_url(re.compile("/documents/"))
