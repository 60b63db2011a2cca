"""What the metrics of a running server tell of streams."""

from __future__ import annotations

import threading

import pytest

from tests.fakes.scripted_model import Endless, Script, ScriptedModel, WaitFor, spoken
from tests.integration.api.sockets import Browser, read_until
from tests.services.likeopt import eventually

QUESTION = {"message": "When does the ferry leave?"}


def told(browser: Browser, sample: str) -> float:
    lines = browser.get("/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample))


def active(browser: Browser) -> float:
    """Return how many requests are being answered beside the one that asks."""
    return told(browser, "http_active_connections ") - 1


def stages(browser: Browser) -> list[float]:
    names = ("first_token", "answer")
    return [told(browser, f'likeopt_stage_duration_seconds_count{{stage="{name}"}}') for name in names]


@pytest.mark.parametrize("end", ["read to its end", "left"])
def test_a_stream_is_an_active_connection_until_it_ends(browser: Browser, model: ScriptedModel, end: str) -> None:
    go_on = threading.Event()
    last = spoken(" and the last.") if end == "read to its end" else Endless(spoken(" and more").data, 0.02)
    model.scripts = [Script([spoken("The first word"), WaitFor(go_on), last])]
    eventually(lambda: active(browser) == 0, "nothing else is open")
    with browser.opened("POST", "/chat", QUESTION) as response:
        read_until(response, "The first word")
        assert [active(browser) for _ in range(4)] == [1] * 4, "whichever worker is asked"
        go_on.set()
        if end == "read to its end":
            response.read()
    eventually(lambda: active(browser) == 0, "it has ended")


def test_a_long_stream_is_counted_by_the_time_to_its_headers(browser: Browser, model: ScriptedModel) -> None:
    answers = stages(browser)
    labels = '{endpoint="/api/v1/chat",method="POST"}'
    before = told(browser, f"http_request_duration_seconds_sum{labels}")
    go_on = threading.Event()
    model.scripts = [Script([spoken("The first word"), WaitFor(go_on), spoken(".")])]
    with browser.opened("POST", "/chat", QUESTION) as response:
        headers = float((response.getheader("X-Response-Time") or "").removesuffix("s"))
        read_until(response, "The first word")
        counted = told(browser, f"http_request_duration_seconds_sum{labels}") - before
        go_on.set()
        response.read()
    assert counted == pytest.approx(headers, abs=0.001), "it was counted while it still went on"
    assert told(browser, f"http_request_duration_seconds_sum{labels}") - before == pytest.approx(counted)
    assert stages(browser) == [count + 1 for count in answers]
