"""The documents page: files dropped anywhere, what becomes of them, collections and their members."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import DOCUMENTS, Window
from tests.services.client import EMAIL, PASSWORD
from tests.services.likeopt import Server, eventually

Open = Callable[..., Window]


def upload(window: Window, name: str, text: str, collection: str = "") -> None:
    """Add a document as another program would, without waiting for anything."""
    file = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    more = {"collection_id": collection} if collection else {}
    assert window.context.request.post("/api/v1/documents", multipart={"files": file, **more}).status == 202


def titles(window: Window) -> list[str]:
    return window.page.locator("lo-document-row .row-title").all_text_contents()


def show(window: Window, state: str) -> None:
    window.page.get_by_role("group", name=window.t("documents.show")).get_by_role(
        "button", name=re.compile(f"^{window.t(f'documents.show.{state}')}")
    ).click()


def choice(window: Window, title: str) -> Locator:
    return window.page.get_by_role("checkbox", name=window.t("document.choose", title=title))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_files_dropped_on_a_page_without_documents_are_followed_in_its_corner(
    open_window: Open, tmp_path: Path, language: str
) -> None:
    window = open_window(language=language)
    window.register()
    window.context.request.post("/api/v1/collections", data={"name": "Garden"})
    photo = tmp_path / "photo.xyz"
    photo.write_bytes(b"no document")
    page = window.page
    page.goto("/search")
    page.get_by_role("searchbox", name=window.t("search.label")).wait_for()
    window.drop(DOCUMENTS / "garden.md", photo, says=re.compile(window.t("upload.drop_into", name=".+")))
    tray = page.get_by_role("region", name=window.t("upload.list"))
    expect(tray.locator("[data-status=ready]")).to_have_count(1, timeout=60_000)
    expect(tray.locator("[data-status=refused]")).to_contain_text(window.t("error.UNSUPPORTED_TYPE"))
    expect(tray.get_by_role("status")).to_contain_text(window.t("upload.refused_count_other", count=1)[-8:])
    tray.get_by_role("button", name=window.t("action.dismiss"), exact=True).click()
    expect(tray).to_have_count(0)
    assert window.states() == {"garden.md": "ready"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_folder_is_chosen_and_what_is_being_sent_can_be_stopped(
    window: Window, tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "notes"
    for name, text in {
        "one.txt": "One.",
        "deep/er/two.txt": "Two.",
        ".git/three.txt": "3",
        "deep/.DS_Store": "4",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    page = window.page
    page.goto("/documents")
    with page.expect_file_chooser() as chooser:
        window.button("upload.choose_folder").first.click()
    chooser.value.set_files(folder)
    for title in ("one", "two"):
        expect(window.row(title)).to_have_attribute("data-status", "ready", timeout=60_000)
    assert window.states() == {"one.txt": "ready", "two.txt": "ready"}

    # Over a line that would take some minutes.
    network = window.context.new_cdp_session(page)
    line = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": 20_000})
    page.set_input_files(
        "lo-file-buttons input[multiple]",
        {"name": "long.txt", "mimeType": "text/plain", "buffer": b"Beans. " * 500_000},
    )
    row = window.row("long.txt")
    expect(row).to_have_attribute("data-status", "uploading")
    sent = re.compile(
        re.sub(r"\\\{sent\\\}|\\\{size\\\}", r"[1-9][\\d.,]* ?\\S+", re.escape(window.t("upload.uploading")))
    )
    expect(row).to_contain_text(sent)
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuetext", sent)
    row.get_by_role("button", name=window.t("upload.cancel", filename="long.txt")).click()
    expect(row).to_have_count(0)
    network.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": -1})
    assert sorted(window.states()) == ["one.txt", "two.txt"]


def test_work_is_cancelled_and_taken_up_again_after_a_reload(window: Window) -> None:
    # Much to learn: it is still in work when the page has been loaded anew.
    upload(window, "long.txt", "\n\n".join(f"Garden note {n}: beans need water on day {n}." * 20 for n in range(4000)))
    page = window.page
    page.goto("/documents")
    page.reload()
    row = window.row("long")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile("."))
    row.get_by_role("button", name=window.t("action.cancel")).click()
    expect(row).to_have_attribute("data-status", "cancelled", timeout=60_000)
    row.get_by_role("button", name=window.t("action.retry")).click()
    expect(row).to_have_attribute("data-status", re.compile("queued|extracting|searchable"))
    row.get_by_role("button", name=window.t("action.cancel")).click()
    expect(row).to_have_attribute("data-status", "cancelled", timeout=60_000)
    assert window.states() == {"long.txt": "cancelled"}


def test_what_others_add_and_delete_is_seen_without_a_reload(window: Window) -> None:
    window.page.goto("/documents")
    expect(window.page.get_by_text(window.t("documents.none"))).to_be_visible()
    upload(window, "elsewhere.txt", "Added by another program.")
    expect(window.row("elsewhere")).to_have_attribute("data-status", "ready", timeout=60_000)
    (document,) = window.context.request.get("/api/v1/documents").json()["data"]
    window.context.request.delete(f"/api/v1/documents/{document['id']}")
    expect(window.row("elsewhere")).to_have_count(0, timeout=60_000)


def test_documents_are_listed_by_state_and_in_an_order(window: Window) -> None:
    for name, text in (("beans.txt", "Beans. " * 9), ("Apples.txt", "Apples. " * 99), ("당근.txt", "당근")):
        upload(window, name, text)
    file = {"name": "locked.pdf", "mimeType": "application/pdf", "buffer": (DOCUMENTS / "password.pdf").read_bytes()}
    window.context.request.post("/api/v1/documents", multipart={"files": file})
    eventually(lambda: set(window.states().values()) == {"ready", "failed"}, "every document has ended", 90)
    page = window.page
    page.goto("/documents")
    expect(page.get_by_test_id("document-row")).to_have_count(4)

    show(window, "failed")
    expect(page.get_by_test_id("document-row")).to_have_count(1)
    expect(window.row("locked")).to_contain_text(window.t("error.PASSWORD_PROTECTED"))
    show(window, "working")
    expect(page.get_by_text(window.t("documents.none_in.working"))).to_be_visible()
    show(window, "ready")
    expect(page.get_by_test_id("document-row")).to_have_count(3)
    order = page.get_by_role("combobox", name=window.t("documents.sort"))
    for sort, expected in {
        "name": ["Apples", "beans", "당근"],
        "largest": ["Apples", "beans", "당근"],
        "oldest": ["beans", "Apples", "당근"],
        "newest": ["당근", "Apples", "beans"],
    }.items():
        order.select_option(sort)
        expect(page.locator("lo-document-row .row-title")).to_have_text(expected)

    order.select_option("name")
    page.reload()
    expect(order).to_have_value("name")
    show(window, "failed")
    window.row("locked").get_by_role("button", name=window.t("document.remove")).click()
    expect(page.get_by_text(window.t("documents.none_in.failed"))).to_be_visible()


def test_several_are_chosen_by_keyboard_deleted_together_and_brought_back(window: Window) -> None:
    for number in range(5):
        upload(window, f"note {number}.txt", f"Note {number}.")
    eventually(lambda: set(window.states().values()) == {"ready"}, "every document is ready", 90)
    page = window.page
    page.goto("/documents")
    choice(window, "note 4").press("Space")
    choice(window, "note 2").click(modifiers=["Shift"])
    group = page.get_by_role("group", name=window.t("documents.chosen_other", count=3))
    expect(group).to_be_visible()
    page.keyboard.press("Escape")
    expect(group).to_have_count(0)
    choice(window, "note 4").press("Space")
    choice(window, "note 2").click(modifiers=["Shift"])
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("notice")).to_contain_text(window.t("documents.deleted_other", count=3))
    assert titles(window) == ["note 1", "note 0"]
    window.button("action.undo").click()
    expect(page.get_by_test_id("document-row")).to_have_count(5)
    assert len(window.states()) == 5

    choice(window, "note 0").check()
    window.button("documents.choose_all").click()
    page.get_by_role("group", name=window.t("documents.chosen_other", count=5)).get_by_role(
        "button", name=window.t("document.delete")
    ).click()
    expect(page.get_by_text(window.t("documents.none"))).to_be_visible()
    page.goto("/")  # leaving carries it out
    eventually(lambda: window.states() == {}, "nothing is left")


def test_a_long_list_comes_as_its_end_is_reached(window: Window) -> None:
    for number in range(60):
        upload(window, f"note {number:02}.txt", f"Note {number}.")
    page = window.page
    page.goto("/documents")
    expect(window.row("note 59")).to_be_visible()
    page.get_by_test_id("document-row").last.scroll_into_view_if_needed()
    expect(page.get_by_test_id("document-row")).to_have_count(60)
    eventually(lambda: set(window.states().values()) == {"ready"}, "every document is ready", 120)
    expect(page.locator('[data-testid="document-row"][data-status="ready"]')).to_have_count(60, timeout=60_000)
    assert sorted(titles(window), reverse=True) == titles(window)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_members_are_added_changed_and_see_what_they_may(open_window: Open, language: str) -> None:
    owner, other = open_window(language=language), open_window(language=language)
    owner.register("Mina")
    email = other.register("Jun")
    owner.expect_console("40[49]")  # unknown people and the last owner are refused
    page = owner.page
    page.goto("/documents")
    owner.button("collection.create").click()
    page.get_by_role("dialog").get_by_label(owner.t("collection.name")).fill("Garden")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    owner.drop(DOCUMENTS / "garden.md")
    expect(owner.row("정원 일지")).to_have_attribute("data-status", "ready", timeout=60_000)

    owner.button("members.title").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("member")).to_have_count(1)
    field = dialog.get_by_label(owner.t("members.email"))
    expect(field).to_be_focused()
    field.fill("nobody@example.org")
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(owner.t("error.USER_NOT_FOUND"))
    field.fill(email)
    field.press("Enter")
    expect(dialog.get_by_test_id("member")).to_have_count(2)
    own = dialog.get_by_role("combobox", name=owner.t("members.access_of", name="Mina"))
    own.select_option("reader")
    expect(dialog.get_by_role("alert")).to_contain_text(owner.t("error.LAST_OWNER"))
    expect(own).to_have_value("owner")

    reader = other.page
    reader.goto("/documents")
    reader.get_by_role("combobox", name=other.t("collection.label")).select_option(label="Garden · Mina (1)")
    role = other.t("collection.role", owners="Mina", access=other.t("access.reader"))
    expect(reader.get_by_test_id("collection-role")).to_have_text(role)
    expect(other.row("정원 일지")).to_be_visible()
    expect(reader.get_by_text(other.t("upload.read_only"))).to_be_visible()
    expect(other.button("upload.choose_files")).to_have_count(0)
    expect(choice(other, "정원 일지")).to_have_count(0)
    other.button("document.menu", title="정원 일지").click()
    expect(reader.get_by_role("menuitem", name=other.t("document.download"))).to_be_visible()
    expect(reader.get_by_role("menuitem", name=other.t("document.delete"))).to_have_count(0)
    reader.keyboard.press("Escape")

    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        dialog.get_by_role("combobox", name=owner.t("members.access_of", name="Jun")).select_option("editor")
    reader.reload()
    expect(choice(other, "정원 일지")).to_be_visible()
    expect(other.button("upload.choose_files")).to_be_visible()

    asked = other.context.request.post("/api/v1/chat", data={"message": "언제 콩을 심었나요?"})
    conversation = re.findall(r'"conversation_id":"([^"]+)"', asked.text())[0]

    other.button("collection.menu", name="Garden").click()
    reader.get_by_role("menuitem", name=other.t("collection.leave")).click()
    reader.get_by_role("dialog").get_by_role("button", name=other.t("collection.leave")).click()
    expect(reader.get_by_role("option", name="Garden")).to_have_count(0)
    expect(reader.get_by_text(other.t("documents.none"))).to_be_visible()

    reader.goto(f"/chat/{conversation}")
    expect(reader.get_by_test_id("withdrawn")).to_have_text(other.t("message.withdrawn"))
    expect(reader.get_by_test_id("source-chip")).to_have_count(0)


def test_a_collection_is_renamed_and_deleted_with_what_is_in_it(window: Window) -> None:
    window.expect_console("409")
    made = window.context.request.post("/api/v1/collections", data={"name": "Garden"}).json()["data"]["id"]
    upload(window, "beans.txt", "Beans.", made)
    page = window.page
    page.goto("/documents")
    shown = page.get_by_role("combobox", name=window.t("collection.label"))
    shown.select_option(made)
    window.button("collection.menu", name="Garden").click()
    page.get_by_role("menuitem", name=window.t("collection.rename")).click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label(window.t("collection.name"))
    expect(name).to_have_value("Garden")
    name.fill("Documents")
    name.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(window.t("error.NAME_TAKEN"))
    name.fill("Orchard")
    name.press("Enter")
    expect(shown.locator("option:checked")).to_have_text("Orchard (1)")

    def delete(name: str) -> None:
        window.button("collection.menu", name=name).click()
        page.get_by_role("menuitem", name=window.t("collection.delete")).click()

    delete("Orchard")
    expect(dialog).to_contain_text(window.t("collection.delete_asks_one", name="Orchard", count=1))
    page.keyboard.press("Escape")
    assert len(window.states()) == 1
    delete("Orchard")
    dialog.get_by_role("button", name=window.t("collection.delete")).click()
    expect(shown.locator("option:checked")).to_have_text(window.t("collection.all"))
    expect(page.get_by_text(window.t("documents.none"))).to_be_visible()
    assert window.states() == {}

    shown.select_option(index=1)
    delete("Documents")
    dialog.get_by_role("button", name=window.t("collection.delete")).click()
    expect(dialog.get_by_role("alert")).to_contain_text(window.t("error.ONLY_COLLECTION"))


def test_a_citation_leads_to_its_passage_among_the_others_and_to_the_pages(window: Window) -> None:
    window.add("english.pdf")
    page = window.page
    page.goto("/")
    panel = window.cite(window.ask("How much diesel does the generator burn?"))
    panel.get_by_role("link", name=window.t("source.open_document")).click()
    sought = page.locator(".passage-sought")
    expect(sought).to_contain_text("four litres")
    expect(sought).to_be_focused()
    expect(sought).to_be_in_viewport()

    page.get_by_role("button", name=window.t("document.view_pages"), exact=True).click()
    pages = page.get_by_role("list", name=window.t("document.view_pages"))
    expect(pages.locator("canvas:visible").first).to_be_visible()
    (document,) = window.context.request.get("/api/v1/documents").json()["data"]
    assert document["pages"] > 1
    expect(pages.get_by_role("listitem")).to_have_count(document["pages"])
    pages.get_by_role("listitem").last.scroll_into_view_if_needed()
    expect(pages.get_by_role("listitem").last.locator(".pdf-page:not(.skeleton-page)")).to_have_count(1)

    page.get_by_role("button", name=window.t("source.view_text"), exact=True).click()
    page.get_by_role("link", name=window.t("document.from_beginning")).click()
    passages = page.get_by_role("list", name=window.t("document.passages_label"))
    expect(passages.get_by_role("listitem")).to_have_count(document["passages"])
    expect(sought).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_administrator_has_a_collection_follow_a_folder(
    open_window: Open, site: Server, tmp_path: Path, language: str
) -> None:
    window = open_window(language=language)
    answer = window.context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok
    made = window.context.request.post("/api/v1/collections", data={"name": f"Followed {language}"}).json()["data"]
    papers = site.data_dir.parent / f"papers-{language}"
    papers.mkdir()
    (papers / "lamp.txt").write_text("The harbour keeps a lamp.")
    (papers / "empty.txt").write_text("")
    page = window.page
    page.goto("/documents")
    page.get_by_role("combobox", name=window.t("collection.label")).select_option(made["id"])
    page.get_by_role("button", name=window.t("collection.menu", name=f"Followed {language}")).click()
    page.get_by_role("menuitem", name=window.t("folders.title")).click()
    dialog = page.get_by_role("dialog")
    path = dialog.get_by_label(window.t("folders.path"))
    path.fill(str(tmp_path))
    window.expect_console("status of 403")
    dialog.get_by_role("button", name=window.t("folders.add"), exact=True).click()
    expect(dialog).to_contain_text(window.t("error.FOLDER_NOT_ALLOWED"))
    path.fill(str(papers))
    dialog.get_by_role("button", name=window.t("folders.add"), exact=True).click()
    folder = dialog.get_by_test_id("folder")
    expect(folder).to_contain_text(window.t("folders.files_other", count=2))
    expect(folder).to_contain_text(f"empty.txt: {window.t('error.EMPTY_FILE')}")
    away = papers.rename(papers.with_name(f"away-{language}"))
    expect(folder).to_contain_text(window.t("error.FOLDER_UNREADABLE"), timeout=30_000)
    away.rename(papers)
    expect(folder).to_contain_text(window.t("folders.files_other", count=2), timeout=30_000)
    folder.get_by_role("button", name=window.t("folders.stop", path=str(papers))).click()
    expect(dialog).to_contain_text(window.t("folders.none"))
    page.keyboard.press("Escape")
    expect(page.locator("lo-document-row [data-status=ready]")).to_contain_text("lamp")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_used_of_ones_room_is_said_where_there_is_a_limit(open_window: Open, language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    room = {"bytes": 0, "documents": 2, "most_bytes": 0, "most_documents": 0}
    page.route("**/api/v1/usage", lambda route: route.fulfill(json={"success": True, "message": None, "data": room}))
    page.goto("/documents")
    expect(page.locator("lo-file-buttons").first).to_be_visible()
    expect(page.get_by_test_id("room")).to_have_count(0)
    room.update(bytes=750_000, most_bytes=1_000_000, most_documents=2)
    page.reload()
    expect(page.get_by_test_id("room")).to_contain_text(window.t("documents.room_documents", used=2, most=2))
    expect(page.get_by_test_id("room")).to_contain_text(window.t("documents.room_full"))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_embedding_everything_anew_is_told_as_far_as_it_has_come(open_window: Open, language: str) -> None:
    window = open_window(language=language)
    window.register()
    page = window.page
    status: dict[str, object] = {
        **dict.fromkeys(("queued", "extracting", "searchable", "failed", "cancelled"), 0),
        "ready": 3,
        "reembedding": {"from": ["use"], "to": "openai:bge-m3", "passages": 900, "done": 299},
    }
    answer = {"success": True, "message": None, "data": status}
    page.route("**/api/v1/indexing/status*", lambda route: route.fulfill(json=answer))
    page.goto("/documents")
    note = page.get_by_test_id("move-note")
    expect(note).to_have_text(window.t("documents.moving", name="bge-m3", percent=33))
    status["reembedding"] = {"from": ["use"], "to": "e5", "passages": 0, "done": 0}  # a collection without any
    expect(note).to_have_text(window.t("documents.moving", name="e5", percent=100), timeout=30_000)
    del status["reembedding"]
    expect(note).to_have_count(0, timeout=30_000)
