"""Answers that are stopped, asked for again, asked in other words, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.window import Window
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, WaitFor, delta, spoken
from tests.services.likeopt import Server, eventually

QUESTION = "How much diesel does the generator burn?"


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
