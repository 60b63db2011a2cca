"""Two servers with one PostgreSQL, Redis and Chroma behind a real nginx with the configuration of ``deploy/``."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest

from backend.app.config import Secret, Settings
from backend.app.storage.migration import migrate
from tests.fakes.scripted_model import Script, ScriptedModel, WaitFor, spoken
from tests.integration.api.sockets import Browser, read_until, streamed
from tests.integration.people import QUESTION, Endless, check_resumed, everybody, speech
from tests.services.instances import Instance, instances
from tests.services.likeopt import eventually
from tests.services.nginx import Nginx, nginx
from tests.services.postgresql import PostgreSQL
from tests.services.traffic import Traffic

ME = "/api/v1/auth/me"


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture(scope="module")
def servers(
    model: ScriptedModel,
    _postgresql: PostgreSQL,
    valkey_url: str,
    chroma_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[Instance]]:
    address = _postgresql.database()
    migrate(Settings(database_url=Secret(address)))
    environ = {
        "LIKEOPT_OPEN_REGISTRATION": "true",
        "LIKEOPT_GRACEFUL_TIMEOUT": "14",
        "LIKEOPT_TRUSTED_PROXIES": "1",
        "LIKEOPT_WORKERS": "1",
        "LLM_BASE_URL": model.url,
        "LLM_MODEL": "scripted-1",
        "DATABASE_URL": address,
        "REDIS_URL": f"{valkey_url}?db=10",
        "CHROMA_URL": chroma_url,
    }
    with instances(tmp_path_factory.mktemp("shared"), 2, **environ) as running:
        yield running


@pytest.fixture(scope="module")
def front(servers: list[Instance]) -> Iterator[Nginx]:
    with nginx([server.port for server in servers]) as running:
        yield running


@pytest.fixture(scope="module")
def browser(front: Nginx) -> Browser:
    return Browser(front.url).register("visitor")


def asked(front: Nginx, server: Instance) -> int:
    """Return how many requests nginx has had answered by a server."""
    return sum(entry[0].endswith(f":{server.port}") for entry in front.answered())


def restart(server: Instance, front: Nginx, model: ScriptedModel) -> None:
    """Have it done in the middle of streams, and go on when nginx has noticed."""
    streams = len(model.requests)
    eventually(lambda: len(model.requests) > streams + 8, "streams have begun")
    assert server.stop() == 0
    server.start()
    server.wait_until_ready()
    before = asked(front, server)
    eventually(lambda: asked(front, server) > before + 8, "nginx asks it again")


def test_restarting_one_server_after_the_other_under_load_fails_no_request_and_cuts_no_stream(
    servers: list[Instance], front: Nginx, browser: Browser, model: ScriptedModel
) -> None:
    model.scripts = [speech()]
    with Traffic(everybody(front.url, browser)) as traffic:
        for server in servers:
            restart(server, front, model)
    assert traffic.failures == [], front.errors()[-3000:]
    assert len(traffic.done) == 24, "everybody was served"
    statuses = {entry[2] for entry in front.answered()}
    assert statuses <= {"200", "201", "204"}
    tried_twice = [entry for entry in front.answered() if "," in entry[0]]
    assert tried_twice, "nginx went from one server to the other"
    for server in servers:
        assert "Perhaps out of memory" not in server.log.read_text("utf-8"), "no worker had to be killed"


def test_tokens_arrive_through_nginx_while_the_model_still_speaks(browser: Browser, model: ScriptedModel) -> None:
    go_on = threading.Event()
    model.scripts = [Script([spoken("The first word"), WaitFor(go_on), spoken(" and the last.")])]
    with browser.opened("POST", "/chat", QUESTION, Accept_Encoding="gzip") as response:
        assert response.getheader("Content-Encoding") is None
        begun = read_until(response, "The first word")
        assert "the last" not in begun
        go_on.set()
        events = streamed(begun + response.read().decode())
    assert events[-1][0] == "done"


def told_of(front: Nginx, path: str, count: int) -> list[list[str]]:
    """Return what nginx wrote of requests; it writes a moment after it has answered."""
    eventually(lambda: len(front.answered_at(path)) == count, f"nginx has answered {path}")
    return front.answered_at(path)


def test_hashed_files_are_kept_by_nginx_and_the_page_is_not(front: Nginx, browser: Browser) -> None:
    page = [browser.whole("GET", "/").body.decode() for _ in range(2)][1]
    path = re.findall(r"/static/[a-z]+\.[0-9a-f]{16}\.js", page)[0]
    answers = [browser.whole("GET", path, Accept_Encoding="gzip") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert {answer.headers["Content-Encoding"] for answer in answers} == {"gzip"}
    assert "immutable" in answers[1].headers["Cache-Control"]
    assert [entry[3] for entry in told_of(front, path, 2)] == ["MISS", "HIT"]
    assert [entry[3] for entry in told_of(front, "/", 2)] == ["-", "-"]


def test_a_file_that_one_server_does_not_have_is_asked_of_the_other(front: Nginx, browser: Browser) -> None:
    path = "/static/chat.0123456789abcdef.js"
    assert browser.whole("GET", path).status == 404
    assert told_of(front, path, 1)[0][1].split(", ") == ["404", "404"], "both were asked"


def test_the_app_knows_the_visitor_and_the_address_behind_nginx(front: Nginx, browser: Browser) -> None:
    """Its metrics are for this machine, its forms for its own address: it believes nginx on both, and nobody else."""
    assert browser.get("/metrics", X_Forwarded_For="198.51.100.7").status == 200
    assert browser.post("/metrics", {"metrics": []}, Origin=front.url).status == 204
    foreign = browser.post(
        "/metrics", {"metrics": []}, Origin="http://elsewhere.example", X_Forwarded_Host="elsewhere.example"
    )
    assert foreign.error == (403, "CROSS_SITE_REQUEST")


def test_what_nginx_refuses_has_the_envelope(browser: Browser) -> None:
    head = browser.head("POST", "/documents", "Content-Length: 900000000", "Content-Type: application/json")
    assert browser.said(head).error == (413, "REQUEST_TOO_LARGE")


def test_streams_of_servers_that_leave_are_made_again_by_the_one_that_comes(
    servers: list[Instance], front: Nginx, browser: Browser, model: ScriptedModel
) -> None:
    streams = [Endless(browser, model) for _ in range(4)]
    leaving = [threading.Thread(target=server.stop) for server in servers]
    for thread in leaving:
        thread.start()
    told = [stream.told() for stream in streams]
    for thread in leaving:
        thread.join()
    assert browser.whole("GET", ME).error == (503, "UNAVAILABLE")
    servers[1].start()
    servers[1].wait_until_ready()
    eventually(lambda: browser.whole("GET", ME).status == 200, "nginx asks it again")
    for conversation, answer in told:
        check_resumed(browser, model, conversation, answer)
