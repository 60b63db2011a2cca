"""Spans of real requests, as a collector gets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.app.monitoring.tracing import Tracing
from tests.fakes.child import output_of
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World
from tests.services.otlp import OtlpReceiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as running:
        yield running


@pytest.fixture(scope="module")
def traced(made_world: Callable[..., World], receiver: OtlpReceiver) -> Iterator[World]:
    world = made_world(otel_endpoint=receiver.url, lexical_engine="rank_bm25")
    yield world
    tracing(world).close()


@pytest.fixture(scope="module")
def person(traced: World) -> Caller:
    person = traced.person("traced")
    traced.document(person)
    return person


def tracing(world: World) -> Tracing:
    found = world.app.extensions["likeopt_tracing"]
    assert isinstance(found, Tracing)
    return found


@pytest.fixture
def spans(traced: World, receiver: OtlpReceiver, person: Caller) -> Callable[[], dict[str, Any]]:
    """Return the spans since the test began, by name."""
    tracing(traced).flush()
    receiver.spans.clear()

    def arrived() -> dict[str, Any]:
        tracing(traced).flush()
        return {span.name: span for span in receiver.spans}

    return arrived


def attributes(span: Any) -> dict[str, Any]:
    return {entry.key: entry.value.string_value or entry.value.int_value for entry in span.attributes}


def test_a_request_is_a_span_by_its_routes_pattern(
    person: Caller, spans: Callable[[], dict[str, Any]], receiver: OtlpReceiver
) -> None:
    answer = person.get("/documents/typed-by-somebody")
    (span,) = spans().values()
    assert span.name == "GET /api/v1/documents/<document_id>"
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.route": "/api/v1/documents/<document_id>",
        "http.response.status_code": 404,
        "likeopt.request_id": answer.headers["X-Request-ID"],
    }
    assert span.status.code == 0, "what the caller did wrong is no error of ours"
    assert b"typed" not in span.SerializeToString()
    assert receiver.services == {"like-opt"}


def test_a_search_has_a_span_of_each_stage_within_it(person: Caller, spans: Callable[[], dict[str, Any]]) -> None:
    timings = person.get("/search?q=ferry").json["timings"]
    found = spans()
    request, retrieval = found["GET /api/v1/search"], found["retrieval"]
    assert retrieval.parent_span_id == request.span_id
    stages = {name.removesuffix("_ms") for name in timings} - {"total"}
    assert {"analyse", "bm25", "embed", "vector", "fuse", "passages"} <= stages
    for name in stages & set(found):
        assert found[name].parent_span_id == retrieval.span_id
        assert retrieval.start_time_unix_nano <= found[name].start_time_unix_nano
        assert found[name].end_time_unix_nano <= retrieval.end_time_unix_nano <= request.end_time_unix_nano
    assert {"analyse", "bm25", "embed", "vector", "fuse", "passages"} <= set(found)
    assert {span.trace_id for span in found.values()} == {request.trace_id}
    assert found["embed"].end_time_unix_nano <= found["vector"].start_time_unix_nano


def test_an_answer_has_a_span_of_the_model_and_lasts_until_the_streams_end(
    person: Caller, spans: Callable[[], dict[str, Any]]
) -> None:
    person.asked("When does the ferry to Oakhaven leave?")
    found = spans()
    request, model = found["POST /api/v1/chat"], found["model"]
    assert {"retrieval", "bm25", "vector"} <= set(found)
    assert model.parent_span_id == request.span_id
    assert found["retrieval"].end_time_unix_nano <= model.start_time_unix_nano
    assert model.end_time_unix_nano <= request.end_time_unix_nano
    assert [event.name for event in model.events] == ["first_token"]
    assert "ferry" not in str(found)


def test_an_error_of_ours_is_marked(traced: World, person: Caller, spans: Callable[[], dict[str, Any]]) -> None:
    traced.app.view_functions["about.show"], before = _broken, traced.app.view_functions["about.show"]
    try:
        assert person.get("/about").status == 500
    finally:
        traced.app.view_functions["about.show"] = before
    (span,) = spans().values()
    assert (span.status.code, attributes(span)["http.response.status_code"]) == (2, 500)


def _broken() -> None:
    raise RuntimeError


def test_a_collector_that_fails_fails_no_request(
    traced: World, person: Caller, receiver: OtlpReceiver, spans: Callable[[], dict[str, Any]]
) -> None:
    receiver.status = 400
    try:
        assert person.get("/auth/me").status == 200
        assert spans() == {}
    finally:
        receiver.status = 200
    assert person.get("/auth/me").status == 200
    assert set(spans()) == {"GET /api/v1/auth/me"}


@pytest.mark.parametrize(("proxies", "goes_on"), [(1, True), (0, False)])
def test_a_callers_trace_is_gone_on_with_behind_a_trusted_proxy_alone(
    made_world: Callable[..., World], receiver: OtlpReceiver, proxies: int, goes_on: bool
) -> None:
    world = made_world(otel_endpoint=receiver.url, trusted_proxies=proxies)
    receiver.spans.clear()
    world.nobody().get("/auth/me", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    tracing(world).close()
    (span,) = receiver.spans
    assert (span.trace_id.hex() == "ab" * 16) is goes_on


def test_without_an_address_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from backend.app import create_app

        app = create_app({"data_dir": Path(sys.argv[1]), "otel_endpoint": ""})
        assert "likeopt_tracing" not in app.extensions
        print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
    """
    assert output_of(program, str(tmp_path)) == "[]"


def test_with_an_address_the_app_traces(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from backend.app import create_app

        app = create_app({"data_dir": Path(sys.argv[1]), "otel_endpoint": "http://127.0.0.1:1"})
        print(type(app.extensions["likeopt_tracing"]).__name__)
    """
    assert output_of(program, str(tmp_path)) == "Tracing"


def test_a_missing_package_is_told_and_everything_else_works(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from structlog.testing import capture_logs
        from backend.app import create_app

        sys.modules["opentelemetry.exporter.otlp.proto.http.trace_exporter"] = None
        with capture_logs() as logs:
            app = create_app({"data_dir": Path(sys.argv[1]), "otel_endpoint": "http://127.0.0.1:1"})
            assert app.test_client().get("/api/v1/health/live").status_code == 200
        told = [entry for entry in logs if entry["log_level"] != "debug"]
        print([(entry["log_level"], entry["event"], "requirements-otel.txt" in entry["hint"]) for entry in told])
    """
    assert output_of(program, str(tmp_path)) == "[('warning', 'tracing_unavailable', True)]"


def test_under_gevent_spans_of_a_forked_worker_arrive(receiver: OtlpReceiver) -> None:
    receiver.spans.clear()
    program = f"""
        import os
        from backend.app.monitoring.tracing import TracedMetrics, Tracing

        tracing = Tracing({receiver.url!r})
        metrics = TracedMetrics(tracing)
        tracing.end(tracing.begin("before the fork", {{}}), 200)
        if os.fork() == 0:
            trace = tracing.begin("in the worker", {{}})
            metrics.observe_stages({{"bm25_ms": 1.0, "total_ms": 2.0}})
            tracing.end(trace, 200)
            tracing.close()
            os._exit(0)
        assert os.wait()[1] == 0
        tracing.close()
        print("held")
    """
    assert output_of(program, gevent=True) == "held"
    assert sorted(span.name for span in receiver.spans) == ["before the fork", "bm25", "in the worker", "retrieval"]
