"""Answers that are stopped, asked for again, asked in other words, and kept."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import PHONE, arrive
from tests.e2e.window import Window
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, Stall, WaitFor, delta, spoken
from tests.services.likeopt import Server, eventually

QUESTION = "How much diesel does the generator burn?"
CLAIM = "The generator burns four litres of diesel in an hour [1]."
TABLE = "| Fuel | Litres |\n| --- | ---: |\n| Diesel | 4 |"
CODE = "litres = hours * 4\nprint(f'{litres} 리터')  # diesel\n"


@pytest.fixture(scope="module")
def site(modelled_site: Server) -> Server:
    return modelled_site


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A person with a document, in front of an empty chat."""
    window = open_window()
    window.register()
    window.add("english.pdf")
    window.page.goto("/")
    return window


def says(model: ScriptedModel, *pieces: str) -> None:
    model.scripts[:] = [Script.answer(*pieces)]


def test_an_answer_streams_and_its_number_becomes_a_citation_when_its_quote_is_found(
    window: Window, model: ScriptedModel
) -> None:
    go_on = threading.Event()
    model.scripts[:] = [
        Script(
            [
                spoken("The generator burns four litres of diesel in an hour [1]."),
                WaitFor(go_on),
                spoken("\n\n| Fuel | Litres |\n| --- | --- |\n| Diesel | 4 |\n"),
            ]
        )
    ]
    answer = window.send(QUESTION)
    expect(answer).to_have_attribute("data-status", "streaming")
    expect(answer).to_contain_text("four litres of diesel")
    expect(answer.get_by_test_id("citation")).to_have_count(0)
    expect(window.button("composer.stop")).to_be_visible()
    go_on.set()
    expect(answer).to_have_attribute("data-status", "complete")
    expect(answer.get_by_role("cell", name="Diesel")).to_be_visible()
    expect(answer.get_by_test_id("citation").first).to_be_visible()
    expect(answer).to_contain_text("scripted-1")
    panel = window.cite(answer)
    expect(panel.get_by_test_id("source-quote").first).to_contain_text("four litres of diesel")
    expect(window.page.get_by_role("status").filter(has_text="four litres")).to_have_count(1)


def test_an_answer_that_cites_nothing_shows_what_was_found(window: Window, model: ScriptedModel) -> None:
    says(model, "I do not know.")
    answer = window.ask(QUESTION)
    expect(answer.get_by_test_id("citation")).to_have_count(0)
    found = answer.get_by_role("list", name=window.t("message.found"))
    found.get_by_role("button").first.click()
    panel = window.page.get_by_test_id("source-panel")
    expect(panel).to_contain_text("four litres of diesel")
    expect(panel.get_by_test_id("source-quote")).to_have_count(0)


def test_stopping_keeps_what_had_come_also_after_a_reload(window: Window, model: ScriptedModel) -> None:
    model.disconnected.clear()
    model.scripts[:] = [Script([spoken("It begins."), Endless(delta({"content": " More."}), 0.02)])]
    answer = window.send(QUESTION)
    expect(answer).to_contain_text("It begins. More.")
    window.button("composer.stop").click()
    expect(answer).to_have_attribute("data-status", "stopped")
    expect(answer).to_contain_text(window.t("message.stopped"))
    assert model.disconnected.wait(30), "the model goes on for nobody"
    expect(window.composer).to_be_enabled()
    window.page.reload()
    expect(window.messages("assistant")).to_have_attribute("data-status", "stopped")
    expect(window.messages("assistant")).to_contain_text("It begins. More.")
    expect(window.messages("user")).to_contain_text(QUESTION)


def test_escape_stops_too(window: Window, model: ScriptedModel) -> None:
    model.scripts[:] = [Script([Endless(delta({"content": "word "}), 0.02)])]
    answer = window.send(QUESTION)
    expect(answer).to_contain_text("word word")
    window.page.keyboard.press("Escape")
    expect(answer).to_have_attribute("data-status", "stopped")


def test_an_answer_is_made_again_in_its_place(window: Window, model: ScriptedModel) -> None:
    says(model, "The first answer.")
    window.ask(QUESTION)
    says(model, "The second answer.")
    window.button("message.again").last.click()
    expect(window.messages("assistant")).to_contain_text("The second answer.")
    expect(window.messages("assistant")).to_have_attribute("data-status", "complete")
    window.page.reload()
    expect(window.messages("assistant")).to_contain_text("The second answer.")
    expect(window.messages("user")).to_have_count(1)
    expect(window.page.get_by_text("The first answer.")).to_have_count(0)


def test_an_edited_question_replaces_the_one_it_was_and_its_answer(window: Window, model: ScriptedModel) -> None:
    says(model, "Four litres.")
    window.ask("Hwo much?")
    says(model, "Four litres of diesel.")
    window.messages("user").hover()
    window.button("message.edit").last.click()
    editor = window.page.get_by_role("textbox", name=window.t("message.edit"))
    editor.fill("How much diesel?")
    editor.press("Enter")
    expect(window.messages("assistant")).to_contain_text("Four litres of diesel.")
    expect(window.messages("assistant")).to_have_attribute("data-status", "complete")
    for _ in range(2):
        expect(window.messages("user")).to_have_count(1)
        expect(window.messages("user")).to_contain_text("How much diesel?")
        expect(window.messages("assistant")).to_have_count(1)
        expect(window.page.get_by_test_id("conversation")).to_have_count(1)
        expect(window.page.get_by_test_id("conversation")).to_contain_text("How much diesel?")
        assert "How much diesel?" in str(model.requests[-1]["messages"][-1])
        window.page.reload()


