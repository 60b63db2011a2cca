"""Two claims that one passage proves: the number that is clicked opens the words that prove its own claim."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.window import Window
from tests.fakes.scripted_model import Script, ScriptedModel
from tests.services.likeopt import Server


@pytest.fixture(scope="module")
def site(modelled_site: Server) -> Server:
    return modelled_site


def test_the_clicked_number_alone_lights_up_and_its_own_quote_stands_out(window: Window, model: ScriptedModel) -> None:
    window.add("english.pdf")
    window.page.goto("/")
    model.scripts[:] = [
        Script.answer(
            "The generator burns four litres of diesel in an hour [1]. The supply boat Halcyon comes on the first Tuesday of each month [1]."
        )
    ]
    answer = window.ask("How much diesel does the generator burn, and when does the supply boat come?")
    numbers = answer.get_by_test_id("citation")
    expect(numbers).to_have_text(["1", "1"])
    for clicked, other, words in ((1, 0, "Halcyon"), (0, 1, "four litres of diesel")):
        panel = window.cite(answer, clicked)
        expect(numbers.nth(clicked)).to_have_attribute("aria-expanded", "true")
        expect(numbers.nth(other)).to_have_attribute("aria-expanded", "false")
        loud = panel.locator("mark:not(.mark-quiet)")
        expect(loud).to_have_count(1)
        expect(loud).to_contain_text(words)
        expect(loud).to_be_in_viewport()
        expect(panel.locator("mark.mark-quiet").first).to_be_attached()

    panel.get_by_role("button", name=window.t("source.view_page"), exact=True).click()
    expect(panel.locator(".pdf-marks i:not(.mark-quiet)").first).to_be_in_viewport()
    expect(panel.locator(".pdf-marks i.mark-quiet").first).to_be_attached()

    expect(answer.get_by_test_id("source-chip").first).to_contain_text(
        f"{window.t('source.page', page=2)} · Fuel and Stores"
    )
    answer.get_by_test_id("source-chip").first.click()  # the source as a whole: no claim in particular
    expect(numbers.nth(0)).to_have_attribute("aria-expanded", "false")
    expect(panel.locator(".pdf-marks i.mark-quiet")).to_have_count(0)
