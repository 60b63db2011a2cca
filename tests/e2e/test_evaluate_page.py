"""Test questions and comparisons, as administrators collect and read them in Chromium."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import PASSWORD, Window
from tests.services.client import EMAIL
from tests.services.likeopt import Server

QUESTION = "How much diesel does the generator burn?"
TO_GENERATOR = re.compile("diesel|generator")


def administrator(open_window: Callable[..., Window], language: str = "en", **options: Any) -> Window:
    """Open a window of whoever has set the server up, in a collection of the test's own."""
    window = open_window(language=language, **options)
    request = window.context.request
    assert request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    return window


def collection(window: Window, *files: str) -> str:
    """Make a collection with documents that have been indexed; return its id."""
    request, name = window.context.request, f"Test {uuid4().hex[:8]}"
    made = request.post("/api/v1/collections", data={"name": name}).json()["data"]["id"]
    window.add(*files, collection_id=made)
    return str(made)


def open_page(window: Window, collection_id: str, view: str = "") -> None:
    window.page.goto(f"/evaluate?collection={collection_id}{view and f'&view={view}'}")


def dialog(window: Window) -> Locator:
    return window.page.get_by_role("dialog")


def view(window: Window, name: str) -> None:
    window.page.locator(".evaluate-views label").filter(has_text=window.t(f"evaluate.view.{name}")).click()


def type_question(window: Window, text: str, words: str, pick: str | re.Pattern[str]) -> None:
    """Add a question whose right passage is found by other words."""
    window.button("evaluate.question.add").click()
    dialog(window).get_by_role("textbox", name=window.t("evaluate.question.text"), exact=True).fill(text)
    search = dialog(window).get_by_role("searchbox", name=window.t("evaluate.picker_search"))
    search.fill(words)
    search.press("Enter")
    dialog(window).get_by_role("checkbox", name=pick).first.check()
    expect(dialog(window).get_by_role("checkbox", checked=True)).to_have_count(1)
    dialog(window).get_by_role("button", name=window.t("evaluate.question.save")).click()
    expect(dialog(window)).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_typed_question_is_compared_under_two_settings(open_window: Callable[..., Window], language: str) -> None:
    window = administrator(open_window, language)
    page, t = window.page, window.t
    open_page(window, collection(window, "english.pdf"))
    expect(page.get_by_role("heading", name=t("evaluate.empty"))).to_be_visible()
    window.button("evaluate.question.first").click()
    type_question(window, QUESTION, "diesel generator", TO_GENERATOR)
    questions = page.get_by_test_id("question")
    expect(questions).to_have_count(1)
    expect(questions).to_contain_text(t("evaluate.source.typed"))
    expect(questions.get_by_role("link")).to_have_attribute("href", re.compile(r"/documents/\w+\?passage=\d+"))

    view(window, "compare")
    start = page.get_by_role("button", name=t("evaluate.start_one").replace("{count}", "1"))
    expect(start).to_be_disabled()
    page.get_by_text(t("evaluate.segment.bm25"), exact=True).click()
    expect(page.get_by_role("slider")).to_be_disabled()
    start.click()
    run = page.get_by_test_id("run")
    expect(run).to_have_attribute("data-status", "done")
    table = page.get_by_test_id("comparison")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.locator('[data-measure="recall@5"]')).to_contain_text("1.000")
    result = page.get_by_test_id("result")
    expect(result).to_have_count(1)
    expect(result).to_contain_text(QUESTION)
    result.locator("summary").click()
    expect(result.get_by_text(t("evaluate.right"), exact=True).first).to_be_visible()
    first = result.get_by_role("link").first
    assert "?passage=" in str(first.get_attribute("href"))
    first.click()
    expect(page).to_have_url(re.compile(r"/documents/\w+\?passage=\d+"))


def test_what_got_worse_says_so_and_comes_first(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page, request = window.page, window.context.request
    made = collection(window, "english.pdf", "garden.md")

    def passage(query: str, mode: str, at: int) -> int:
        found = request.get("/api/v1/search", params={"q": query, "collection_id": made, "mode": mode, "k": 10})
        return int(found.json()["data"][at]["passage_id"])

    words = "diesel generator"
    by_words = {
        hit["passage_id"]
        for hit in request.get(
            "/api/v1/search", params={"q": words, "collection_id": made, "mode": "bm25", "k": 10}
        ).json()["data"]
    }
    by_both = request.get("/api/v1/search", params={"q": words, "collection_id": made, "k": 10}).json()["data"]
    unworded = next(hit["passage_id"] for hit in by_both if hit["passage_id"] not in by_words)
    for text, right in ((words, unworded), (QUESTION, passage(QUESTION, "hybrid", 0))):
        body = {"collection_id": made, "text": text, "passage_ids": [right]}
        assert request.post("/api/v1/evaluation/questions", data=body).status == 201
    open_page(window, made)
    page.get_by_text(window.t("evaluate.segment.bm25"), exact=True).click()
    page.get_by_role("button", name="Compare on 2 questions").click()
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "done")
    results = page.get_by_test_id("result")
    expect(results).to_have_count(2)
    expect(results.first).to_contain_text(words)
    expect(results.first.locator(".change")).to_contain_text("Worse")
    expect(results.first).to_contain_text("not in ten")
    page.get_by_text("Better (", exact=False).click()
    expect(page.get_by_text(window.t("evaluate.none_such"))).to_be_visible()
    page.get_by_text("Worse (1)").click()
    expect(results).to_have_count(1)
    window.button("evaluate.delete_run").click()
    expect(page.get_by_test_id("run")).to_have_count(0)