def test_a_thumb_is_kept_and_can_be_taken_back(window: Window, model: ScriptedModel) -> None:
    says(model, "Four litres.")
    window.ask(QUESTION)
    for pressed in ("true", "false"):
        with window.page.expect_response("**/api/v1/feedback"):
            window.button("message.good").click()
        window.page.reload()
        expect(window.button("message.good")).to_have_attribute("aria-pressed", pressed)


def test_a_model_that_fails_gives_way_to_the_passages_and_the_page_says_so(
    window: Window, model: ScriptedModel
) -> None:
    model.scripts[:] = [Script.error(500)]
    answer = window.ask(QUESTION)
    expect(answer).to_contain_text("four litres of diesel")
    expect(answer.get_by_test_id("degraded")).to_have_text(window.t("degraded.model"))


def test_what_is_typed_outlives_a_reload(window: Window) -> None:
    window.composer.press_sequentially("Half a quest")
    expect(window.composer).to_have_value("Half a quest")
    kept = "Object.values(localStorage).some((text) => text.includes('Half a quest'))"
    eventually(lambda: bool(window.page.evaluate(kept)), "the draft is kept")
    window.page.reload()
    expect(window.composer).to_have_value("Half a quest")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_answer_and_its_code_are_copied_as_they_were_written(
    open_window: Callable[..., Window], model: ScriptedModel, language: str
) -> None:
    window = open_window(language=language)
    window.register()
    window.add("english.pdf")
    page, t = window.page, window.t
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    written = f"{CLAIM}\n\n{TABLE}\n\n```python\n{CODE}```\n\n```\nno language\n```"
    says(model, written)
    answer = window.ask(QUESTION)
    expect(answer.get_by_role("columnheader")).to_have_text(["Fuel", "Litres"])
    expect(answer.get_by_role("cell")).to_have_text(["Diesel", "4"])

    code = answer.get_by_role("group", name=t("code.label"))
    expect(code).to_have_text([CODE.strip(), "no language"], use_inner_text=True)
    expect(code.first.locator(".hljs-string").first).to_have_text(re.compile("리터"))
    colours = code.first.evaluate(
        """(code) => [...code.querySelectorAll('.hljs-string, .hljs-comment')].map((part) => getComputedStyle(part).color)
          .concat(getComputedStyle(code).color)"""
    )
    assert len(set(colours)) > 2, "what is code can be told apart"
    expect(code.last.locator("span")).to_have_count(0)

    copy = answer.get_by_role("button", name=t("action.copy"), exact=True)
    expect(copy).to_have_count(2)
    copy.first.click()
    expect(answer.get_by_role("button", name=t("action.copied"), exact=True)).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == CODE.strip()
    window.button("message.copy").click()
    eventually(
        lambda: page.evaluate("navigator.clipboard.readText()").startswith("The generator burns"),
        "the answer is copied",
    )
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in (TABLE, CODE.strip(), "no language"):
        assert part in copied


@pytest.mark.parametrize(("language", "options"), [("en", {}), ("ko", PHONE)], ids=["wide-en", "narrow-ko"])
def test_no_state_of_an_answer_keeps_anybody_out(
    open_window: Callable[..., Window], model: ScriptedModel, language: str, options: dict[str, Any]
) -> None:
    window, inspector = arrive(open_window, language=language, reduced_motion="reduce", **options)
    window.expect_console("ERR_FAILED")
    window.register()
    window.add("english.pdf")
    page = window.page
    page.goto("/")
    says(model, f"{CLAIM}\n\n{TABLE}\n\n```python\n{CODE}```")
    window.ask(QUESTION)
    page.goto("/")
    answer = window.ask(QUESTION)
    expect(answer.get_by_text(window.t("message.cached"))).to_be_visible()
    expect(answer.locator(".hljs-string").first).to_be_visible()
    model.scripts[:] = [Script.error(500)]
    expect(window.ask("When does the supply boat come?").get_by_test_id("degraded")).to_be_visible()
    model.scripts[:] = [Script([spoken(f"{TABLE}\n\nIt begins"), Stall()])]
    answer = window.send("What does the keeper write?")
    expect(answer).to_contain_text("It begins")
    expect(answer).to_have_attribute("data-status", "streaming")
    inspector.look("an answer that is being written")
    page.keyboard.press("Escape")
    expect(answer).to_have_attribute("data-status", "stopped")
    page.route("**/api/v1/chat", lambda route: route.abort())
    expect(window.send("Is anybody there?")).to_have_attribute("data-status", "failed")
    for state in ("complete", "stopped", "failed"):
        expect(page.locator(f'[data-testid="message"][data-status="{state}"]').first).to_be_attached()
    inspector.look("what became of answers")
    assert inspector.found == []
