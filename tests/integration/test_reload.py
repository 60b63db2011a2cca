"""Workers that are replaced, and servers that are stopped, while people ask and answers stream."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.fakes.scripted_model import Script, ScriptedModel, Stall, spoken
from tests.integration.api.sockets import Browser, read_until, streamed
from tests.services.client import Client
from tests.services.likeopt import Server, alive, eventually, likeopt_server
from tests.services.traffic import Traffic

QUESTION = {"message": "When does the ferry leave?"}
SPEECH = [f"word{n} " for n in range(12)]
SPOKEN_LONG = Script([spoken("What had arrived"), Stall()])


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="module")
def environ(model: ScriptedModel, valkey_url: str, chroma_url: str) -> dict[str, str]:
    return {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_GRACEFUL_TIMEOUT": "10",
        "LIKEOPT_LLM_RETRIES": "0",
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


def asks(browser: Browser) -> Callable[[], None]:
    """Return the act of asking, and of reading the whole answer."""

    def act() -> None:
        events = browser.post("/chat", QUESTION).events
        text = "".join(data["text"] for name, data in events if name == "token")
        assert (events[-1][0], text) == ("done", "".join(SPEECH)), events[-1]

    return act


def reads(browser: Browser) -> Callable[[], None]:
    """Return the act of asking for something by a connection of its own."""

    def act() -> None:
        assert browser.get("/auth/me").status == 200

    return act


def keeps_its_connection(url: str, browser: Browser) -> Callable[[], None]:
    """Return the act of reading and writing by a connection that is kept, as browsers do."""
    client = Client(url)
    client._cookie = browser.cookie

    def act() -> None:
        assert client.call("GET", "/conversations?limit=1")[0] == 200
        assert client.call("POST", "/metrics", json={"metrics": []})[0] == 204

    return act


def everybody(url: str, browser: Browser, streams: int = 16) -> dict[str, Callable[[], None]]:
    return {
        **{f"stream {n}": asks(browser) for n in range(streams)},
        **{f"reader {n}": reads(browser) for n in range(4)},
        **{f"keeper {n}": keeps_its_connection(url, browser) for n in range(4)},
    }


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
    model.scripts = [Script.answer(*SPEECH, pause=0.1)]
    browser = Browser(own.url).register("busy")
    with Traffic(everybody(own.url, browser)) as traffic:
        for _ in range(2):
            replace_workers(own, model)
    assert traffic.failures == []
    assert len(traffic.done) == 24, "everybody was served"
    log = (own.data_dir / "logs" / "web.log").read_text("utf-8")
    assert "Perhaps out of memory" not in log, "no worker had to be killed"


class Endless:
    """An answer that would never come to its end, being read by a thread of its own."""

    def __init__(self, browser: Browser, model: ScriptedModel) -> None:
        model.scripts = [SPOKEN_LONG]
        self.browser = browser
        self._begun = threading.Event()
        self._said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._begun.wait(30)

    def _read(self) -> None:
        with self.browser.opened("POST", "/chat", QUESTION) as response:
            self._said = read_until(response, "What had arrived")
            self._begun.set()
            self._said += response.read().decode()

    def told(self) -> tuple[str, str]:
        """Fail unless the stream ended in words; return the ids of the conversation and of the answer."""
        self._reader.join()
        events = streamed(self._said)
        assert [name for name, _ in events] == ["meta", "sources", "token", "error"]
        assert (events[-1][1]["error_code"], events[-1][1]["retryable"]) == ("RESTARTING", True)
        return events[0][1]["conversation_id"], events[0][1]["message_id"]


def check_resumed(browser: Browser, model: ScriptedModel, conversation: str, answer: str) -> None:
    """Go on as a reader does whose stream was cut: look what is there, and have it made again."""
    question, stopped = browser.get(f"/conversations/{conversation}/messages").data
    assert (question["role"], question["text"]) == ("user", QUESTION["message"])
    assert (stopped["id"], stopped["status"], stopped["text"]) == (answer, "stopped", "What had arrived")
    model.scripts = [Script.answer("The whole answer.")]
    events = browser.post("/chat", {"regenerate": answer}).events
    assert (events[-1][0], events[0][1]["conversation_id"]) == ("done", conversation)
    same, made = browser.get(f"/conversations/{conversation}/messages").data
    assert same["id"] == question["id"], "nothing is doubled"
    assert (made["status"], made["text"]) == ("complete", "The whole answer.")


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
        model.scripts = [Script.answer(*SPEECH, pause=0.1)]
        begun = len(model.requests)
        with Traffic({f"stream {n}": asks(browser) for n in range(8)}, once=True) as finishing:
            eventually(lambda: len(model.requests) == begun + 8, "all streams have begun")
            first.popen.terminate()
        assert first.popen.wait(60) == 0
        assert finishing.failures == []
        answers = [stream.told() for stream in cut]
    with likeopt_server(tmp_path / "data", **environ) as second:
        again = Browser(second.url)
        again.cookie = browser.cookie
        for conversation, answer in answers:
            check_resumed(again, model, conversation, answer)
