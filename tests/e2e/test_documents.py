"""Adding documents, also those that cannot be taken."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.window import DOCUMENTS, Window


def test_what_cannot_be_taken_says_why_and_the_others_go_on(window: Window, tmp_path: Path) -> None:
    photo = tmp_path / "photo.xyz"
    photo.write_bytes(b"no document")
    page = window.page
    page.goto("/documents")
    refused = ("empty.txt", "password.pdf", "broken.pdf", "scanned.pdf")
    with page.expect_file_chooser() as chooser:
        window.button("upload.choose_files").click()
    chooser.value.set_files([photo, *(DOCUMENTS / name for name in (*refused, "bread.html", "garden.md"))])

    reasons = {
        "photo.xyz": "UNSUPPORTED_TYPE",
        "empty.txt": "EMPTY_FILE",
        "password": "PASSWORD_PROTECTED",
        "broken": "BROKEN_FILE",
        "scanned": "NO_TEXT_LAYER",
    }
    for name, code in reasons.items():
        expect(window.row(name)).to_contain_text(window.t(f"error.{code}"), timeout=60_000)
    for name in ("Bread at home", "정원 일지"):
        expect(window.row(name)).to_have_attribute("data-status", "ready", timeout=60_000)

    # Trying again comes to the same end, and says so.
    again = window.row("scanned")
    again.get_by_role("button", name=window.t("action.retry")).click()
    expect(again).to_contain_text(window.t("error.NO_TEXT_LAYER"), timeout=60_000)


def test_the_same_file_again_is_recognised(window: Window) -> None:
    window.add("garden.md")
    window.page.goto("/documents")
    expect(window.row("정원 일지")).to_be_visible()
    window.drop(DOCUMENTS / "garden.md")
    expect(window.row("garden.md").and_(window.page.locator("[data-status=duplicate]"))).to_contain_text(
        window.t("upload.duplicate")
    )
    assert window.states() == {"garden.md": "ready"}


def test_a_document_is_read_filtered_deleted_and_brought_back(window: Window) -> None:
    window.add("english.pdf", "garden.md")
    page = window.page
    page.goto("/documents")
    page.get_by_role("searchbox", name=window.t("documents.filter")).fill("정원")
    expect(page.get_by_test_id("document-row")).to_have_count(1)
    page.get_by_role("searchbox", name=window.t("documents.filter")).fill("")
    window.row("english").get_by_role("link").click()
    expect(page.get_by_role("list", name=window.t("document.passages_label"))).to_contain_text("supply boat Halcyon")
    page.go_back()

    def delete() -> None:
        window.button("document.menu", title="english").click()
        page.get_by_role("menuitem", name=window.t("document.delete")).click()
        expect(window.row("english")).to_have_count(0)

    delete()
    window.button("action.undo").click()
    expect(window.row("english")).to_be_visible()
    delete()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        pass  # carried out once it can no longer be taken back
    page.reload()
    expect(page.get_by_test_id("document-row")).to_have_count(1)
    assert window.states() == {"garden.md": "ready"}


def test_a_collection_of_its_own_takes_files_and_answers_alone(window: Window) -> None:
    window.add("english.pdf")
    page = window.page
    page.goto("/documents")
    window.button("collection.create").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(window.t("collection.name")).fill("정원")
    dialog.get_by_role("button", name=window.t("collection.create")).click()
    expect(page.get_by_text(window.t("documents.none"))).to_be_visible()
    window.drop(DOCUMENTS / "garden.md")
    expect(window.row("정원 일지")).to_have_attribute("data-status", "ready", timeout=60_000)

    page.get_by_role("link", name=window.t("frame.new_chat")).first.click()
    choice = page.get_by_label(window.t("composer.collection"))
    expect(choice.locator("option:checked")).to_have_text("정원")
    asked = window.ask("How much diesel does the generator burn?")
    expect(asked.get_by_text("four litres")).to_have_count(0)
    expect(window.ask("What should I water?")).to_contain_text("Water the beans.")