def test_a_thumb_and_an_opened_citation_are_suggested(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page = window.page
    made = collection(window, "english.pdf")
    body = {"message": QUESTION, "collection_ids": [made]}
    assert window.context.request.post("/api/v1/chat", data=body).ok
    asked = window.context.request.get("/api/v1/conversations").json()["data"][0]["id"]
    page.goto(f"/chat/{asked}")
    answer = window.messages("assistant").first
    with page.expect_response("**/feedback/citations") as told:
        window.cite(answer)
    assert told.value.status == 200
    open_page(window, made, "offers")
    offer = page.get_by_test_id("offer")
    expect(offer).to_have_count(1)
    expect(offer).to_contain_text(QUESTION)
    expect(offer).to_contain_text(window.t("evaluate.source.citation"))
    window.button("evaluate.accept").click()
    expect(offer).to_have_count(0)
    expect(page.get_by_text(window.t("evaluate.offers_none"))).to_be_visible()
    view(window, "questions")
    question = page.get_by_test_id("question")
    expect(question).to_contain_text(QUESTION)
    question.locator("lo-menu button").first.click()
    page.get_by_role("menuitem", name=window.t("evaluate.question.delete")).click()
    expect(question).to_have_count(0)
    page.get_by_role("button", name=window.t("action.undo")).click()
    expect(question).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_was_wrong_is_said_beside_the_thumb_and_read_where_questions_are_suggested(
    open_window: Callable[..., Window], language: str
) -> None:
    window = administrator(open_window, language)
    page, t = window.page, window.t
    made = collection(window, "english.pdf")
    body = {"message": QUESTION, "collection_ids": [made]}
    assert window.context.request.post("/api/v1/chat", data=body).ok
    asked = window.context.request.get("/api/v1/conversations").json()["data"][0]["id"]
    page.goto(f"/chat/{asked}")
    thumb, note = window.button("message.bad"), page.get_by_test_id("feedback-note")
    with page.expect_response("**/api/v1/feedback"):
        thumb.click()
    field = note.get_by_label(t("feedback.bad"))
    expect(field).to_be_visible()
    expect(thumb).to_be_focused()
    field.press("Escape")
    expect(note).to_have_count(0)
    expect(thumb).to_be_focused()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    for _ in range(2):  # taken back, and given again
        with page.expect_response("**/api/v1/feedback"):
            thumb.press("Enter")
    field.fill("It burns five.")
    window.expect_console("status of 500")
    page.route("**/api/v1/feedback", lambda route: route.fulfill(status=500, json={"error_code": "INTERNAL_ERROR"}))
    field.press("Enter")
    expect(page.get_by_test_id("notice")).to_be_visible()
    expect(field).to_have_value("It burns five.")
    page.unroute_all()
    note.get_by_role("button", name=t("feedback.send")).click()
    expect(note.get_by_role("status")).to_have_text(t("feedback.thanks"))
    expect(field).to_have_count(0)

    open_page(window, made, "offers")
    offer = page.get_by_test_id("offer")
    expect(offer.get_by_test_id("offer-comment")).to_have_text("It burns five.")
    expect(offer).to_contain_text(t("evaluate.source.thumb_down"))
    expect(offer.get_by_role("checkbox", checked=True)).to_have_count(0)
    expect(window.button("evaluate.accept")).to_be_disabled()
    offer.get_by_role("checkbox").first.check()
    window.button("evaluate.accept").click()
    expect(offer).to_have_count(0)


def test_a_test_set_is_imported_into_a_collection_of_its_own(open_window: Callable[..., Window]) -> None:
    window = administrator(open_window)
    page, name = window.page, f"Harbour {uuid4().hex[:6]}"
    page.goto("/evaluate")
    window.button("evaluate.import").first.click()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("corpus.jsonl", json.dumps({"_id": "d", "title": "Ferry", "text": "It leaves at seven."}))
        archive.writestr("queries.jsonl", json.dumps({"_id": "q", "text": "When does the ferry leave?"}))
        archive.writestr("qrels.tsv", "q\td\t1\n")
    dialog(window).get_by_label(window.t("evaluate.import_name")).fill(name)
    files = dialog(window).get_by_label(window.t("evaluate.import_files"))
    window.expect_console("status of 422")
    files.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no"})
    dialog(window).get_by_role("button", name=window.t("evaluate.import_do"), exact=True).click()
    expect(dialog(window).get_by_role("alert")).to_contain_text("no part of a test set")
    files.set_input_files({"name": "set.zip", "mimeType": "application/zip", "buffer": packed.getvalue()})
    dialog(window).get_by_role("button", name=window.t("evaluate.import_do"), exact=True).click()
    question = page.get_by_test_id("question")
    expect(question).to_contain_text("When does the ferry leave?")
    expect(question).to_contain_text(window.t("evaluate.whole"))
    expect(page.get_by_role("combobox", name=window.t("collection.label"))).to_contain_text(name)


def test_others_are_told_that_it_is_for_administrators(window: Window, site: Server) -> None:
    window.page.goto("/")
    expect(window.composer).to_be_visible()
    expect(window.page.get_by_role("link", name=window.t("frame.evaluate"))).to_have_count(0)
    window.page.goto("/evaluate")
    expect(window.page.get_by_test_id("refusal")).to_be_visible()
    assert not [url for url in window.urls if "/api/v1/evaluation" in url]
