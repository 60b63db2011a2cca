"""Streams through the real web server: they flow, they stop when nobody reads, and nothing waits for them."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from tests.fakes.scripted_model import Endless, Script, ScriptedModel, Stall, WaitFor, spoken
from tests.integration.api.sockets import Browser, read_until, streamed
from tests.services.likeopt import Server, eventually

QUESTION = {"message": "When does the ferry leave?"}


def answers(browser: Browser) -> list[dict[str, Any]]:
    (conversation,) = browser.get("/conversations").ids
    found = browser.get(f"/conversations/{conversation}/messages").data
    return [message for message in found if message["role"] == "assistant"]


def test_tokens_arrive_while_the_model_still_speaks(browser: Browser, model: ScriptedModel) -> None:
    go_on = threading.Event()
    model.scripts = [Script([spoken("The first word"), WaitFor(go_on), spoken(" and the last.")])]
    with browser.opened("POST", "/chat", QUESTION, Accept_Encoding="br, gzip, deflate") as response:
        assert response.status == 200
        assert response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        assert response.getheader("Content-Encoding") is None
        assert response.getheader("X-Accel-Buffering") == "no"
        begun = read_until(response, "The first word")
        assert "the last" not in begun
        for _ in range(4):
            assert browser.get("/auth/me").status == 200, "others are answered meanwhile, by any worker"
        assert browser.get("/conversations").json["count"] == 1
        go_on.set()
        whole = begun + response.read().decode()
    names = [name for name, _ in streamed(whole)]
    assert names[:2] == ["meta", "sources"]
    assert names[-1] == "done"
    assert names[2:-1] == ["token"] * len(names[2:-1])
    (answer,) = answers(browser)
    assert (answer["status"], answer["text"]) == ("complete", "The first word and the last.")


def test_closing_the_connection_stops_the_model_and_keeps_what_had_arrived(
    browser: Browser, model: ScriptedModel
) -> None:
    model.scripts = [Script([spoken("What had arrived"), Endless(spoken(" and more").data, 0.02)])]
    model.disconnected.clear()
    with browser.opened("POST", "/chat", QUESTION) as response:
        read_until(response, "What had arrived")
    assert model.disconnected.wait(30), "the model's server sees its reader go"
    eventually(lambda: len(answers(browser)) == 1, "the answer is stored")
    (answer,) = answers(browser)
    assert answer["status"] == "stopped"
    assert answer["text"].startswith("What had arrived")
    assert browser.get("/auth/me").status == 200


def test_a_model_that_is_silent_is_stopped_too(browser: Browser, model: ScriptedModel) -> None:
    model.scripts = [Script([spoken("Half a sentence"), Stall()])]
    model.disconnected.clear()
    with browser.opened("POST", "/chat", QUESTION) as response:
        read_until(response, "Half a sentence")
    assert model.disconnected.wait(30), "no token has to come for the closing to be noticed"
    eventually(lambda: len(answers(browser)) == 1, "the answer is stored")
    (answer,) = answers(browser)
    assert (answer["status"], answer["text"]) == ("stopped", "Half a sentence")


def test_a_stopped_answer_is_history_and_can_be_made_again(browser: Browser, model: ScriptedModel) -> None:
    model.scripts = [Script([spoken("Half"), Stall()])]
    model.disconnected.clear()
    with browser.opened("POST", "/chat", QUESTION) as response:
        read_until(response, "Half")
    assert model.disconnected.wait(30)
    eventually(lambda: len(answers(browser)) == 1, "the answer is stored")
    model.scripts = [Script.answer("The whole.")]
    (stopped,) = answers(browser)
    assert browser.post("/chat", {"regenerate": stopped["id"]}).events[-1][0] == "done"
    (answer,) = answers(browser)
    assert (answer["status"], answer["text"]) == ("complete", "The whole.")


def test_a_jobs_progress_is_told_until_it_has_ended(browser: Browser) -> None:
    text = "\n\n".join(f"# Chapter {n}\n\n" + f"The ferry number {n} leaves at seven. " * 30 for n in range(40))
    disposition = 'Content-Disposition: form-data; name="files"; filename="tale.md"'
    body = f"--XX\r\n{disposition}\r\n\r\n{text}\r\n--XX--\r\n".encode()
    (item,) = browser.post("/documents", body, Content_Type="multipart/form-data; boundary=XX").data
    told = browser.get(f"/jobs/{item['job']['id']}/events").events
    assert {name for name, _ in told} == {"job"}
    states = [data["status"] for _, data in told]
    assert states[-1] == "ready"
    assert told[-1][1]["finished_at"]
    progress = [data["progress"] for _, data in told]
    assert progress == sorted(progress)
    assert all(earlier != later for earlier, later in itertools.pairwise(told)), "only changes are told"
    assert browser.get(f"/documents/{item['document']['id']}").data["status"] == "ready"
    assert browser.get("/search?q=ferry").json["degraded"] == []


def test_a_reader_of_a_jobs_progress_may_leave(browser: Browser) -> None:
    body = b'--XX\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nA ferry.\r\n--XX--\r\n'
    (item,) = browser.post("/documents", body, Content_Type="multipart/form-data; boundary=XX").data
    with browser.opened("GET", f"/jobs/{item['job']['id']}/events") as response:
        read_until(response, "event: job")
    path = f"/documents/{item['document']['id']}"
    eventually(lambda: browser.get(path).data["status"] == "ready", "the job goes on")


def test_a_session_is_known_to_every_worker_and_ends_in_all(gunicorn: Server, browser: Browser) -> None:
    assert {browser.get("/auth/me").status for _ in range(20)} == {200}
    thief = Browser(gunicorn.url)
    thief.cookie = browser.cookie
    assert thief.get("/auth/me").status == 200
    assert browser.post("/auth/logout").status == 200
    assert {thief.get("/auth/me").status for _ in range(20)} == {401}


def test_metrics_are_those_of_all_workers(browser: Browser) -> None:
    def counted() -> float:
        lines = browser.get("/metrics").body.decode().splitlines()
        start = 'http_requests_total{endpoint="/api/v1/auth/me",method="GET",status="200"}'
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))

    before = counted()
    for _ in range(20):
        browser.get("/auth/me")
    assert counted() - before == 20
