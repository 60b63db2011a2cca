"""Workers that are replaced, and servers that are stopped, while people ask and answers stream."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.fakes.scripted_model import ScriptedModel
from tests.integration.api.sockets import Browser
from tests.integration.people import Endless, asks, check_resumed, everybody, speech
from tests.services.likeopt import Server, alive, eventually, likeopt_server
from tests.services.traffic import Traffic


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="module")
def environ(model: ScriptedModel, valkey_url: str, chroma_url: str) -> dict[str, str]:
    return {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_GRACEFUL_TIMEOUT": "10",
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
        "REDIS_URL": f"{valkey_url}?db=9",
        "CHROMA_URL": chroma_url,
    }


@pytest.fixture(scope="module")
def own(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with likeopt_server(tmp_path_factory.mktemp("reload"), **environ) as running:
        yield running


def master(server: Server) -> psutil.Process:
    eventually(lambda: "web" in server.services()["pids"], "it says who runs")
    return psutil.Process(server.services()["pids"]["web"])


def is_let_in(server: Server) -> bool:
    """Knock; tell whether somebody opens. Being refused is an error."""
    address = urlsplit(server.url)
    with contextlib.suppress(TimeoutError), socket.create_connection((address.hostname, address.port), timeout=0.3):
        return True
    return False


def replace_workers(server: Server, model: ScriptedModel) -> None:
    """Have it done in the middle of streams."""
    web = master(server)
    eventually(lambda: len(web.children()) == 2, "two workers run")
    before, streams = web.children(), len(model.requests)
    eventually(lambda: len(model.requests) > streams + 8, "streams have begun")
    server.popen.send_signal(signal.SIGHUP)
    eventually(lambda: alive(before) == [], "the old workers have gone")


def test_replacing_the_workers_under_load_fails_no_request_and_cuts_no_stream(
    own: Server, model: ScriptedModel
) -> None:
    model.scripts = [speech()]
    browser = Browser(own.url).register("busy")
    with Traffic(everybody(own.url, browser)) as traffic:
        for _ in range(2):
            replace_workers(own, model)
    assert traffic.failures == []
    assert len(traffic.done) == 24, "everybody was served"
    log = (own.data_dir / "logs" / "web.log").read_text("utf-8")
    assert "Perhaps out of memory" not in log, "no worker had to be killed"


def test_a_stream_that_outlasts_a_reload_is_told_so_and_can_be_made_again(own: Server, model: ScriptedModel) -> None:
    browser = Browser(own.url).register("patient")
    workers = master(own).children()
    stream = Endless(browser, model)
    own.popen.send_signal(signal.SIGHUP)
    check_resumed(browser, model, *stream.told())
    eventually(lambda: alive(workers) == [], "the old workers end in time")


def test_a_server_that_stops_finishes_what_it_can_and_the_next_one_goes_on_with_the_rest(
    environ: dict[str, str], model: ScriptedModel, tmp_path: Path
) -> None:
    """Stopped in the middle of a reload: streams are on workers that leave already and on new ones."""
    with likeopt_server(tmp_path / "data", **environ) as first:
        browser, web = Browser(first.url).register("stopped"), master(first)
        before = web.children()
        cut = [Endless(browser, model)]
        first.popen.send_signal(signal.SIGHUP)
        eventually(lambda: len(set(web.children()) - set(before)) == 2, "new workers are there")
        eventually(lambda: len(alive(before)) == 1, "the old one without a stream has gone")
        cut.append(Endless(browser, model))
        model.scripts = [speech()]
        begun = len(model.requests)
        with Traffic({f"stream {n}": asks(browser) for n in range(8)}, once=True) as finishing:
            eventually(lambda: len(model.requests) == begun + 8, "all streams have begun")
            first.popen.terminate()
            eventually(lambda: not is_let_in(first), "nobody new is let in, and nobody refused")
        assert first.popen.wait(60) == 0
        assert finishing.failures == []
        answers = [stream.told() for stream in cut]
    with likeopt_server(tmp_path / "data", **environ) as second:
        again = Browser(second.url)
        again.cookie = browser.cookie
        for conversation, answer in answers:
            check_resumed(again, model, conversation, answer)
