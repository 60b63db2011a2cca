"""People who keep asking, and one whose answer would never come to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.fakes.scripted_model import Script, ScriptedModel, Stall, spoken
from tests.integration.api.sockets import Browser, read_until, streamed
from tests.services.client import Client

QUESTION = {"message": "When does the ferry leave?", "use_cache": False}  # each answer is made anew, and takes its time
SPEECH = [f"word{n} " for n in range(12)]


def speech() -> Script:
    """Return an answer that takes a moment."""
    return Script.answer(*SPEECH, pause=0.1)


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
    """Return the act of reading and writing over a connection that is kept, as browsers do."""
    client = Client(url, cookie=browser.cookie)
    collection = client.data("GET", "/collections")[0]["id"]

    def act() -> None:
        assert client.call("GET", "/conversations?limit=1")[0] == 200
        assert client.call("PATCH", f"/collections/{collection}", json={"name": "Harbours"})[0] == 200

    return act


def everybody(url: str, browser: Browser) -> dict[str, Callable[[], None]]:
    """Return two dozen people's acts by their names."""
    return {
        **{f"stream {n}": asks(browser) for n in range(12)},
        **{f"reader {n}": reads(browser) for n in range(6)},
        **{f"keeper {n}": keeps_its_connection(url, browser) for n in range(6)},
    }


class Endless:
    """An answer that would never come to its end, being read by a thread of its own."""

    def __init__(self, browser: Browser, model: ScriptedModel) -> None:
        model.scripts = [Script([spoken("What had arrived"), Stall()])]
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
