"""Answers that the network takes away."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.support.network import Network
from tests.e2e.window import Window
from tests.fakes.scripted_model import Endless, Script, ScriptedModel, WaitFor, delta, spoken
from tests.services.likeopt import Server, eventually

BROKEN = r"ERR_(CONNECTION|INCOMPLETE|EMPTY|INTERNET|NETWORK|SOCKET)|WebSocket|Failed to load resource: net::"


@pytest.fixture(scope="module")
def site(modelled_site: Server) -> Server:
    return modelled_site


@pytest.fixture
def network(site: Server) -> Iterator[Network]:
    with Network(site.url) as network:
        yield network


@pytest.fixture
def window(open_window: Callable[..., Window], network: Network, language: str) -> Window:
    """A person who reaches the server over a network that a test can break."""
    window = open_window(network.url, language=language)
    window.expect_console(BROKEN)
    window.register()
    window.page.goto("/")
    expect(window.composer).to_be_visible()
    window.page.wait_for_load_state("networkidle")  # all that it needs has come
    return window


def half_an_answer(window: Window, model: ScriptedModel, *rest: object) -> Locator:
    model.scripts[:] = [Script([spoken("Four litres of "), *rest])]  # type: ignore[list-item]
    answer = window.send("How much diesel?")
    expect(answer).to_contain_text("Four litres of")
    expect(answer).to_have_attribute("data-status", "streaming")
    return answer


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_had_come_stays_and_is_gone_on_with_in_its_place(
    window: Window, network: Network, model: ScriptedModel
) -> None:
    answer = half_an_answer(window, model, Endless(delta({"content": "diesel "}), 0.05))
    network.cut()
    expect(answer).to_have_attribute("data-status", "failed")
    expect(answer).to_contain_text("Four litres of")
    expect(answer.get_by_role("alert")).to_contain_text(window.t("error.STREAM_BROKEN"))
    expect(answer.get_by_role("alert")).to_contain_text(window.t("message.looking"))

    window.button("message.go_on").click()
    retry = window.button("action.retry")
    expect(retry).to_be_visible()  # it was in vain: there is no network
    network.mend()
    model.scripts[:] = [Script.answer("Four litres of diesel in an hour.")]
    retry.click()
    expect(window.messages("assistant").last).to_contain_text("Four litres of diesel in an hour.")
    expect(window.messages("assistant").last).to_have_attribute("data-status", "complete")
    for _ in range(2):
        expect(window.messages("user")).to_have_count(1)
        expect(window.messages("assistant")).to_have_count(1)
        window.page.reload()


def test_an_answer_that_the_server_wrote_to_its_end_is_shown_when_the_network_is_back(
    window: Window, network: Network, model: ScriptedModel
) -> None:
    end = threading.Event()
    answer = half_an_answer(window, model, WaitFor(end), spoken("diesel in an hour."))
    asked = len(model.requests)
    network.cut(server_notices=False)
    expect(answer).to_have_attribute("data-status", "failed")
    end.set()
    network.mend()
    expect(answer).to_have_attribute("data-status", "complete", timeout=60_000)
    expect(answer).to_contain_text("Four litres of diesel in an hour.")
    expect(answer.get_by_role("alert")).to_have_count(0)
    assert len(model.requests) == asked, "nobody was asked again"
    window.page.reload()
    expect(window.messages("assistant")).to_contain_text("Four litres of diesel in an hour.")


def test_going_on_shows_what_the_server_has_instead_of_asking_again(
    window: Window, network: Network, model: ScriptedModel
) -> None:
    end = threading.Event()
    answer = half_an_answer(window, model, WaitFor(end), spoken("diesel."))
    asked = len(model.requests)
    network.cut(server_notices=False)
    go_on = window.button("message.go_on")
    expect(go_on).to_be_visible()
    window.page.route("**/messages?*", lambda route: route.abort())  # the page does not find it by itself
    end.set()
    network.mend()
    conversation = re.search(r"/chat/(\w+)", window.page.url)
    assert conversation
    stored = f"/api/v1/conversations/{conversation[1]}/messages"
    eventually(lambda: bool(window.context.request.get(stored).json()["data"]), "the server has stored it")
    window.page.unroute_all()
    go_on.click()
    expect(answer).to_have_attribute("data-status", "complete")
    expect(answer).to_contain_text("Four litres of diesel.")
    assert len(model.requests) == asked


@pytest.mark.parametrize("language", ["ko"])
def test_a_browser_that_was_offline_looks_as_soon_as_it_is_back(
    window: Window, network: Network, model: ScriptedModel
) -> None:
    end = threading.Event()
    answer = half_an_answer(window, model, WaitFor(end), spoken("diesel."))
    window.context.set_offline(True)
    network.cut(server_notices=False)
    expect(answer).to_have_attribute("data-status", "failed")
    expect(answer).to_contain_text("Four litres of")
    end.set()
    network.mend()
    with window.page.expect_response("**/messages?*"):
        window.context.set_offline(False)
    expect(answer).to_have_attribute("data-status", "complete")
    expect(answer).to_contain_text("Four litres of diesel.")
    expect(window.messages("user")).to_have_count(1)


@pytest.mark.parametrize("language", ["ko"])
def test_a_question_that_never_got_there_can_be_asked_again(
    window: Window, network: Network, model: ScriptedModel
) -> None:
    model.scripts[:] = [Script.answer("Here.")]
    network.cut()
    answer = window.send("Is anybody there?")
    expect(answer).to_have_attribute("data-status", "failed")
    expect(answer.get_by_role("alert")).to_contain_text(window.t("error.UNREACHABLE"))
    expect(window.messages("user")).to_have_text(re.compile("Is anybody there?"))
    network.mend()
    window.button("action.retry").click()
    expect(window.messages("assistant")).to_contain_text("Here.")
    expect(window.messages("user")).to_have_count(1)
