"""Times, ids and labels: patterns of routes, never what somebody typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextvars import copy_context
from typing import Any

import pytest
import structlog
from flask import Flask, Response, g
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from backend.app.api.context import note_stages
from backend.app.api.errors import init_errors
from backend.app.middleware.request_id import init_request_id, request_id
from backend.app.middleware.timing import init_timing
from backend.app.monitoring.null import NullMetrics
from backend.app.monitoring.prometheus import PrometheusMetrics


class RecordingMetrics(NullMetrics):
    def __init__(self) -> None:
        self.observed: list[tuple[str, str, int]] = []
        self.active = 0
        self.most_active = 0

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.observed.append((method, route, status))

    def request_began(self) -> None:
        self.active += 1
        self.most_active = max(self.active, self.most_active)

    def request_ended(self) -> None:
        self.active -= 1


@pytest.fixture
def metrics() -> RecordingMetrics:
    return RecordingMetrics()


@pytest.fixture
def app(metrics: RecordingMetrics) -> Flask:
    app = Flask(__name__, static_folder=None)
    init_request_id(app)
    init_timing(app, metrics)
    init_errors(app, metrics)

    @app.get("/things/<name>/<path:rest>")
    def thing(name: str, rest: str) -> str:
        note_stages({"bm25_ms": 1.25})
        note_stages({"embed_ms": 2.0})
        return name

    @app.get("/broken/<name>")
    def broken(name: str) -> str:
        raise RuntimeError(name)

    @app.get("/id")
    def own_id() -> str:
        assert structlog.contextvars.get_contextvars() == {"request_id": request_id()}
        return str(g.request_id)

    return app


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "observed"),
    [
        ("GET", "/things/private/a/b/c", ("GET", "/things/<name>/<path:rest>", 200)),
        ("HEAD", "/things/private/a", ("HEAD", "/things/<name>/<path:rest>", 200)),
        ("GET", "/broken/private", ("GET", "/broken/<name>", 500)),
        ("GET", "/private/nothing", ("GET", "unmatched", 404)),
        ("POST", "/things/private/a", ("POST", "unmatched", 405)),
        ("PRIVATE", "/things/private/a", ("other", "unmatched", 405)),
    ],
)
def test_a_request_is_counted_under_its_routes_pattern(
    client: FlaskClient, metrics: RecordingMetrics, method: str, path: str, observed: tuple[str, str, int]
) -> None:
    client.open(f"{path}?q=private", method=method)
    assert metrics.observed == [observed]
    assert "private" not in str(metrics.observed)


def test_every_answer_says_how_long_it_took_and_in_which_stages(client: FlaskClient) -> None:
    answer = client.get("/things/x/y")
    assert re.fullmatch(r"\d+\.\d{3}s", answer.headers["X-Response-Time"])
    assert re.fullmatch(r"app;dur=\d+\.\d, bm25;dur=1\.2, embed;dur=2\.0", answer.headers["Server-Timing"])
    for path in ("/broken/x", "/nothing"):
        assert re.fullmatch(r"app;dur=\d+\.\d", client.get(path).headers["Server-Timing"])


@pytest.mark.parametrize("path", ["/things/x/y", "/broken/x", "/nothing"])
def test_a_request_is_active_until_it_has_ended(app: Flask, metrics: RecordingMetrics, path: str) -> None:
    app.test_client().get(path)
    assert (metrics.most_active, metrics.active) == (1, 0)


def test_a_slow_request_is_logged_by_its_pattern(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 13.5])
    monkeypatch.setattr("backend.app.middleware.timing.time.perf_counter", lambda: next(clock))
    with capture_logs() as logs:
        answer = app.test_client().get("/things/private/a")
    assert answer.headers["X-Response-Time"] == "3.500s"
    (entry,) = logs
    assert (entry["event"], entry["route"], entry["seconds"]) == ("slow_request", "/things/<name>/<path:rest>", 3.5)
    assert "private" not in str(entry)


def test_any_other_request_is_a_debug_line_with_its_stages(app: Flask) -> None:
    with capture_logs() as logs:
        app.test_client().get("/things/private/a")
        app.test_client().get("/nothing")
    assert [(entry["log_level"], entry["event"], entry["method"]) for entry in logs] == [
        ("debug", "request", "GET")
    ] * 2
    assert [(entry["route"], entry["status"]) for entry in logs] == [
        ("/things/<name>/<path:rest>", 200),
        ("unmatched", 404),
    ]
    assert set(logs[0]["stages"]) == {"bm25_ms", "embed_ms"}
    assert "private" not in str(logs)


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("backend.app.middleware.timing.time.perf_counter", clock)
    return clock


@pytest.mark.parametrize(("seconds", "is_slow"), [(1.0, False), (1.001, True)])
def test_more_than_a_second_is_slow(app: Flask, clock: Clock, seconds: float, is_slow: bool) -> None:
    def wait() -> str:
        clock.now = seconds  # from nought: no rounding
        return "done"

    app.get("/waits")(wait)
    clock.now = 0.0
    with capture_logs() as logs:
        app.test_client().get("/waits")
    assert [entry["event"] for entry in logs] == ["slow_request" if is_slow else "request"]


# --- streams ----------------------------------------------------------------------------------


def streaming(app: Flask, blocks: Iterable[bytes]) -> FlaskClient:
    app.get("/stream")(lambda: Response(blocks, mimetype="text/event-stream"))
    return app.test_client()


@pytest.mark.parametrize("read", ["to its end", "not at all", "in part"])
def test_a_stream_is_active_until_it_is_closed(app: Flask, metrics: RecordingMetrics, read: str) -> None:
    answer = streaming(app, (b"%d" % number for number in range(3))).get("/stream", buffered=False)
    assert metrics.active == 1
    if read == "to its end":
        assert answer.data == b"012"
    elif read == "in part":
        next(iter(answer.response))
    assert metrics.active == 1
    answer.close()
    assert metrics.active == 0


def test_a_streams_source_is_closed_with_it(app: Flask) -> None:
    closed: list[bool] = []

    class Source:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"1", b"2"])

        def close(self) -> None:
            closed.append(True)

    answer = streaming(app, Source()).get("/stream", buffered=False)
    assert closed == []
    answer.close()
    assert closed == [True]


def test_a_stream_that_is_long_is_not_slow(app: Flask, clock: Clock) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"at once"
        clock.now += 100
        yield b"late"

    with capture_logs() as logs:
        assert streaming(app, blocks()).get("/stream").data == b"at oncelate"
    assert [entry["event"] for entry in logs] == ["request"]


def test_a_stream_that_begins_late_is_slow_and_its_stages_are_told(app: Flask, clock: Clock) -> None:
    def blocks() -> Iterator[bytes]:
        # As a chat does: in the background, with a copy of the request's context.
        copy_context().run(PrometheusMetrics().observe_stages, {"vector_ms": 2300.0})
        clock.now += 2.5
        yield b"late"
        clock.now += 100
        yield b"later"

    with capture_logs() as logs:
        streaming(app, blocks()).get("/stream")
    assert [(entry["event"], entry["route"], entry["seconds"], entry["stages"]) for entry in logs] == [
        ("slow_request", "/stream", 2.5, {"vector_ms": 2300.0})
    ]


@pytest.mark.parametrize(("end", "seconds"), [("a token", 3.0), ("no token", 3.0), ("the reader", 2.5)])
def test_a_stream_that_waits_for_something_is_judged_by_when_that_comes_or_by_its_end(
    app: Flask, clock: Clock, end: str, seconds: float
) -> None:
    come: list[bool] = []

    def blocks() -> Iterator[bytes]:
        yield b"meta"
        clock.now += 2.5
        yield b": ping"
        clock.now += 0.5
        if end == "a token":
            come.append(True)
            yield b"a token"
            clock.now += 100
            yield b"another"

    def stream() -> Response:
        g.has_come = lambda: bool(come)
        return Response(blocks(), mimetype="text/event-stream")

    app.get("/stream")(stream)
    with capture_logs() as logs:
        answer = app.test_client().get("/stream", buffered=False)
        read = iter(answer.response)
        assert [next(read) for _ in range(2)] == [b"meta", b": ping"]
        assert logs == []
        if end != "the reader":
            list(read)
        answer.close()
    assert [(entry["event"], entry["seconds"]) for entry in logs] == [("slow_request", seconds)]


def test_a_requests_stages_are_not_those_of_the_one_before(app: Flask, clock: Clock) -> None:
    @app.get("/slow/<stage>")
    def slow(stage: str) -> str:
        PrometheusMetrics().observe_stages({f"{stage}_ms": 1.0})
        clock.now += 2
        return ""

    with capture_logs() as logs:
        for stage in ("bm25", "vector"):
            app.test_client().get(f"/slow/{stage}")
    assert [entry["stages"] for entry in logs] == [{"bm25_ms": 1.0}, {"vector_ms": 1.0}]


def test_the_log_of_a_request_carries_its_id_and_no_other_ones(client: FlaskClient) -> None:
    structlog.contextvars.bind_contextvars(left_over="of another request")
    try:
        answer = client.get("/id", headers={"X-Request-ID": "given-by-a-proxy"})
    finally:
        structlog.contextvars.clear_contextvars()
    assert answer.get_data(as_text=True) == answer.headers["X-Request-ID"] == "given-by-a-proxy"


@pytest.mark.parametrize("given", ["a" * 7, "a" * 65, "line break", "x{y}12345", "ünïcödé-id", ""])
def test_an_id_of_another_shape_is_not_taken(client: FlaskClient, given: str) -> None:
    answer = client.get("/id", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_a_request_that_fails_before_it_has_an_id_gets_one(metrics: RecordingMetrics) -> None:
    app = Flask(__name__, static_folder=None)

    @app.before_request
    def fail() -> Any:
        raise RuntimeError("before the id is given")

    init_request_id(app)
    init_timing(app, metrics)
    init_errors(app, metrics)
    app.get("/")(lambda: Response("x"))
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    assert answer.get_json()["request_id"] == answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])
    assert metrics.active == 0
